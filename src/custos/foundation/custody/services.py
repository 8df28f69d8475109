"""What may happen to a stay: admission into a cell, and moving. The invariants live here.

Each service locks the cell before it looks who is in it, so that two officers who fill it at the
same moment come one after the other, and the second sees the first's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.codes import custody_number
from custos.foundation.custody import (
    arrival,
    codefendants,
    engine,
    going_out,
    leaving,
    placing,
    separating,
    women,
)
from custos.foundation.custody.kinds import Admitted, CellMoved
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import tokens
from custos.foundation.custody.place_kinds import PlacingConsidered, Released, StayEnded
from custos.foundation.custody.words import in_words
from custos.foundation.database import scope
from custos.foundation.errors import (
    Conflict,
    CustosError,
    Malformed,
    NotAllowed,
    raise_all,
)
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor
from custos.foundation.record.wire import Header


def admit(
    *,
    name: str,
    sex: str,
    born: date | None,
    basis: str,
    basis_number: str,
    number: str,
    arrived_at: datetime,
    cell: UUID,
    by: Actor,
    reason: str = "",
    apart: Sequence[separating.Pairing] = (),
    never_alone: bool = False,
    seen: str = "",
    offered: Sequence[UUID] = (),
    case_number: str = "",
    somebody_else: str = "",
) -> Custody:
    """Admit a person to a cell on a legal basis.

    `sex` is a code of GB/T 2261.1, `basis` the kind of legal document and `basis_number` its number,
    `arrived_at` when the person arrived, `apart` from whom here they have to be kept apart; whoever is held
    here and names them as co-defendant in a case of this `case_number` is among those by itself.
    `never_alone` says whether an officer has decided that they are not to be alone; `seen` and `offered`
    are as of `move_to_cell()`. `somebody_else` is how it is known that they aren't the one of the same name
    who is here, where whoever admits asked that. Nobody is admitted without a document: 看守所条例 第9条;
    Nelson Mandela Rule 7. Refuses (`NotAllowed`) what separation and the rules of arrival forbid and
    any writer but a police officer on the admission post; asks `reason` where a soft rule warns.
    Raises `Malformed` for what is missing or impossible, `Missing` for a cell out of scope, `Conflict`
    for a number in use or a cell out of use. All that is wrong is found at once (`findings`).
    """
    record.require_writer(Admitted, by)
    with record.deed() as deed:
        asked = _Asked(name, sex, born, basis, basis_number, number, arrived_at, cell, case_number)
        looked = _look_at(asked, deed.at, reason, apart, never_alone=never_alone)
        place, others, late, shown = looked.place, looked.others, looked.late, looked.shown
        found = shown.found
        if seen and seen != shown.token:
            looked.faults.append(_changed_since())
        raise_all(looked.faults)
        detainee = Detainee.objects.create(
            organization_id=place.organization_id, name=name.strip(), sex=sex, born=born
        )
        custody = Custody.objects.create(
            detainee=detainee,
            organization_id=place.organization_id,
            number=number,
            basis=basis,
            basis_number=basis_number.strip(),
            admitted_at=deed.at,
            cell=place,
        )
        placing.begin_place(custody, place, deed.at)
        tokens.of_new([(detainee, [number])])
        admitted = deed.append(
            Admitted(
                number=number,
                basis=basis,
                basis_number=basis_number.strip(),
                cell=place.pk,
                cell_name=place.name,
                arrived_at=arrived_at,
                shown=_shown([*late, *found]),
                reason=reason,
                somebody_else=somebody_else.strip(),
            ),
            about=custody,
            by=by,
            occurred_at=arrived_at,
            ground="看守所条例 第9条",
        )
        for one in looked.apart:
            said_by = by if one in apart else codefendants.SYSTEM
            separating.keep(deed, custody, others[one.other], one, by=said_by, because=admitted.id)
        if seen:
            # Who arrives has no stay yet where what was shown is put together.
            signs = {stay or str(custody.pk): codes for stay, codes in shown.signs.items()}
            _tell_what_was_shown(
                deed, custody, place, replace(shown, signs=signs), offered, by, admitted.id
            )
    return custody


def examine(
    *,
    name: str,
    sex: str,
    born: date | None,
    basis: str,
    basis_number: str,
    number: str,
    arrived_at: datetime,
    cell: UUID,
    by: Actor,
    reason: str = "",
) -> placing.Considered:
    """What has to be seen before somebody is admitted so; records nothing. Raises as `admit()` does."""
    record.require_writer(Admitted, by)
    with transaction.atomic():
        asked = _Asked(name, sex, born, basis, basis_number, number, arrived_at, cell)
        looked = _look_at(asked, clock.now(), reason, (), never_alone=False)
        raise_all(looked.faults)
    return looked.shown


def reasons_asked(
    person: engine.Person, cell: UUID, *, born: date | None, arrived_at: datetime | None, seen: str
) -> list[CustosError]:
    """For what `admit()` will ask a reason of whoever has `seen` this of a cell: soft rules, a late record.

    None where something forbids it or it is no longer what was seen: that is said first. Seven queries.
    """
    place = organizations.cell(cell)
    shown = considered_arrival(person, place, clock.now())
    if shown.token != seen:
        return []
    faults = _refusals_of_placing(shown.found, place, reason="")
    if arrived_at is not None:
        faults += _refusals_of_arrival(_late(born, arrived_at), reason="")
    return [one for one in faults if one.field == "reason"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of whom it is asked whether they can be admitted, on what, and into which cell."""

    name: str
    sex: str
    born: date | None
    basis: str
    basis_number: str
    number: str
    arrived_at: datetime
    cell: UUID
    case_number: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found of it, with the cell locked: `faults` is everything that is against it."""

    place: Cell
    others: Mapping[UUID, Custody]
    apart: Sequence[separating.Pairing]
    late: list[arrival.Found]
    shown: placing.Considered
    faults: list[CustosError]


def _look_at(
    asked: _Asked,
    at: datetime,
    reason: str,
    apart: Sequence[separating.Pairing],
    *,
    never_alone: bool,
) -> _Looked:
    faults = faults_of(
        asked.name, asked.basis, asked.basis_number, asked.number, asked.born, asked.arrived_at
    )
    impossible = {"custody.born", "custody.arrival_before_birth"} & {f.code for f in faults}
    late = [] if impossible else _late(asked.born, asked.arrived_at)
    apart = [*apart, *_of_one_case(asked, apart, never_alone=never_alone)]
    others = placing.lock_stays(one.other for one in apart)
    place = placing.lock_cells([asked.cell])[asked.cell]
    separating.require_pairs(apart, others, place.organization_id)
    person = _arriving(asked.sex, asked.born, asked.basis, apart, others, never_alone=never_alone)
    shown = considered_arrival(person, place, at)
    faults += _refusals_of_arrival(late, reason)
    faults += _refusals_of_placing(shown.found, place, reason)
    faults += faults_of_number(asked.number, number_scheme(place.organization_id))
    same = Custody.objects.filter(organization_id=place.organization_id, number=asked.number)
    if same.exists():
        taken = Conflict(
            "custody.number_taken",
            _("Number %(number)s belongs to another stay here."),
            field="number",
            mend=_("Check whether this person has been admitted already."),
            number=asked.number,
        )
        faults.append(taken)
    return _Looked(place, others, apart, late, shown, faults)


def of_one_case(
    organization_id: int,
    *,
    name: str,
    sex: str,
    born: date | None,
    basis: str,
    case_number: str = "",
    apart: Sequence[separating.Pairing] = (),
    never_alone: bool = False,
) -> list[separating.Pairing]:
    """The pairs that papers of those held in a facility make with somebody who arrives, besides `apart`."""
    here = codefendants.of_arrival(organization_id, name, case_number)
    named = {one.other for one in apart if one.kind == engine.CODEFENDANTS}
    others = {stay: of for stay, of in here.items() if stay not in named}
    if not others:
        return []
    person = arriving(sex=sex, born=born, basis=basis, apart=apart, never_alone=never_alone)
    cells = Cell.objects.filter(organization_id=organization_id)
    return codefendants.pairings(others, person, cells, clock.now())


def _of_one_case(
    asked: _Asked, apart: Sequence[separating.Pairing], *, never_alone: bool
) -> list[separating.Pairing]:
    """The same within the transaction: the facility's turn is taken by it, before anything is locked."""
    place = Cell.objects.visible_to(scope.current()).filter(pk=asked.cell).first()
    if place is None:
        return []
    codefendants.take_turn(place.organization_id)
    return of_one_case(
        place.organization_id,
        name=asked.name,
        sex=asked.sex,
        born=asked.born,
        basis=asked.basis,
        case_number=asked.case_number,
        apart=apart,
        never_alone=never_alone,
    )


