"""What leaders and the system administrator see of the system: what failed, was refused, fell silent."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_GET
from procrastinate.contrib.django.models import ProcrastinateJob

from custos.foundation import clock, gate
from custos.foundation.backups import status
from custos.foundation.database import pulse
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.foundation.ui import listing
from custos.management.timelimits import queries as limits
from custos.prevention.devices import queries as devices

READERS = (Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT, Post.SYSTEM_ADMIN)
_LIMIT = 50

#: What beats as long as it works, about once a second each.
_SIGNS = (
    (pulse.SWEEPS, _("Deadlines and due reactions")),
    ("devices", _("Listening to devices")),
)
_SILENT_AFTER = timedelta(minutes=2)


class ReactionTable(listing.Table):
    """Steps that should have followed an entry and failed."""

    entry = listing.Column(verbose_name=_("After"))
    reaction = listing.CodeColumn(verbose_name=_("Step"))
    error = listing.CodeColumn(verbose_name=_("What went wrong"))
    attempts = listing.NumberColumn(verbose_name=_("Tries"))
    next_at = listing.MomentColumn(verbose_name=_("Next try"))


class JobTable(listing.Table):
    """Background jobs that gave up."""

    task_name = listing.CodeColumn(verbose_name=_("Job"))
    id = listing.NumberColumn(verbose_name=pgettext_lazy("of a job", "Number"))
    attempts = listing.NumberColumn(verbose_name=_("Tries"))
    scheduled_at = listing.MomentColumn(verbose_name=_("Planned for"))


class RefusedTable(listing.Table):
    """Device messages that were refused."""

    last_received_at = listing.MomentColumn(verbose_name=_("Last"))
    title = listing.Column(verbose_name=_("Why"))
    detail = listing.Column(verbose_name=_("In detail"))
    topic = listing.CodeColumn(verbose_name=_("Topic"))
    beginning = listing.CodeColumn(verbose_name=_("Begins"))
    size = listing.NumberColumn(verbose_name=_("Bytes"))
    times = listing.NumberColumn(verbose_name=_("Times"))


class SilentTable(listing.Table):
    """Devices that were not heard."""

    name = listing.Column(verbose_name=_("Device"))
    organization = listing.Column(verbose_name=_("Facility"), accessor="organization__name")
    cell = listing.Column(verbose_name=_("Cell"), accessor="cell__name")
    topic_prefix = listing.CodeColumn(verbose_name=_("Topic prefix"))
    last_heard = listing.MomentColumn(verbose_name=_("Last heard"))


class ClockTable(listing.Table):
    """Devices whose clock is wrong."""

    name = listing.Column(verbose_name=_("Device"))
    device_time = listing.MomentColumn(verbose_name=_("It said"))
    received_at = listing.MomentColumn(verbose_name=_("It arrived"))


class LimitTable(listing.Table):
    """Clocks of custody that can't be watched."""

    custody_id = listing.CodeColumn(verbose_name=_("Stay"))
    organization = listing.Column(verbose_name=_("Facility"), accessor="organization__name")
    failing_since = listing.MomentColumn(verbose_name=_("Since"))
    next_at = listing.MomentColumn(verbose_name=_("Tried again"))


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to look at: what it is, its rows, and what it says where there are none."""

    name: str
    title: Any
    note: Any
    rows: Sequence[Any]
    table: listing.Table | None

    @classmethod
    def of(
        cls, name: str, title: Any, note: Any, rows: Sequence[Any], table: type[listing.Table]
    ) -> "Part":
        """A part of its rows."""
        return cls(name, title, note, rows, table(rows, orderable=False) if rows else None)


@dataclass(frozen=True, slots=True)
class Tile:
    """How one thing stands at a glance: `tone` over, near or calm, said as well by a state's `sign` and
    `word`; how many there are of it, when it was last heard, and where it is shown.
    """

    title: Any
    tone: str
    sign: str
    word: Any
    value: int | None = None
    at: datetime | None = None
    note: Any = ""
    url: str = ""


_TONES = ("over", "near", "calm")


def tiles(parts: Sequence[Part], backups: Sequence["_Backup"], place: str = "") -> list[Tile]:
    """All things to look at, what is wrong first; `place` is the page on which they are shown."""
    found = [_backups_tile(backups, place), *(_sign_tile(title, name) for name, title in _SIGNS)]
    for name, since in pulse.failing().items():
        found.append(Tile(_("A sweep that fails"), "over", "late", _("fails"), at=since, note=name))
    for part in parts:
        if part.rows:
            url, word = f"{place}#ops-{part.name}", _("to look at")
            found.append(Tile(part.title, "near", "todo", word, len(part.rows), url=url))
        else:
            found.append(Tile(part.title, "calm", "", "", 0, note=part.note))
    return sorted(found, key=lambda tile: _TONES.index(tile.tone))


def to_look_at() -> list[Tile]:
    """What of the system isn't in order, for another page to show. Empty where all is."""
    return [one for one in tiles(_parts(), _backups(), reverse("operations")) if one.tone != "calm"]


