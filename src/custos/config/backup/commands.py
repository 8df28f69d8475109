"""`custos backup` and `custos restore`."""

import functools
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from custos.config.backup.restoring import Report

_DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [CUSTOS_DATA]."
)
_KEY = click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The backup key, from where it is kept apart.",
)
_KEYS = click.option(
    "--keys",
    type=click.Path(path_type=Path, file_okay=False),
    help="The copy of `keys/` that is kept apart [that of the data folder].",
)


def _in_words(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show trouble in words instead of a traceback."""

    @functools.wraps(command)
    def run(*arguments: Any, **named: Any) -> Any:
        from custos.config.postgres import DatabaseTrouble
        from custos.foundation.backups.trouble import BackupTrouble

        try:
            return command(*arguments, **named)
        except (BackupTrouble, DatabaseTrouble) as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise click.ClickException(f"{error.filename or ''}: {error.strerror}") from None

    return run


@click.group(invoke_without_command=True)
@click.pass_context
def backup(context: click.Context) -> None:
    """Make and look after backups; alone: make a base copy.

    \b
    custos backup key /media/usb/custos-backup.pem     once; keep it away from this machine
    custos backup                                      every night
    custos backup keep                                 all the time, beside the worker
    custos backup list
    custos backup verify                               every night, after the copy
    custos backup drill --key /media/usb/custos-backup.pem     once a month
    custos backup prune --keep 14

    A backup is the whole node: database, log since, attachments, witness file, waiting messages. It
    is encrypted for the backup key and holds none of `keys/`: keep a copy of that folder apart too.
    CUSTOS_BACKUPS names the folder of the backups; put it on another disk or machine.
    """
    if context.invoked_subcommand is None:
        context.invoke(make)


@backup.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Seal for another key from now on.")
@_in_words
def key(file: Path, replace: bool) -> None:
    """Make the backup key and write it into FILE, which is to be kept away from this machine.

    This node remembers its public half, which seals and can't open. Lose FILE and every backup made
    for it is lost: keep two copies in two places.
    """
    from custos.config.backup import node
    from custos.foundation.backups import keys
    from custos.foundation.backups.trouble import BackupTrouble

    here = node.here()
    for folder, what in ((here.backups, "the backups"), (here.data, "the data folder")):
        if file.absolute().is_relative_to(folder):
            raise BackupTrouble(
                f"{file} is in {what}: whoever takes that could open the backups."
                " Name a file on a medium that you take away"
            )
    if keys.recipient(here.keys) and not replace:
        raise BackupTrouble(
            "this node has a backup key already; --replace seals for a new one from now on, and the"
            " former is still needed for the backups made until now"
        )
    opener = keys.make(file)
    keys.remember(here.keys, opener)
    click.echo(f"{file} opens this node's backups; take it away from this machine, in two copies")
    click.echo(f"its public half is {opener.name}")
    click.echo(f"keep a copy of {here.keys} apart as well: it is in no backup")


@backup.command()
@_in_words
def make() -> None:
    """Make a base copy (what `custos backup` alone does)."""
    from custos.config import program
    from custos.config.backup import node

    program.django_of()
    from custos.config.backup import copying

    base = copying.make(node.here(), click.echo)
    seconds = (base.manifest.finished_at - base.manifest.began_at).total_seconds()
    click.echo(
        f"{base.folder}: {_size(base.manifest.database.content)} of database, sealed"
        f" {_size(base.manifest.database.size)}, {base.manifest.media_files} attachments,"
        f" {seconds:.0f} s"
    )


@backup.command()
@_in_words
def keep() -> None:
    """Keep the log, attachments and witness file as they grow, until stopped.

    Run it beside the worker, on the machine that has the data folder (`custos demo` does).
    """
    from custos.config.backup import keeping, node

    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    here = node.here()
    here.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    said_busy = False
    while not stop.is_set():
        try:
            with keeping.sole(here.data):
                keeping.run(here, stop, _say_at_once)
        except keeping.Busy as error:
            # A base copy that found no keeper keeps meanwhile.
            if not said_busy:
                _say_at_once(str(error))
            said_busy = True
            stop.wait(1)


def _say_at_once(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


@backup.command(name="list")
@_in_words
def list_() -> None:
    """List the base copies, and how far the log since reaches."""
    from custos.config.backup import node

    store = node.here().store
    if not store.series():
        click.echo(f"no backups in {store.folder}")
    for series in store.series():
        kept = series.kept().get("streamed_at", "never")
        click.echo(f"{series.folder.name}  sealed for {series.said['key']}, log kept up to {kept}")
        for base in series.bases():
            tested = base.verified()
            hole = base.missing_log()
            facts = base.manifest.postgres
            click.echo(
                f"  {base.folder.name}  PostgreSQL {facts.major}, Custos {base.manifest.program},"
                f" {_size(base.manifest.database.size)},"
                f" {sum(head[1] for head in base.manifest.heads)} entries,"
                f" {tested['how'] + ' ' + tested['at'] if tested else 'never tested'}"
                + (f", LOG MISSING FROM {hole}" if hole else "")
            )


@backup.command()
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The backup key; with it every seal is opened, without it sizes and digests are compared.",
)
@_in_words
def verify(key: Path | None) -> None:
    """Read the last base copy and its log, and say whether a restore would have all it needs."""
    from custos.config.backup import node, testing
    from custos.foundation.backups import keys

    base, seconds = testing.verify(node.here(), keys.load(key) if key else None, click.echo)
    click.echo(f"{base.folder} is whole and its log has no hole; {seconds:.0f} s")


@backup.command()
@click.option("--keep", type=click.IntRange(1), default=14, show_default=True)
@_in_words
def prune(keep: int) -> None:
    """Remove all but the newest base copies, and what only they needed."""
    from custos.config.backup import node
    from custos.foundation.backups import epochs, store

    here = node.here()
    lives, recipient = epochs.history(here.data), here.recipient()
    current = here.store.current(lives[-1].id, recipient.name) if lives else None
    gone = store.prune(here.store, keep, current)
    for line in gone or ["nothing to remove"]:
        click.echo(line)


@backup.command()
@_KEY
@_KEYS
@click.option("--to", default="latest", show_default=True, help="Instant (ISO 8601), or latest.")
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with room for the whole node [the data folder].",
)
@_in_words
def drill(key: Path, keys: Path | None, to: str, scratch: Path | None) -> None:
    """Restore the last backup into a scratch folder, verify it, say how long it took, remove it.

    Beside the running node, which isn't touched. What was never restored is not a backup.
    """
    from custos.config.backup import node, restoring
    from custos.foundation import clock

    here = node.here()
    wanted = restoring.Wanted(
        here.backups, restoring.instant(to, clock.now()), key, keys or here.keys
    )
    report = restoring.drill(scratch or here.data, wanted, click.echo)
    _tell(report)
    click.echo(f"drill: {'passed' if _good(report) else 'FAILED'}, {report.seconds:.0f} s")
    if not _good(report):
        sys.exit(1)


@click.command()
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--to", required=True, help="Instant (ISO 8601; without zone Beijing's), or latest.")
@_KEY
@_KEYS
@_DATA
@click.option("--move-aside", is_flag=True, help="Keep what is in the data folder in aside-…/.")
@click.option("--unverified", is_flag=True, help="Take a record that does not verify all the same.")
@_in_words
def restore(
    source: Path,
    to: str,
    key: Path,
    keys: Path | None,
    data: Path | None,
    move_aside: bool,
    unverified: bool,
) -> None:
    """Restore the node from the backups in FROM to an instant, and verify its record.

    \b
    custos restore /backups --to 2026-03-01T14:30:00+08:00 --key /media/usb/custos-backup.pem
    custos restore /backups --to latest --key … --keys /media/usb/keys --data /srv/custos

    Stop everything that runs on the data folder first. Nothing there changes unless the record
    verifies. Ends with 1 where it doesn't, or attachments or waiting device messages are missing.
    """
    from custos.config.backup import node, restoring
    from custos.foundation import clock

    here = node.here(data)
    wanted = restoring.Wanted(
        source.absolute(),
        restoring.instant(to, clock.now()),
        key,
        keys,
        move_aside,
        unverified,
    )
    report = restoring.restore(here, wanted, click.echo)
    _tell(report)
    if report.placed:
        _say_next(here.data, report)
    else:
        click.echo(
            f"nothing was put into {here.data}. Try another copy of the backups, or an instant before"
            " the change; to look into this one, restore it into a folder of its own (--data) with"
            " --unverified"
        )
    if not _good(report):
        sys.exit(1)


def _good(report: "Report") -> bool:
    return report.sound and not report.missing and not report.waiting_lost


def _tell(report: "Report") -> None:
    for line in report.verdicts:
        click.echo(f"  {line}")
    for organization, first, last in report.epoch.lost:
        click.echo(
            f"  lost   organization {organization}: entries {first} to {last} were signed after"
            f" {report.epoch.restored_to} and are the future that this restore gives up"
        )
    click.echo(
        f"  {report.attachments} attachments restored, {len(report.missing)} missing,"
        f" {report.orphans} left out that no entry names"
    )
    for digest in report.missing:
        click.echo(f"  MISSING attachment {digest}")
    if report.waiting:
        click.echo(
            f"  device messages that waited at {report.waiting} will be recorded at the start"
        )
    if report.waiting_lost:
        click.echo(
            f"  LOST device messages that waited and were not yet recorded: {report.waiting_lost}"
        )
    if not report.sound:
        click.echo("  the record does NOT verify: keep this backup and find out who changed what")


def _say_next(data: Path, report: "Report") -> None:
    if report.aside:
        click.echo(f"What was there is in {report.aside}")
    click.echo(f"Restored to {report.epoch.restored_to} in {report.seconds:.0f} s. Next:")
    start = f"start Custos on {data}"
    if not report.embedded:
        start = (
            f"give {data / 'database' / 'cluster'} to your PostgreSQL (docs/operator.md, Backup),"
            f" then start Custos on {data}"
        )
    for number, step in enumerate(
        (
            start,
            "custos check, and custos record verify",
            "custos backup: the former backups don't reach into this epoch",
            "do again what was done after the instant, from paper and memory: entries, and erasures"
            " of payloads above all, which are back",
            f"tell the parent node that epoch {report.epoch.id} began ({data / 'epochs.jsonl'})",
        ),
        1,
    ):
        click.echo(f"  {number}. {step}")


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