def arriving(
    *,
    sex: str,
    born: date | None,
    basis: str,
    apart: Sequence[separating.Pairing] = (),
    never_alone: bool = False,
    aid: bool = False,
) -> engine.Person:
    """What separation has to know of somebody who isn't admitted yet; see `admit()`. Two queries at most.

    From whom they are to be kept apart is looked up within the scope; who isn't there any more is left out.
    """
    wanted = {one.other for one in apart}
    found = Custody.objects.visible_to(scope.current()).select_related("cell")
    others = {stay.pk: stay for stay in found.filter(pk__in=wanted)} if wanted else {}
    there = [one for one in apart if one.other in others]
    found_out = _arriving(sex, born, basis, there, others, never_alone=never_alone)
    return replace(found_out, aid=aid)


def _arriving(
    sex: str,
    born: date | None,
    basis: str,
    apart: Sequence[separating.Pairing],
    others: Mapping[UUID, Custody],
    *,
    never_alone: bool,
) -> engine.Person:
    return engine.Person(
        sex,
        born,
        engine.rules().category_by(basis),
        never_alone=never_alone,
        apart=tuple(placing.as_apart(one.kind, one.scope, others[one.other]) for one in apart),
    )


def _changed_since() -> Conflict:
    return Conflict(
        "custody.changed_since",
        _("Something has changed in that cell since you looked."),
        field="cell",
        mend=_("Look at it again, and then decide."),
    )


