"""Shifts and who is on duty now: signing on to a post, required strength, and posts that nobody holds.

A facility that has said how many each post needs keeps a roster: its posts are signed on to, a post that
nobody holds is passed over at once by whatever is asked of it, and too few on a post is itself told.
"""
