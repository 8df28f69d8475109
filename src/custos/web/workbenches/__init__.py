"""What each post works at: the list of now, the task at hand, the people or the area.

Views only: they ask `queries` of the modules below, call one service and render. The leaders' page
of operations is here too, because it shows what several modules know about themselves.
"""
