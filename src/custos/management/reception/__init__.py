"""Arrival: the short form by which a person is admitted, and the person's page.

The invariants of a stay are `foundation.custody`'s; this is the procedure on top of them. No tables.
"""
