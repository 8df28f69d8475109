"""Leaving for good: the gate through which every stay ends.

A case is opened when a document of release is received, or for a day on which a term ends. `engine`
says what forbids the way out (no post overrides it) and what is still to be made ready (nobody is held
back for it); `services.confirm()` ends the stay on the word of two officers. `foundation.custody` asks
the gate itself before it ends any stay, so that there is no way around it. A death has its own way: it
is never a release.
"""
