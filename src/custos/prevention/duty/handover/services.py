"""What may happen to a handover: prepared by the system, signed by the outgoing leader, read and signed by
the incoming one. Each deed locks the handover's row first.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.database.scope import Scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Audience, Post, Subject
from custos.foundation.record.services import Deed
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty import services as duty
from custos.prevention.duty.engine import UNFINISHED
from custos.prevention.duty.handover import plan, registry
from custos.prevention.duty.handover.models import (
    Handover,
    HandoverAhead,
    HandoverItem,
    HandoverReading,
)
from custos.prevention.duty.handover.plan import Change, Draft, Standing
from custos.prevention.duty.information import adopted
from custos.prevention.duty.information.models import FacilityCatalogue
from custos.prevention.duty.kinds import (
    HandoverPrepared,
    HandoverSigned,
    HandoverTaken,
    HandoverWaits,
)
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan as shifts
from custos.prevention.duty.shifts import queries as on_duty
from custos.prevention.duty.shifts.services import hold_over, let_go

#: Who signs, on either side.
SIGNERS = (Post.DUTY_LEADER, Post.LEADER)
#: Who reads handovers besides.
OVERSEEING = (Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT)
READERS = (*SIGNERS, *OVERSEEING)
LONGEST_WORDS, LONGEST_REMARK, MOST_KEYS = 2000, 500, 9999
_SYSTEM = Actor.system("duty.handover")


@dataclass(frozen=True, slots=True)
class Said:
    """What the outgoing leader alone can know: keys that should be there and that were counted, why they
    differ, what is broken, and what the next shift should know besides.
    """

    keys_expected: int
    keys_counted: int
    keys_words: str = ""
    defects: str = ""
    words: str = ""


def change_of(facility: int, at: datetime) -> Change | None:
    """The last change of shifts of a facility that is handed over; None where it keeps no handovers.

    One query.
    """
    return _kept(adopted.latest(facility, clock.day_of(at)), at)


def _kept(file: FacilityCatalogue | None, at: datetime) -> Change | None:
    """A change of before the file was adopted is nobody's: the shift of then was not signed on to."""
    own = adopted.own_of(file)
    if file is None or not own.strength:
        return None
    change = plan.last_change(own.shifts or shifts.shipped().shifts, at)
    return change if file.adopted_at <= change.at else None


def prepare(facility: int) -> Handover | None:
    """The handover of the last change of shifts, written down from the record where it isn't yet.

    Of two who prepare it at once one finds the other's. None where the facility keeps no handovers.
    """
    change = change_of(facility, clock.now())
    if change is None:
        return None
    with _for_everybody(facility):
        return _of(facility, change.at).first() or _prepared(facility, change)


def change_ahead(facility: int, at: datetime) -> Change | None:
    """The change of shifts that is near enough to be prepared for; None where none is, or none is kept.

    One query.
    """
    own = adopted.own_of(adopted.latest(facility, clock.day_of(at)))
    if not own.strength:
        return None
    change = plan.coming_change(own.shifts or shifts.shipped().shifts, at)
    return change if change.at - at <= on_duty.EARLY else None


def drafts_now(facility: int) -> list[Draft]:
    """What a handover would say now, in its order; nothing is kept. As many queries as it has sources."""
    with _for_everybody(facility):
        return plan.in_order(registry.drafts(facility, clock.now()))


def keep_ahead(facility: int, said: Said, *, by: Actor) -> HandoverAhead:
    """Keep what the outgoing leader knows already, in the last hour before the change.

    It stands in the form of the handover once that is prepared, by the clock, and is said by nobody until
    it is signed. Raises `Conflict` while no change is near, `Malformed` for too long a word.
    """
    record.require_writer(HandoverSigned, by)
    _require_lengths(said)
    now = clock.now()
    change = change_ahead(facility, now)
    if change is None:
        raise Conflict(
            "handover.too_early",
            _("No change of shifts is near."),
            mend=_("A handover is prepared in the last hour of a shift."),
        )
    with record.deed():
        row, _made = HandoverAhead.objects.update_or_create(
            organization_id=facility,
            at=change.at,
            defaults={"said": asdict(said), "by_ref": by.ref, "kept_at": now},
        )
    return row


