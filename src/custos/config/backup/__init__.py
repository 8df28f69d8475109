"""Making, keeping and restoring backups of a whole node.

- `keeping` – beside the server all the time: receives its log, and seals log, attachments, witness
  file and waiting messages within a second or two;
- `copying` – a base copy of the cluster, which a restore begins with;
- `restoring` – from a base copy and the log to an instant, on a server of its own until it is proven;
- `proving` – what is asked of a restored database, in a process of its own;
- `commands` – `custos backup` and `custos restore`.

What a backup holds and how it is sealed is in `foundation/backups`.
"""
