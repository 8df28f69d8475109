"""The API under `/api/v1/`: who asks, what they may use, how it answers.

What others use, each in its module's `api.py`:

- `routing.Router` – `read()` and `write()` declare an operation with its posts, scope and purpose;
- `routing.Call` – who asks, handed to each operation as its first argument;
- `schemas` – the types that fields are made of, and `Page` with its `Paging`;
- `services.make_personal()`, `make_integration()`, `revoke()` – tokens.

`config/api.py` assembles the routers. Modules of lower layers can't import this one, so their
operations stand in `routes/`. An operation runs in one transaction under its caller's scope, as
pages do; its answer is made within it, so that the access row, the deed and the stored answer of an
`Idempotency-Key` commit together or not at all.
"""