def kept_ahead(facility: int, at: datetime) -> Said | None:
    """What was kept ahead of a change. One query."""
    rows = HandoverAhead.objects.visible_to(scope.current())
    row = rows.filter(organization_id=facility, at=at).first()
    return Said(**row.said) if row else None


def _for_everybody(facility: int) -> AbstractContextManager[Scope]:
    """What every reader of a handover may read, and nothing else, whoever has it prepared."""
    seen = frozenset({int(Audience.STAFF)})
    return scope.entered(Scope(facility, facility, seen, "system:duty.handover"))


def _of(facility: int, at: datetime) -> QuerySet[Handover]:
    return Handover.objects.visible_to(scope.current()).filter(organization_id=facility, at=at)


def _prepared(facility: int, change: Change) -> Handover:
    with record.deed() as deed:
        who = on_duty.whose_shift_ended(facility, Post.DUTY_LEADER, change.at)
        row = Handover(
            organization_id=facility,
            at=change.at,
            began=change.outgoing.begins,
            ends_at=change.incoming.ends,
            outgoing_shift=change.outgoing.shift.name.model_dump(),
            incoming_shift=change.incoming.shift.name.model_dump(),
            on_duty=who,
            prepared_at=deed.at,
        )
        # Waits for another who prepares it just now, and then adds nothing.
        Handover.objects.bulk_create([row], ignore_conflicts=True)
        kept = _of(facility, change.at).get()
        if kept.pk != row.pk:
            return kept
        items = _add(kept, plan.in_order(registry.drafts(facility, deed.at)), after=0)
        hold_over(
            facility,
            Post.DUTY_LEADER,
            who,
            ended=change.at,
            until=change.incoming.ends + on_duty.LATE,
        )
        deed.append(
            HandoverPrepared(handover=kept.pk, at=kept.at, items=len(items)),
            about=Subject(facility),
            by=_SYSTEM,
        )
        _tell(kept, deed)
    return kept


def _add(row: Handover, drafts: Iterable[Draft], *, after: int) -> list[HandoverItem]:
    return HandoverItem.objects.bulk_create(
        HandoverItem(
            organization_id=row.organization_id,
            handover=row,
            section=draft.section,
            position=after + number,
            text=_in_both(draft),
            severity=draft.severity,
            custody_id=draft.custody,
            detainee_id=draft.detainee,
            cell_id=draft.cell,
            task_id=draft.task,
            due_at=draft.due_at,
        )
        for number, draft in enumerate(drafts, start=1)
    )


def _in_both(draft: Draft) -> dict[str, str]:
    said = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            said[key] = draft.words()
    return said


def _tell(row: Handover, deed: Deed) -> None:
    waits = HandoverWaits(handover=row.pk, at=row.at, signed=row.standing == Standing.SIGNED.value)
    header = deed.append(waits, about=Subject(row.organization_id), by=_SYSTEM)
    row.told_entry, row.told_at = header.id, deed.at
    row.save(update_fields=["told_entry", "told_at"])


def sweep(limit: int = 20) -> int:
    """Prepare what is to be handed over, and tell again of what waits and is nobody's task any more.

    Returns how many. Opens its own scope.
    """
    with scope.entered(Scope.of_system("duty.handover")):
        now = clock.now()
        facilities = _to_prepare(now)[:limit]
        for facility in facilities:
            prepare(facility)
        return len(facilities) + _tell_again(now, limit)


def _to_prepare(now: datetime) -> list[int]:
    """The facilities whose last change has no handover yet. Two queries."""
    kept = {
        number: change.at
        for number, file in adopted.by_facility(clock.day_of(now)).items()
        if (change := _kept(file, now))
    }
    if not kept:
        return []
    rows = Handover.objects.filter(organization_id__in=kept, at__gte=min(kept.values()))
    there = set(rows.values_list("organization_id", "at"))
    return [number for number, at in kept.items() if (number, at) not in there]


def _tell_again(now: datetime, limit: int) -> int:
    unfinished = Task.objects.filter(source_entry_id=OuterRef("told_entry"), state__in=UNFINISHED)
    with record.deed() as deed:
        rows = list(
            Handover.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(~Exists(unfinished), told_at__lte=now - plan.rules().tell_again)
            .exclude(standing=Standing.TAKEN)
            .order_by("told_at")[:limit]
        )
        for row in rows:
            _tell(row, deed)
    return len(rows)


