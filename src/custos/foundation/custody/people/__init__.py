"""What is known of a person and of a stay beyond the stay itself, and how people are found.

- `services.record_fact()`, `services.end_fact()` – one fact of a declared sort, closed and never deleted;
- `ending.end_document()`, `ending.correct()` – a document that holds somebody, by two officers and a paper,
  or put right by one;
- `services.merge()`, `services.undo_merge()` – two records of one person, by two officers, as an alias;
- `queries.file_of()` – all facts of a person and their stay in one query;
- `queries.find()`, `queries.matching()` – people by name, reading, initials, alias and number;
- `queries.duplicates_of()`, `queries.past_stays_of()`.

`facts` declares the sorts, `names` cuts names into tokens and reads what was typed, both pure.
"""
