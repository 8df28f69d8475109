"""Persons in custody, their stays, the places they are in, and who may not share one.

What others use:

- `services.admit()`, `services.move_to_cell()` – the invariants of arriving and moving;
- `queries.occupants_of()`, `queries.head_counts()`, `queries.file_of()`, `queries.search_by_name()`;
- `queries.timeline_of()` – everything on the record about a person, the cells they were in included.

A `Detainee` is the person and outlives stays; a `Custody` is one stay on a legal basis; a `CellStay`
is where a custody was from when to when. The procedures of arrival and release stand on top of this,
in `management.reception`.
"""