def sign(handover: UUID, said: Said, *, by: Actor, proven_at: datetime | None) -> Handover:
    """The outgoing leader completes a handover and signs it; it stands from then on.

    For a duty leader whose shift it was, or a leader. Raises `NotAllowed` for others and without a fresh
    proof of who one is, `Malformed` for keys that differ without a word why, `Conflict` where it is signed,
    `Missing` out of scope.
    """
    record.require_writer(HandoverSigned, by)
    _require_said(said)
    with record.deed() as deed:
        row = _locked(handover)
        confirmations.require_fresh(proven_at)
        if row.signed_at is not None:
            _was_first(row.signed_by, row.signed_at)
        _require_outgoing(row, by)
        items = _items(row)
        items += _add(row, _drafts_of(said), after=len(items))
        row.keys_expected, row.keys_counted = said.keys_expected, said.keys_counted
        row.standing, row.signed_by, row.signed_at = Standing.SIGNED, by.ref, deed.at
        row.digest = digest_of(row, items)
        row.save()
        deed.append(
            HandoverSigned(
                handover=row.pk,
                at=row.at,
                items=len(items),
                keys_expected=said.keys_expected,
                keys_counted=said.keys_counted,
                digest=row.digest,
            ),
            about=Subject(row.organization_id),
            by=by,
        )
    return row


def read(handover: UUID, remarks: Mapping[UUID, str], *, by: Actor) -> int:
    """Somebody who may take over read these items, with a question or remark where it isn't empty.

    What one has read already stays as it was. Returns how many are new. Raises `NotAllowed` for who may not
    sign or has handed over, `Missing` for an item of another handover, `Malformed` for too long a remark,
    `Conflict` where the handover is over.
    """
    record.require_writer(HandoverTaken, by)
    given = {item: remark.strip() for item, remark in remarks.items()}
    if any(len(remark) > LONGEST_REMARK for remark in given.values()):
        raise _too_long("remark", LONGEST_REMARK)
    with record.deed() as deed:
        row = _locked(handover)
        if row.taken_at is not None:
            _was_first(row.taken_by, row.taken_at)
        _require_another(row, by)
        items = {item.pk for item in _items(row)}
        if given.keys() - items:
            raise Missing("handover.no_item", _("There is no such item in this handover."))
        known = _read_by(row, by)
        HandoverReading.objects.bulk_create(
            HandoverReading(
                organization_id=row.organization_id,
                item_id=item,
                by_ref=by.ref,
                at=deed.at,
                remark=remark,
            )
            for item, remark in given.items()
            if item not in known
        )
    return len(given.keys() - known.keys())


def take(handover: UUID, *, by: Actor, proven_at: datetime | None) -> Handover:
    """The incoming leader signs a handover of which they read every item; the outgoing one is released.

    Raises `Conflict` while the outgoing leader hasn't signed or items are unread, and where it is taken
    already; `NotAllowed` for the same person, for others, and without a fresh proof; `Missing` out of
    scope.
    """
    record.require_writer(HandoverTaken, by)
    with record.deed() as deed:
        row = _locked(handover)
        confirmations.require_fresh(proven_at)
        if row.taken_at is not None:
            _was_first(row.taken_by, row.taken_at)
        if row.signed_at is None:
            raise Conflict(
                "handover.not_signed",
                _("The outgoing leader has not signed yet."),
                mend=_("They complete it first: keys, defects, and what you should know."),
            )
        _require_another(row, by)
        items, known = _items(row), _read_by(row, by)
        if unread := sum(item.pk not in known for item in items):
            raise Conflict(
                "handover.unread",
                _("You have not read %(count)s items yet."),
                mend=_("Tick each one, or ask about it, then sign."),
                count=unread,
            )
        row.standing, row.taken_by, row.taken_at = Standing.TAKEN, by.ref, deed.at
        row.save()
        deed.append(
            HandoverTaken(
                handover=row.pk,
                at=row.at,
                items=len(items),
                remarks=sum(bool(remark) for remark in known.values()),
                digest=row.digest,
            ),
            about=Subject(row.organization_id),
            by=by,
        )
        if row.told_entry:
            duty.settle_entry(row.told_entry, gettext("Handover signed by both"), by=by)
        gone = [ref for ref in row.on_duty if ref != by.ref]
        let_go(row.organization_id, Post.DUTY_LEADER, gone, ended=row.at, at=deed.at)
    return row


