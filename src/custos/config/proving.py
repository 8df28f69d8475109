"""Verifying the record of this installation, or of a bundle, for the command line."""

from collections.abc import Collection
from pathlib import Path

from custos.foundation.record import export, inspection, signing, verify


def bundle(file: Path, keys: set[str]) -> tuple[list[verify.Verdict], str]:
    """Verify an exported bundle, and say whose it is; asks no database.

    Without `keys` only this installation's own may have signed it. A machine that has none takes any
    key, which proves nothing about the origin, and says so.
    """
    own = signing.known_signer()
    trusted = keys or ({own.name} if own else None)
    verdicts = export.check(file, trusted=trusted)
    key = export.key_of(file)
    if trusted is None:
        return verdicts, (
            f"origin NOT PROVEN: signed by {key}; compare it with the key that the maker published,"
            " or name that by --key"
        )
    return verdicts, f"signed by {key}"


def installation(organizations: Collection[int] = ()) -> list[verify.Verdict]:
    """Verify the chains of this installation (default: all); raises `witness.TamperedWitness`."""
    return inspection.installation(organizations)


def line(verdict: verify.Verdict) -> str:
    """A verdict in one line."""
    if verdict.fault:
        return f"WRONG  {verdict.fault}"
    erased = f", {verdict.erased} payloads lawfully erased" if verdict.erased else ""
    unseen = verdict.entries - verdict.witnessed
    yet = f", the last {unseen} not yet witnessed" if unseen else ""
    return f"whole  organization {verdict.organization_id}: {verdict.entries} entries{erased}{yet}"
