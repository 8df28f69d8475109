"""Accounts, staff, postings, and what follows from them: scope, actor, access log.

What others use:

- `services.post_staff()`, `services.make_account()` – staff and their postings;
- `acting.Acting` – the staff member, organization and post behind a request (`request.acting`);
- `access.recording()` and `access.note()` – one row for each page that shows a person's data;
- `queries.acting_of()`, `queries.demo_roles()`.
"""
