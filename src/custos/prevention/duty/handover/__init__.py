"""Handovers (交接班): what one shift passes to the next, prepared from the record and signed by two.

A shift begins by the clock. Until the outgoing and the incoming leader have signed, both are answerable,
and the open handover is a task that climbs its ladder. What other modules know is brought by `registry`.
"""
