"""What every table stands on: identifiers, scope and row-level security.

`ids.new_id()` makes primary keys, `scope.entered()` opens the transaction in which anything can be
read or written at all, and `security` has the migration operations that put a table under row-level
security or make it append-only. The only table here is of signs of life (`pulse`).
"""
