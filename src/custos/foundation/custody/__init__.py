"""Persons in custody, their stays, the places they are in, and who may not share one.

What others use:

- `services.admit()`, `services.move_to_cell()`, `services.end_stay()` – the invariants of arriving, moving
  and leaving;
- `leaving.guard()` – how the release gate, which stands above, is asked before any stay ends;
- `bulk.receive()` – whole stays of before, many at once: history and what is taken over;
- `separating` – who is kept apart from whom: pairs, medical orders, never alone, legal categories;
- `going_out` – planned absences, and who really went through the gate;
- `counting` – counts by two people; `roll.at()` – the roll of any instant;
- `queries.occupants_of()`, `queries.head_counts()`, `queries.person()`, `queries.search()`;
- `queries.present()`, `queries.matching()`, `queries.shown()` – the list of people, narrowed and shown;
- `queries.timeline_of()` – everything on the record about a person, the cells they were in included.

A `Detainee` is the person and outlives stays; a `Custody` is one stay on a legal basis; a `CellStay`
is where a custody was from when to when. The procedures of arrival and release stand on top of this,
in `management.reception`.
"""
