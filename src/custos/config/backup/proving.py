"""What a restore asks of the database that it restored; one question a process, answered in JSON.

`python -m custos.config.backup.proving attachments|verify TO EPOCH`, with the restored folder as the
installation. `verify` first signs into the witness file that the record goes on from here, so that
heads of the lost future are told from tampering.
"""

import json
import sys
from datetime import datetime
from typing import Any

import django


def attachments() -> dict[str, Any]:
    """The digests of all files that entries name. Modules name files in entries and nowhere else."""
    from custos.foundation.database import scope
    from custos.foundation.record import queries

    with scope.entered(scope.Scope.of_system("restore")):
        return {"named": sorted(queries.all_named_files())}


def verify(to: datetime, epoch: str) -> dict[str, Any]:
    """Every chain against the witness file, in lines; and what was signed later and is lost."""
    from django.conf import settings

    from custos.config import proving
    from custos.foundation.database import scope
    from custos.foundation.record import inspection, witness
    from custos.foundation.record.signing import signer

    trusted = {signer().name}
    try:
        with scope.entered(scope.Scope.of_system("restore")):
            witness.sign_restoration(to=to, epoch=epoch)
        verdicts = inspection.installation()
        told = witness.read(settings.WITNESS, trusted=trusted).restorations[-1]
    except witness.TamperedWitness as error:
        return {"verdicts": [f"WRONG  {error}"], "sound": False, "intact": False, "lost": []}
    return {
        "verdicts": [proving.line(verdict) for verdict in verdicts],
        "sound": all(verdict.sound for verdict in verdicts),
        # A file that is gone takes nothing from what the chains say.
        "intact": all(
            verdict.fault is None or verdict.fault.code == "attachment" for verdict in verdicts
        ),
        "lost": told.lost,
    }


def main() -> None:
    """Answer the question of the command line."""
    django.setup()
    what, to, epoch = sys.argv[1:]
    answer = attachments() if what == "attachments" else verify(datetime.fromisoformat(to), epoch)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
