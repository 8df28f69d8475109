"""The one error of backups."""


class BackupTrouble(RuntimeError):
    """A backup can't be made, read or restored; the message says why, and what to do."""
