"""Verifying the record of this installation, or of a bundle, for the command line."""

from collections.abc import Collection
from pathlib import Path

from custos.foundation.record import export, inspection, verify


def bundle(file: Path, trusted: set[str] | None) -> list[verify.Verdict]:
    """Verify an exported bundle; asks no database."""
    return export.check(file, trusted=trusted)


def installation(organizations: Collection[int] = ()) -> list[verify.Verdict]:
    """Verify the chains of this installation (default: all); raises `witness.TamperedWitness`."""
    return inspection.installation(organizations)


def line(verdict: verify.Verdict) -> str:
    """A verdict in one line."""
    if verdict.fault:
        return f"WRONG  {verdict.fault}"
    erased = f", {verdict.erased} payloads lawfully erased" if verdict.erased else ""
    return f"whole  organization {verdict.organization_id}: {verdict.entries} entries{erased}"
