"""What is done until somebody leaves for good. Each is one transaction; `opening` begins a case.

Locks are taken in this order: a confirmation, the stay, the case, the cell, the head of the chain. Whoever
records a further warrant has to wait for a stay that is just ending, and the gate sees what was recorded
before.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.custody import leaving
from custos.foundation.custody import queries as custody
from custos.foundation.custody import services as stays
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed, raise_all
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.management.reception.admission.rules import Title
from custos.management.reception.models import Release
from custos.management.reception.release import engine, gathered, kinds, papers
from custos.management.reception.release.opening import open_case, unfilled, way_of
from custos.management.reception.release.rules import DIED, FREED, Exit, Rule, rules
from custos.management.timelimits.kinds import Unheld
from custos.prevention.duty import services as duty

ACT = "custody.release"
#: What asks for somebody's leaving; done once they have left.
_ASKS = frozenset(
    {
        kinds.ReleaseReceived.name,
        kinds.ReleaseOrdered.name,
        kinds.ReleaseLate.name,
        *(kind.name for kind in kinds.DUE.values()),
    }
)
#: The same, and that no document holds them; of whoever stays, a withdrawn case answers that for nobody.
_LEFT = _ASKS | {Unheld.name}
LONGEST = 400


class InWords:
    """Words of the rules in the language of whoever reads them."""

    def __init__(self, title: Title) -> None:
        self._title = title

    def __str__(self) -> str:
        return self._title.within(get_language() or "")


def _locked(release_id: UUID) -> tuple[Release, Subject]:
    """An open case, locked, and what its entries are about.

    Raises `Missing`, `Conflict` for a closed one.
    """
    case = (
        Release.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk=release_id)
        .first()
    )
    if case is None:
        raise Missing("release.no_such", _("There is no such release."))
    if case.closed_at:
        raise Conflict("release.closed", _("This case is closed."))
    return case, custody.subject_of(case.custody_id)


def search(release_id: UUID, *, words: str, by: Actor) -> Release:
    """Record that other warrants and wanted notices were looked for, where, and that nothing else holds.

    Raises `Malformed` without words. Whatever was found is recorded in the file and forbids the release.
    """
    raise_all(unfilled(words=words))
    record.require_writer(kinds.ReleaseSearched, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        case.searched = {"words": words.strip(), "ref": by.ref, "at": deed.at.isoformat()}
        case.save(update_fields=["searched"])
        searched = kinds.ReleaseSearched(release=case.pk, words=words.strip())
        deed.append(searched, about=about, by=by)
    return case


def compare(release_id: UUID, *, words: str, by: Actor) -> Release:
    """An officer compared the person with the photo and the marks; it takes two of them.

    `words` say by what. Raises `Malformed` without, `Conflict` where this officer's comparison counts
    still.
    """
    raise_all(unfilled(words=words))
    record.require_writer(kinds.IdentityCompared, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        since = deed.at - timedelta(minutes=rules().identity_minutes)
        fresh = [one for one in case.compared if datetime.fromisoformat(one["at"]) >= since]
        if any(one["ref"] == by.ref for one in fresh):
            raise Conflict(
                "release.compared",
                _("You have compared already; it takes a second officer."),
                mend=_("Ask a colleague to compare, too."),
            )
        case.compared = [*fresh, {"ref": by.ref, "at": deed.at.isoformat()}]
        case.save(update_fields=["compared"])
        compared = kinds.IdentityCompared(
            release=case.pk, how="officer", verdict="match", words=words.strip()
        )
        deed.append(compared, about=about, by=by)
    return case


def take_verdict(release_id: UUID, *, verdict: str, device: str, by: Actor) -> Release:
    """Take a device's verdict, `match` or `no_match`, on who the person is; the verdict is all that is
    kept.

    Raises `Malformed` for another verdict or without the device's name.
    """
    raise_all(unfilled(device=device))
    if verdict not in ("match", "no_match"):
        raise Malformed("release.verdict", _("There is no such verdict."), field="verdict")
    record.require_writer(kinds.IdentityCompared, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        case.device = {"verdict": verdict, "device": device.strip(), "at": deed.at.isoformat()}
        case.save(update_fields=["device"])
        compared = kinds.IdentityCompared(
            release=case.pk, how="device", verdict=verdict, words=device.strip()
        )
        deed.append(compared, about=about, by=by)
    return case


def name_receiver(release_id: UUID, *, receiver: str, by: Actor) -> Release:
    """Name the authority and the person who take over. Raises `Malformed` for nobody, `Conflict`."""
    raise_all(unfilled(receiver=receiver))
    record.require_writer(kinds.ReceiverNamed, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        if way_of(case.way).receiver is None:
            raise Conflict("release.no_receiver", _("On this way out nobody takes over."))
        case.receiver = receiver.strip()[:200]
        case.save(update_fields=["receiver"])
        named = kinds.ReceiverNamed(release=case.pk, receiver=case.receiver)
        deed.append(named, about=about, by=by)
    return case


def make_ready(release_id: UUID, *, item: str, words: str = "", by: Actor) -> Release:
    """Say that something is ready for somebody's leaving, or why it isn't needed.

    Raises `Malformed` for what isn't asked on this way out, `NotAllowed` for a post that has no say in it.
    """
    record.require_writer(kinds.ReleaseReady, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        asked = next((one for one in engine.items_of(case.way) if one.id == item), None)
        if asked is None:
            raise Malformed("release.item", _("Nothing like that is asked here."), field="item")
        if by.post not in asked.posts:
            raise NotAllowed(
                "release.item_post",
                _("Only these posts say so: %(posts)s."),
                posts="、".join(str(post.title) for post in asked.posts),
            )
        said = words.strip()[:LONGEST]
        case.ready = case.ready | {item: {"words": said, "ref": by.ref, "at": deed.at.isoformat()}}
        case.save(update_fields=["ready"])
        ready = kinds.ReleaseReady(release=case.pk, item=item, item_name=asked.title.zh, words=said)
        deed.append(ready, about=about, by=by)
        left = engine.left(case.way, frozenset(case.ready))
        if asked.task and not any(one.task == asked.task for one in left):
            answer = said or asked.title.zh
            duty.settle(case.custody_id, {kinds.DUE[asked.task].name}, answer, by=by)
    return case


def explain_delay(release_id: UUID, *, reason: str, by: Actor) -> Release:
    """A leader says why it takes longer. The bound stays where it is, and the reason stands on the list.

    Raises `Malformed` without a reason.
    """
    raise_all(unfilled(reason=reason))
    record.require_writer(kinds.ReleaseDelayed, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        case.delay = {
            "reason": reason.strip(),
            "ref": by.ref,
            "post": by.post.value if by.post else "",
            "at": deed.at.isoformat(),
        }
        case.save(update_fields=["delay"])
        delayed = kinds.ReleaseDelayed(release=case.pk, reason=reason.strip())
        deed.append(delayed, about=about, by=by)
        duty.settle(case.custody_id, {kinds.ReleaseLate.name}, reason, by=by)
    return case


def withdraw(release_id: UUID, *, reason: str, by: Actor) -> Release:
    """Close a case without anybody leaving: a wrong document, a day that was wrong. A leader says why."""
    raise_all(unfilled(reason=reason))
    record.require_writer(kinds.ReleaseWithdrawn, by)
    with record.deed() as deed:
        case, about = _locked(release_id)
        case.closed_at, case.outcome = deed.at, Release.Outcome.WITHDRAWN
        case.save(update_fields=["closed_at", "outcome"])
        withdrawn = kinds.ReleaseWithdrawn(release=case.pk, reason=reason.strip())
        deed.append(withdrawn, about=about, by=by)
        duty.settle(case.custody_id, _ASKS, reason, by=by)
    return case


# ---------------------------------------------------------------------- somebody leaves


def content_of(case: Release, remark: str) -> dict[str, Any]:
    """What two officers confirm: who leaves, which way, on what, to whom, and what of the rest."""
    return {
        "custody": str(case.custody_id),
        "release": str(case.pk),
        "way": case.way,
        "paper": case.paper["number"] if case.paper else "",
        "ends": list(case.paper["ends"]) if case.paper else [],
        "planned_on": case.planned_on.isoformat() if case.planned_on else "",
        "receiver": case.receiver,
        "reason": remark.strip(),
    }


def ground_of(case: Release, remark: str) -> str:
    """Why somebody leaves, as the second officer's list says it: the way out, on which document or by which
    day, by which law, and what was said of the rest. In Chinese, as it is kept.
    """
    way = way_of(case.way)
    document = case.paper["number"] if case.paper else ""
    day = case.planned_on.isoformat() if case.planned_on and not document else ""
    parts = (way.title.zh, document, day, way.source, remark.strip())
    return " · ".join(part for part in parts if part)


def require_remark(case: Release, remark: str) -> None:
    """Raise `Conflict` where something isn't ready and nobody says what becomes of it."""
    unready = engine.left(case.way, frozenset(case.ready))
    if unready and not remark.strip():
        raise Conflict(
            "release.unready",
            _("Not everything is ready. Nobody is held back for that, but say what becomes of it."),
            field="reason",
        )