def _tell_what_was_shown(
    deed: record.Deed,
    stay: Custody,
    place: Cell,
    shown: placing.Considered,
    offered: Sequence[UUID],
    by: Actor,
    because: UUID,
) -> None:
    considered = PlacingConsidered(
        chosen=place.pk,
        offered=list(offered),
        rules=_shown(shown.found),
        signs={one: codes for one, codes in shown.signs.items() if codes},
    )
    deed.append(considered, about=stay, by=by, because=because)


def move_to_cell(
    custody: UUID,
    cell: UUID,
    *,
    reason: str,
    by: Actor,
    seen: str = "",
    offered: Sequence[UUID] = (),
    attended_by: str = "",
) -> Custody:
    """Move a person to another cell of the same facility.

    `seen` is the token of what the officer was shown (`queries.placing()`), `offered` the cells that were
    proposed, in their order; both go on the record with the choice. `attended_by` names the woman
    officer who is there when a woman is moved. Refuses (`NotAllowed`) what separation forbids, and a
    woman's move without her. Raises `Missing` for a stay or cell out of scope, `Conflict` where the stay
    has ended, the person is there already or something else is true than what was seen, `Malformed`
    without a reason. Source: 看守所条例 第6条、第14条; Nelson Mandela Rules 11, 81.
    """
    if not reason.strip():
        raise Malformed("custody.reason", _("Say why."), field="reason")
    record.require_writer(CellMoved, by)
    with record.deed() as deed:
        stay = placing.lock_stays([custody])[custody]
        placing.lock_pairs(stay)
        left = stay.cell_id
        cells = placing.lock_cells({cell, left} if left else {cell})
        place = cells[cell]
        if stay.organization_id != place.organization_id:
            raise NotAllowed("custody.other_facility", _("That cell belongs to another facility."))
        if left == place.pk:
            raise Conflict("custody.there_already", _("The person is in that cell already."))
        shown = considered_move(stay, place, deed.at)
        if seen and seen != shown.token:
            raise _changed_since()
        raise_all(
            _refusals_of_placing(shown.found, place, reason) + women.refusals(stay, attended_by)
        )
        placing.end_place(stay, deed.at)
        stay.cell = place
        stay.save(update_fields=["cell"])
        placing.begin_place(stay, place, deed.at)
        moved = deed.append(
            CellMoved(
                cell=place.pk,
                cell_name=place.name,
                left_cell=left,
                shown=_shown(shown.found),
                reason=reason.strip(),
            ),
            about=stay,
            by=by,
            ground="看守所条例 第14条",
        )
        women.tell(deed, stay, attended_by, by=by, because=moved.id)
        if seen:
            _tell_what_was_shown(deed, stay, place, shown, offered, by, moved.id)
    return stay


