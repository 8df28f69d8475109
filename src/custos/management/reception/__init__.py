"""Arrival: who is expected, the admission in sixteen steps and its short form, and the person's page.

The invariants of a stay are `foundation.custody`'s; this is the procedure on top of them. `admission` is
the procedure at the door: rules, engine, wizard, board. Tables: who is expected or at the door, and photos
of injuries until their entry names them.
"""