def confirm(confirmation: UUID, content: Content, *, by: Acting) -> Release:
    """Let somebody leave, on a confirmation of exactly this by a second officer.

    The stay ends, the place is free, what the facility issues is issued, and the case is closed, all or
    nothing. Raises `NotAllowed` with everything that forbids it, whoever asks; `Conflict` where something
    else was confirmed, the stay has ended or nobody says what becomes of what isn't ready.
    """
    with record.deed() as deed:
        second = confirmations.consume(confirmation, ACT, content, by=by)
        leaving.held(UUID(content["custody"]))
        case, _about = _locked(UUID(content["release"]))
        if dict(content) != content_of(case, content["reason"]):
            raise Conflict(
                "release.changed",
                _("Something about this release has changed since it was confirmed."),
                mend=_("Look at it again, and ask for a new confirmation."),
            )
        require_remark(case, content["reason"])
        case.first_ref, case.second_ref = by.actor.ref, second.ref
        case.confirmed_at = deed.at
        case.save(update_fields=["first_ref", "second_ref", "confirmed_at"])
        way = way_of(case.way)
        person = custody.person(case.custody_id)
        bases = gathered.bases_of(person)
        document = case.paper["number"] if case.paper else _day_as_ground(case, bases, way)
        unready = engine.left(case.way, frozenset(case.ready))
        ended = stays.end_stay(
            case.custody_id,
            way=case.way,
            document=document,
            by=by.actor,
            second=second,
            ground=way.source,
            receiver=case.receiver,
            unready=[item.id for item in unready],
            remark=content["reason"],
        )
        case.closed_at, case.outcome = deed.at, Release.Outcome.LEFT
        case.ended_entry_id = ended.id
        case.save(update_fields=["closed_at", "outcome", "ended_entry_id"])
        duty.settle(case.custody_id, _LEFT, f"{way.title.zh} · {document}", by=by.actor)
        papers.issue(case, way, person, bases, at=deed.at, by=by, because=ended.id)
    return case


