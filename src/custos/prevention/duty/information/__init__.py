"""What is noticed on duty: typed information, whom it is for, by when, and what became of it.

`services.observe` records a piece of information and opens the tasks that the catalogue asks for, in one
transaction; `queries` give the types that a post collects, and what became of what one reported.
"""