def digest_of(row: Handover, items: Iterable[HandoverItem]) -> str:
    """What the signatures of a handover are about, computed from what is kept."""
    return plan.digest(row.at, [item.said() for item in items])


def _drafts_of(said: Said) -> list[Draft]:
    def keys() -> str:
        values = {"counted": said.keys_counted, "expected": said.keys_expected}
        told = gettext("%(counted)s handed over of %(expected)s") % values
        return f"{told} · {said.keys_words.strip()}" if said.keys_words.strip() else told

    agree = plan.keys_agree(said.keys_expected, said.keys_counted)
    return [
        Draft("keys", keys, severity=None if agree else 2),
        Draft("defects", partial(_or_nothing, said.defects)),
        Draft("words", partial(_or_nothing, said.words)),
    ]


def _or_nothing(words: str) -> str:
    return words.strip() or gettext("Nothing to report")


def _require_lengths(said: Said) -> None:
    for field, words in (
        ("keys_words", said.keys_words),
        ("defects", said.defects),
        ("words", said.words),
    ):
        if len(words.strip()) > LONGEST_WORDS:
            raise _too_long(field, LONGEST_WORDS)
    for field, keys in (
        ("keys_expected", said.keys_expected),
        ("keys_counted", said.keys_counted),
    ):
        if not 0 <= keys <= MOST_KEYS:
            raise Malformed(
                "handover.keys",
                _("A number of keys from 0 to %(most)s."),
                field=field,
                most=MOST_KEYS,
            )


def _require_said(said: Said) -> None:
    _require_lengths(said)
    if not plan.keys_agree(said.keys_expected, said.keys_counted) and not said.keys_words.strip():
        raise Malformed(
            "handover.keys_differ",
            _("Say where the keys are that differ."),
            field="keys_words",
            mend=_("Count once more, or say who has which key and who was told."),
        )


def _too_long(field: str, limit: int) -> Malformed:
    return Malformed(
        "handover.too_long", _("At most %(limit)s characters."), field=field, limit=limit
    )


def _locked(handover: UUID) -> Handover:
    rows = Handover.objects.visible_to(scope.current()).select_for_update(of=("self",))
    found = rows.filter(pk=handover).first()
    if found is None:
        raise Missing("handover.no_such", _("There is no such handover."))
    return found


def _items(row: Handover) -> list[HandoverItem]:
    rows = HandoverItem.objects.visible_to(scope.current()).filter(handover=row)
    return list(rows.order_by("position"))


def _read_by(row: Handover, by: Actor) -> dict[UUID, str]:
    rows = HandoverReading.objects.visible_to(scope.current())
    return dict(rows.filter(item__handover=row, by_ref=by.ref).values_list("item_id", "remark"))


def _require_outgoing(row: Handover, by: Actor) -> None:
    if by.post is Post.LEADER or not row.on_duty or by.ref in row.on_duty:
        return
    names = accounts.names_of(set(row.on_duty))
    raise NotAllowed(
        "handover.not_outgoing",
        _("This shift was led by %(names)s."),
        mend=_("They sign it, or a leader of the facility does in their place."),
        names=enumerated(sorted(names.values())) or gettext("A colleague"),
    )


def _require_another(row: Handover, by: Actor) -> None:
    if row.signed_by == by.ref:
        raise NotAllowed(
            "handover.same_person",
            _("You handed this shift over; somebody else takes it."),
            mend=_("The leader of the shift that begins reads and signs."),
        )


def _was_first(ref: str, at: datetime) -> NoReturn:
    raise Conflict(
        "handover.already",
        _("%(name)s signed this at %(time)s."),
        mend=_("Nothing is left to do here; the page shows how it stands."),
        name=accounts.names_of({ref}).get(ref) or gettext("A colleague"),
        time=at.astimezone(clock.LOCAL).strftime("%H:%M"),
    )