def _day_as_ground(case: Release, bases: tuple[engine.Basis, ...], way: Exit) -> str:
    """What a release by its day rests on: the decision that set the term."""
    terms = [one.number for one in bases if one.kind in way.ends_on_day and not one.ended]
    return "、".join(terms) or str(case.planned_on)


def refusal(found: engine.Found) -> NotAllowed:
    """A rule that forbids a way out, as an error."""
    about = f"（{'、'.join(found.about)}）" if found.about else ""
    return NotAllowed(
        f"release.{found.rule.id}",
        _("%(rule)s%(about)s: %(source)s."),
        mend=InWords(found.rule.mend),
        rule=InWords(found.rule.title),
        about=about,
        source=found.rule.source,
    )


@leaving.guard
def gate(asked: leaving.Asked) -> leaving.Passed:
    """The gate that `foundation.custody` asks before any stay ends; see `leaving`.

    Refuses whoever has no open case of exactly this way that two different officers have just confirmed,
    and everything that the rules forbid.
    """
    case = open_case(asked.stay.pk)
    if case is None or case.way != asked.way or case.confirmed_at is None:
        raise NotAllowed(
            "release.not_confirmed",
            _("Nobody leaves without a case that two officers have confirmed."),
            mend=_("Open the release of this person, and have it confirmed."),
        )
    officers = (asked.by.ref, asked.second.ref)
    if (case.first_ref, case.second_ref) != officers:
        raise NotAllowed(
            "release.other_officers", _("Other officers have confirmed than those who act.")
        )
    person = custody.person(asked.stay.pk)
    facts = gathered.facts_of(case, person, asked.at, officers)
    raise_all([refusal(found) for found in engine.blockers(facts)])
    way = way_of(case.way)
    return leaving.Passed(way.leads == FREED, way.title.zh, _asked_rules(way))


@leaving.tell
def holds(kind: str) -> bool:
    """Whether somebody is held on a kind of document; see `holds` in the rules."""
    return rules().holding(kind) is not None


@leaving.tell_grounds
def grounds(stay: Custody, beside: str | None) -> tuple[leaving.Ground, ...]:
    """The documents on which somebody is held today, `beside` what an authority has ended. Two queries."""
    found = gathered.grounds_of(stay) if beside is None else gathered.grounds_beside(stay, beside)
    titles = gathered.titles_of(found, stay.basis)
    return tuple(map(leaving.Ground, titles, (one.number for one in found)))


def _asked_rules(way: Exit) -> tuple[str, ...]:
    file = rules()
    asked: list[Rule] = [one for one in file.rules if way.leads != DIED or one.of_death]
    return tuple(f"{one.id} v{file.version}" for one in asked)