def _sign_tile(title: Any, name: str) -> Tile:
    at, silent = _sign(name)
    note = "" if at else _("never")
    if silent:
        return Tile(title, "over", "late", _("silent"), at=at, note=note)
    return Tile(title, "calm", "done", _("at work"), at=at, note=note)


def _backups_tile(backups: Sequence["_Backup"], place: str) -> Tile:
    title, url = _("Backups"), f"{place}#ops-backups"
    if not backups:
        note = _("What is lost here is lost for good.")
        return Tile(title, "over", "late", _("none are made"), note=note, url=url)
    wrong = next((line for line in backups if line.wrong), None)
    shown = wrong or backups[0]
    tone, sign = ("over", "late") if wrong else ("calm", "done")
    return Tile(title, tone, sign, shown.said, at=shown.at, note=shown.title, url=url)


@require_GET
@gate.posts(*READERS)
def page(request: HttpRequest) -> HttpResponse:
    """One page; each part says what it would show where there is nothing."""
    acting = request.acting  # type: ignore[attr-defined]
    parts, backups = _parts(), _backups()
    context = {
        "parts": parts,
        "backups": backups,
        "tiles": tiles(parts, backups),
        "organization": acting.organization,
        "facts": _installation() if acting.post is Post.SYSTEM_ADMIN else None,
    }
    live = request.headers.get("X-Live") == "true"
    template = "workbenches/_operations.html" if live else "workbenches/operations.html"
    return render(request, template, context)


def _installation() -> list[tuple[Any, Any]]:
    """What runs here; names no person."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size("
            "current_database())), count(*), max(applied) FROM django_migrations"
        )
        server, size, steps, migrated_at = cursor.fetchone()
    return [
        (_("Custos"), version("custos")),
        (_("Python"), platform.python_version()),
        (_("PostgreSQL"), server.split()[0]),
        (_("Size of the database"), size),
        (_("Migrations applied"), steps),
        (_("Brought up to date"), migrated_at),
    ]


def _parts() -> list[Part]:
    return [
        Part.of(
            "reactions",
            _("Steps that should have followed and failed"),
            _(
                "The entry itself is always recorded; what fails after it is retried and listed here."
            ),
            _failed_reactions(),
            ReactionTable,
        ),
        Part.of(
            "limits",
            _("Limits of custody that can't be watched"),
            _(
                "Where one clock fails, the others are watched; it is tried again and listed here, and the "
                "log of the worker says why."
            ),
            limits.failing(_LIMIT),
            LimitTable,
        ),
        Part.of(
            "jobs",
            _("Background jobs that gave up"),
            _("A job that gave up is not tried again by itself."),
            _failed_jobs(),
            JobTable,
        ),
        Part.of(
            "refused",
            _("Device messages that were refused"),
            _("A message that cannot be read, or whose device is not known, is kept here."),
            devices.refused_messages(_LIMIT),
            RefusedTable,
        ),
        Part.of(
            "silent",
            _("Devices that were not heard"),
            " · ".join(f"{name} {count}" for name, count in devices.silent_counts())
            or _("A device that reports by itself is listed here when it fell silent."),
            devices.silent(limit=_LIMIT),
            SilentTable,
        ),
        Part.of(
            "clocks",
            _("Devices whose clock is wrong"),
            _("What they say counts by the time of its arrival."),
            devices.wrong_clocks(limit=_LIMIT),
            ClockTable,
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Backup:
    """One line about the backups: what, when (None: never), and whether that is wrong."""

    title: Any
    at: datetime | None
    wrong: bool
    said: Any


def _backups() -> list[_Backup]:
    """How fresh the backups are; empty where the node has none."""
    found, now = status.of(settings.DATA, settings.BACKUPS), clock.now()
    if not found.set_up:
        return []
    broken = bool(found.trouble or found.missing)
    old = broken or found.too_old(now)
    return [
        _Backup(
            _("Last base copy"),
            found.copied_at,
            old,
            _("cannot be used")
            if broken
            else pgettext("a backup", "overdue")
            if old
            else _("in time"),
        ),
        _Backup(
            _("Everything since is kept up to"),
            found.kept_at,
            found.silent(now),
            _("silent") if found.silent(now) else _("at work"),
        ),
        _Backup(
            _("Last tested"),
            found.verified_at,
            found.verified_at is None,
            _("never tested") if found.verified_at is None else _("tested"),
        ),
    ]


def _sign(name: str) -> tuple[datetime | None, bool]:
    """When a part last did its work, and whether that is too long ago."""
    at = pulse.last_beat(name)
    return at, at is None or clock.now() - at > _SILENT_AFTER


def _failed_reactions() -> list[dict[str, Any]]:
    rows = record.failed_reactions(_LIMIT)
    lines = record.lines_of({row.entry_id for row in rows}) if rows else {}
    return [
        {
            "reaction": row.reaction,
            "entry": lines[row.entry_id].title if row.entry_id in lines else "",
            "error": row.error,
            "attempts": row.attempts,
            "next_at": row.next_at,
        }
        for row in rows
    ]


def _failed_jobs() -> list[ProcrastinateJob]:
    """Jobs that gave up, latest first. They are the node's and name no person."""
    return list(ProcrastinateJob.objects.filter(status="failed").order_by("-id")[:_LIMIT])
