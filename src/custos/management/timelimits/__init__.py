"""The clock of each stay: papers in, and by when custody must end out, watched minute by minute.

What others use:

- `services.record_paper()`, `correct_paper()`, `load_papers()` – the legal papers and events of a stay;
- `services.sweep()` – raises the warnings that are due; the worker calls it;
- `queries.clock_of()`, `queries.board()`, `queries.figures()` – what is stored, to list and to count;
- `permits.standing()`, `permits.require()` – whether an interrogation permit is valid.

The law and its arithmetic are `foundation.limits`, which is pure. Here are the facts of a stay as rows
(`Paper`), the result as it stands (`Clock`), and what was raised because of it (`Warning`). A paper is
appended and never changed: a correction is another paper in its place, and each result is an entry of the
record. A warning ends by a new basis or by release, never by an edit.
"""
