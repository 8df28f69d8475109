"""The clocks of the demo's people: the legal papers in their files, as dated facts, in bulk."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from custos.config.demo.places import World
from custos.foundation import clock
from custos.foundation.custody.people.models import FactRow
from custos.foundation.record.parties import Actor
from custos.management.timelimits import services
from custos.management.timelimits.models import Paper
from custos.management.timelimits.services import GivenPaper

_SYSTEM = Actor.system("demo")
#: What a transfer form hands the case over to, by what the demo's papers note on it.
_HANDED = {
    "移送审查起诉": {"type": "prosecution_received"},
    "法院受理": {"type": "trial_accepted", "procedure": "ordinary"},
    "上诉，第二审受理": {"type": "second_instance_accepted"},
}
#: When the files are looked through: before each handover is prepared.
_LOOKS = (time(7, 40), time(19, 40))


class Desk:
    """Enters what the files hold: in bulk what stood before the week, then before each change."""

    def __init__(self) -> None:
        self._done: set[UUID] = set()
        #: Whose papers this desk entered; of others reception entered the first.
        self._own: set[UUID] = set()

    def plan(self, world: World) -> None:
        """Plan when it looks through the files during the week."""
        world.at(world.week, self.enter)
        day = clock.day_of(world.week)
        while day <= clock.day_of(world.now):
            for hour in _LOOKS:
                at = datetime.combine(day, hour, clock.LOCAL)
                if world.week < at < world.now:
                    world.at(at, self.enter)
            day += timedelta(days=1)

    def enter(self, world: World) -> None:
        """Enter the papers executed by now, and not entered yet, of everybody who is held."""
        now = clock.now()
        rows = (
            FactRow.objects.filter(sort="basis", custody__ended_at__isnull=True)
            .select_related("custody")
            .order_by("since", "id")
        )
        received = set(Paper.objects.values_list("custody_id", flat=True)) - self._own
        begun: dict[Any, date] = {}
        final: dict[Any, date] = {}
        given = []
        for row in rows:
            paper = row.says
            at = _moment(paper.get("executed_at"))
            if at is None or at > now or row.custody is None:
                continue
            begun.setdefault(row.custody_id, clock.day_of(at))
            if paper["kind"] in _UNTIL_FINAL:
                final[row.custody_id] = clock.day_of(at) + _UNTIL_FINAL[paper["kind"]]
            if row.id in self._done:
                continue
            first = row.custody_id in received and clock.day_of(at) == begun[row.custody_id]
            events = list(
                _lengthened(paper, at, now)
                if first
                else _facts(paper, at, begun[row.custody_id], final.get(row.custody_id))
            )
            if events or not first:
                self._done.add(row.id)
            number, issuer = paper.get("number", "")[:100], paper.get("issuer", "")
            given += [GivenPaper(row.custody, one, _SYSTEM, now, number, issuer) for one in events]
        self._own |= {one.custody.pk for one in given} - received
        services.load_papers(given)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _lengthened(paper: dict[str, Any], at: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """Detention of a gang case, lengthened to thirty days on the second day."""
    on = clock.day_of(at) + timedelta(days=2)
    if paper["kind"] == "detention_warrant" and on <= clock.day_of(now):
        yield {"type": "extension", "at": on.isoformat(), "days": 27, "ground": "gang",
               "approver": "county_police_head", "document": "D06"}  # fmt: skip


#: How long after its paper a judgment is in force: that of first instance after the days for an appeal.
_UNTIL_FINAL = {"judgment": timedelta(days=11), "ruling": timedelta()}


def _facts(
    paper: dict[str, Any], at: datetime, begun: date, final: date | None
) -> Iterator[dict[str, Any]]:
    """The facts that one paper is; `final` is when the judgment came into force."""
    day, kind, note = clock.day_of(at), paper["kind"], paper.get("note", "")
    on = day.isoformat()
    last = date.fromisoformat(paper["valid_to"]) if paper.get("valid_to") else None
    if kind == "detention_warrant":
        local = at.astimezone(clock.LOCAL).isoformat(timespec="seconds")
        yield {
            "type": "criminal_detention",
            "at": local,
            "class": "up_to_30_days",
            "document": "D01",
        }
    elif kind == "arrest_request":
        yield {"type": "arrest_request_received", "at": on, "document": "D04"}
    elif kind in ("arrest_warrant", "arrest_decision"):
        yield {"type": "arrest", "at": on, "document": "D02"}
    elif kind == "extension_decision":
        yield {"type": "extension", "at": on, "months": 1, "ground": "complex",
               "approver": "procuratorate_next_higher", "document": "D05"}  # fmt: skip
    elif kind == "transfer_of_custody" and note in _HANDED:
        yield {**_HANDED[note], "at": on}
        yield {"type": "transfer_of_custody", "at": on, "half": "both", "document": "D07"}
    elif kind == "judgment":
        yield {"type": "judgment_received", "at": on, "paper": "judgment", "document": "D13"}
    elif kind == "execution_notice" and last is not None:
        yield {"type": "judgment_effective", "at": min(final or day, day).isoformat()}
        yield {"type": "sentence", "at": on, "kind": "fixed_term", "from": begun.isoformat(),
               "days": (last - begun).days + 1, "document": "D13"}  # fmt: skip
        yield {"type": "execution_notice_received", "at": on, "document": "D13"}
    elif kind in ("administrative_detention", "judicial_detention") and last is not None:
        yield {"type": kind, "at": on, "days": max(1, (last - day).days), "document": "D21"}
    elif kind == "detention_for_examination":
        yield {"type": "foreigner_review", "at": on}
    elif kind == "compulsory_treatment":
        decided = paper.get("issued_on") or on
        yield {"type": "compulsory_treatment", "at": on, "decided_on": decided, "document": "D22"}