def considered_move(stay: Custody, place: Cell, at: datetime) -> placing.Considered:
    """What speaks against moving somebody to a cell, and the risks of both sides. Six queries."""
    wanted = {place.pk, stay.cell_id} if stay.cell_id else {place.pk}
    people = placing.occupants({cell for cell in wanted if cell}, stay.organization_id)
    everybody = {one.pk: one for one in [stay, *(s for there in people.values() for s in there)]}
    facts = placing.facts_of(list(everybody.values()), at)
    behind = people.get(stay.cell_id, []) if stay.cell_id else []
    inside = [facts[one.pk] for one in people[place.pk]]
    day = clock.day_of(at)
    found = engine.conflicts(
        facts[stay.pk],
        _facts_of_cell(place),
        inside,
        day,
        behind=[facts[one.pk] for one in behind if one.pk != stay.pk],
        arriving=False,
    )
    return placing.considered(facts[stay.pk], place.pk, inside, found, day)


def end_stay(
    custody: UUID,
    *,
    way: str,
    document: str,
    by: Actor,
    second: Actor,
    ground: str = "",
    receiver: str = "",
    unready: Sequence[str] = (),
    remark: str = "",
) -> Header:
    """End a stay: the person leaves custody here for good, from the cell or from outside.

    `way` is the code of the way out, `document` what it rests on, `receiver` whoever takes over,
    `unready` what was left to be made ready and `remark` what becomes of that. It takes two people, one
    of them an officer, and the gate that guards leaving (`leaving.guard()`), which is asked here about
    the locked stay and refuses what isn't lawful: no caller and no post comes around it. Absences that
    were planned are cancelled; one that has begun ends with the stay. Raises `Missing` out of scope,
    `Conflict` where the stay has ended, `Malformed` without way or document, and what the gate refuses.
    Returns the entry, which is `Released` where the person is free. Source: 看守所条例 第38–40条.
    """
    for field, value in (("way", way), ("document", document)):
        if not value.strip():
            raise Malformed("custody.required", _("This must be filled in."), field=field)
    record.require_writer(StayEnded, by, second)
    with record.deed() as deed:
        stay = placing.lock_stays([custody])[custody]
        passed = leaving.ask(leaving.Asked(stay, way, deed.at, by, second))
        left = stay.cell_id
        cell = placing.lock_cells([left])[left] if left else None
        subject = stay.record_subject()
        if left:
            placing.end_place(stay, deed.at)
        stay.cell, stay.ended_at = None, deed.at
        stay.save(update_fields=["cell", "ended_at"])
        out = going_out.end_with_stay(stay, deed.at)
        kind = Released if passed.freed else StayEnded
        ended = deed.append(
            kind(
                way=way,
                way_name=passed.title,
                document=document.strip(),
                left_cell=left,
                while_out=out,
                receiver=receiver.strip(),
                shown=list(passed.shown),
                unready=list(unready),
                remark=remark.strip(),
            ),
            about=subject,
            by=by,
            second=second,
            ground=ground,
        )
        if cell:
            placing.tell_of_alone(deed, cell)
    return ended


#: What is wrong with a number of 21 digits, by the codes of `codes.custody_number`.
_WRONG_NUMBER = {
    "length": _("Custody numbers have 21 digits here."),
    "characters": _("Custody numbers are of digits only here."),
    "facility": _("A custody number begins with the facility's code %(digits)s here."),
    "day": _("Digits 10 to 17 of a custody number are the day of arrival; this is no day."),
    "serial": _("The last four digits of a custody number run on from 0001."),
}


def number_scheme(organization_id: int) -> str:
    """The facility's nine digits where its custody numbers are built of them; else empty. One query."""
    return organizations.code_of(organization_id, custody_number.SCHEME)


def faults_of_number(number: str, scheme: str) -> list[CustosError]:
    """What is wrong with a custody number where the facility's scheme says how it is built.

    `scheme` is what `number_scheme()` gives: without it a number is text, and nothing is wrong with it.
    Source: GA 300.3-2001.
    """
    fault = custody_number.examine(number, scheme).fault if scheme and number else ""
    if not fault:
        return []
    return [
        Malformed(
            "custody.number_form",
            _WRONG_NUMBER[fault],
            field="number",
            mend=_("Type it as it stands on the file."),
            digits=scheme,
        )
    ]


