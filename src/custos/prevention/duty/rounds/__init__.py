"""Rounds (巡视): cells are looked into at uneven times, and never with more than the longest gap between.

Posts prove that they were there by the tag at the cell's door; what is late or missing stays visible.
"""
