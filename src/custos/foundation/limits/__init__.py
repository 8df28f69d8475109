"""Custody time limits: nobody is held a day too long.

What others use:

- `facts.read()` – the JSON case of `docs/reference/limits.md`, made into facts;
- `engine.compute()` – dated facts in, the chain of stages out, with every reading of each end;
- `results.as_json()` – a result in the form of the reference, with its explanation in both languages;
- `windows.of()`, `windows.interrogation_blocked()` – reviews, warnings and papers beside the clock.

All of it is pure: no clock, no database, no settings. The law is data in `rules/`.
"""