def faults_of(
    name: str, basis: str, basis_number: str, number: str, born: date | None, arrived_at: datetime
) -> list[CustosError]:
    """What is missing from an admission, can't be, or has characters that don't belong there."""
    faults: list[CustosError] = []
    for field, value in (
        ("name", name),
        ("basis", basis),
        ("basis_number", basis_number),
        ("number", number),
    ):
        if not value.strip():
            fault = Malformed(
                "custody.required",
                _("This must be filled in."),
                field=field,
                mend=_("Nobody is admitted without a legal document that names them."),
            )
            faults.append(fault)
        elif sign := arrival.stray_sign(value, symbols=field != "name"):
            fault = Malformed(
                "custody.stray_sign",
                _("This has a character that doesn't belong here: %(sign)s."),
                field=field,
                mend=_("Type it as it stands on the legal document, without emoji."),
                sign=f"U+{ord(sign):04X}",
            )
            faults.append(fault)
    today, arrived = clock.today(), clock.day_of(arrived_at)
    if born and not date(today.year - 130, 1, 1) <= born <= today:
        faults.append(
            Malformed("custody.born", _("This date of birth is impossible."), field="born")
        )
    if arrived_at > clock.now():
        future = _("The time of arrival lies in the future.")
        faults.append(Malformed("custody.arrival", future, field="arrived_at"))
    elif born and arrived < born <= today:
        fault = Malformed(
            "custody.arrival_before_birth",
            _("The person was not born yet at this time of arrival."),
            field="arrived_at",
            mend=_("Check the date of birth and the time of arrival."),
        )
        faults.append(fault)
    return faults


def _late(born: date | None, arrived_at: datetime) -> list[arrival.Found]:
    return arrival.objections(born, clock.day_of(arrived_at), clock.today())


def _refusals_of_arrival(found: Sequence[arrival.Found], reason: str) -> list[CustosError]:
    return _refusals(
        found,
        reason,
        field=lambda rule: "born" if rule.under_years else "arrived_at",
        change=_("Check the date of birth and the time of arrival."),
        explain=_("Check the time of arrival, or say why it is recorded so late."),
    )


def _refusals_of_placing(
    found: Sequence[engine.Found], place: Cell, reason: str
) -> list[CustosError]:
    change = _("Choose another cell.")
    refusals = _refusals(
        found,
        reason,
        field=lambda _rule: "cell",
        change=change,
        explain=_("Choose another cell, or say why it has to be this one."),
    )
    if place.out_of_use:
        closed = Conflict(
            "custody.cell_out_of_use",
            _("Cell %(cell)s is out of use."),
            field="cell",
            mend=change,
            cell=place.name,
        )
        refusals.insert(0, closed)
    return refusals


def _refusals(
    found: Sequence[Any],
    reason: str,
    *,
    field: Callable[[Any], str],
    change: Any,
    explain: Any,
) -> list[CustosError]:
    """Every rule found that blocks; where none does, those that warn while no reason is said."""
    blocking = [one.rule for one in found if one.rule.effect == "block"]
    warning = [one.rule for one in found if one.rule.effect == "warn" and not reason.strip()]
    text = _("%(rule)s (%(source)s).")

    def titles(rule: Any) -> dict[str, str]:
        return {"rule": in_words(rule.title), "source": in_words(rule.source)}

    return [
        NotAllowed(f"custody.{rule.id}", text, field=field(rule), mend=change, **titles(rule))
        for rule in blocking
    ] or [
        Conflict(f"custody.{rule.id}", text, field="reason", mend=explain, **titles(rule))
        for rule in warning
    ]


def _facts_of_cell(place: Cell) -> engine.CellFacts:
    """What separation asks about a cell. Two queries."""
    areas = placing.areas_of(place.organization_id, place.sex)
    return placing.facts_of_cell(
        place,
        transition_elsewhere=placing.has_transition_cell(place.organization_id, place.sex),
        area_elsewhere=bool(areas - {place.area_id}),
    )


def considered_arrival(person: engine.Person, place: Cell, at: datetime) -> placing.Considered:
    """What speaks against putting somebody who arrives into a cell, and both their risks. Seven queries."""
    stays = placing.occupants([place.pk], place.organization_id)[place.pk]
    facts = placing.facts_of(stays, at)
    inside = [facts[stay.pk] for stay in stays]
    day = clock.day_of(at)
    found = engine.conflicts(person, _facts_of_cell(place), inside, day)
    return placing.considered(person, place.pk, inside, found, day)


def _shown(found: Sequence[engine.Found | arrival.Found]) -> list[str]:
    return [f"{conflict.rule.id} v{conflict.version}" for conflict in found]
