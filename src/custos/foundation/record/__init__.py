"""The custody record: an append-only, hash-chained timeline that every module writes and reacts to.

What others use:

- `services.deed()` – one transaction that changes state and appends its entries;
- `services.append_many()` – entries in bulk, for imports and history;
- `services.erase_payload()` – lawful erasure by two officers;
- `kinds.Kind`, `parties`, `reactions.on` – to declare kinds of entry and what is done about them;
- `queries` – timelines and failed reactions, in the scope of the reader;
- `verify`, `export`, `witness`, `checkpoints` – to prove that nothing was rewritten.

An entry is a header (who, when, about whom, on what ground, digest of the payload) and a payload.
Headers form a chain per organization. Payloads stand apart, so that one can be erased by law while
the chain still verifies.
"""
