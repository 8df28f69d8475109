"""Sealed backups: their files, their key, what a folder of them holds and how fresh it is.

- `keys` – the key pair: the node knows the public half and can only seal; the private half is kept
  elsewhere and opens;
- `envelope` – one sealed file: compressed, encrypted in chunks, signed by the node;
- `store` – the folder of backups: series, base copies with their manifests, write-ahead log;
- `status` – how old the last copy is, for the check, the metrics and the operations page;
- `epochs` – the lives of a node: a restored one begins another.

Nothing here needs the database. Making, keeping and restoring are in `config/backup`, beside the
server whose folders they touch.
"""
