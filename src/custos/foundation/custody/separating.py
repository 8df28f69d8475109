"""Who is kept apart from whom, and why: pairs, medical orders, who is never alone, legal categories.

Each deed here may find that people who share a cell may not any more. It never fails for that: what is
true has to be said. It writes `SeparationBroken` about the cell, of which a task is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.custody import engine, pairs, placing
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.place_kinds import (
    SETTLING,
    Classified,
    IsolationEnded,
    IsolationOrdered,
    KeptApart,
    NeverAloneEnded,
    NeverAloneOrdered,
    PairClosed,
    PersonCorrected,
    TransitionDue,
    TransitionEnded,
)
from custos.foundation.custody.place_models import Classification, KeepApart, PlacingOrder
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, Post
from custos.foundation.record.services import Deed

#: The act of two by which somebody may be alone again, and whose it is.
END_NEVER_ALONE = "custody.end_never_alone"
ENDING_NEVER_ALONE = frozenset({Post.MEDICAL, Post.PSYCHOLOGIST, Post.CASE_OFFICER})
#: The act of two by which a transition period ends.
END_TRANSITION = "custody.end_transition"
#: Why two people are kept apart.
PAIR_KINDS = {
    engine.CODEFENDANTS: _("Co-defendants"),
    "threat": _("Threatened or assaulted"),
    "informant": _("Informant and target"),
    "witness": _("Witness and accused"),
    "other": _("Another ground"),
}
SCOPES = {
    "cell": _("Not in one cell"),
    "area": _("Not in one area"),
    "facility": _("Not here at all"),
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """From whom somebody is kept apart: the other's stay, the kind, within what, each one's role."""

    other: UUID
    kind: str
    scope: Literal["cell", "area", "facility"]
    role: str
    role_of_other: str
    reason: str


def keep_apart(custody: UUID, pairing: Pairing, *, by: Actor) -> KeepApart:
    """Keep two people of a facility apart from now on.

    Raises `Malformed` for a kind, scope, role or reason that isn't one, `Conflict` where the two are kept
    apart on this ground already, `Missing` out of scope. Source: 看守所条例 第14条 (co-defendants);
    Nelson Mandela Rules 12.
    """
    record.require_writer(KeptApart, by)
    with record.deed() as deed:
        wanted = {custody, pairing.other}
        if len(wanted) == 1:
            raise Malformed("separation.oneself", _("It takes two people."), field="other")
        stays = placing.lock_stays(wanted)
        require_pairs([pairing], stays, stays[custody].organization_id)
        cells = placing.lock_cells({one.cell_id for one in stays.values() if one.cell_id})
        pair = keep(deed, stays[custody], stays[pairing.other], pairing, by=by)
        for cell in cells.values():
            placing.tell_of_broken(deed, cell, by=by)
    return pair


def require_pairs(
    pairings: Sequence[Pairing], others: Mapping[UUID, Custody], organization_id: int
) -> None:
    """Raise for what a pair can't be: see `keep_apart()`."""
    for one in pairings:
        for field, wrong in (
            ("kind", one.kind not in PAIR_KINDS),
            ("scope", one.scope not in SCOPES),
            ("role", not one.role.strip()),
            ("role_of_other", not one.role_of_other.strip()),
            ("reason", not one.reason.strip()),
        ):
            if wrong:
                raise Malformed("separation.pair", _("This must be filled in."), field=field)
        if others[one.other].organization_id != organization_id:
            raise NotAllowed(
                "separation.elsewhere", _("The other person is held elsewhere."), field="other"
            )


def keep(
    deed: Deed,
    stay: Custody,
    other: Custody,
    pairing: Pairing,
    *,
    by: Actor,
    because: UUID | None = None,
) -> KeepApart:
    """Write a pair down, within a deed that holds both stays."""
    known = placing.kept_apart([stay])[stay.pk]
    if any(k.pair.kind == pairing.kind and k.other and k.other.pk == other.pk for k in known):
        raise Conflict("separation.known", _("The two are kept apart on this ground already."))
    pair = pairs.row_of(
        stay.pk,
        other.pk,
        organization_id=stay.organization_id,
        kind=pairing.kind,
        scope=pairing.scope,
        roles=(pairing.role.strip(), pairing.role_of_other.strip()),
        reason=pairing.reason.strip(),
        since=deed.at,
    )
    pair.save(force_insert=True)
    for about, told in pairs.told_of(pair, stay.pk):
        deed.append(
            told,
            about=stay if about == stay.pk else other,
            by=by,
            because=because,
            ground=pairs.ground_of(pair),
        )
    return pair


def close_pair(pair: UUID, *, reason: str, by: Actor) -> KeepApart:
    """Say that two people need no longer be kept apart. The pair stays on the record.

    Raises `Missing` out of scope, `Conflict` where it is closed, `Malformed` without a reason.
    """
    _require_reason(reason)
    record.require_writer(PairClosed, by)
    with record.deed() as deed:
        row = (
            KeepApart.objects.visible_to(scope.current())
            .select_related("one", "other")
            .select_for_update(of=("self",))
            .filter(pk=pair)
            .first()
        )
        if row is None:
            raise Missing("separation.no_such_pair", _("There is no such pair."))
        if row.closed_at:
            raise Conflict("separation.closed", _("This pair is closed already."))
        row.closed_at = deed.at
        row.save(update_fields=["closed_at"])
        for about, other in ((row.one, row.other), (row.other, row.one)):
            deed.append(
                PairClosed(pair=row.pk, other_custody=other.pk, reason=reason.strip()),
                about=about,
                by=by,
            )
    return row


def classify(
    custody: UUID,
    category: str,
    *,
    repeat: bool | None,
    violent: bool | None,
    reason: str,
    by: Actor,
) -> Custody:
    """Record as what a stay counts in separation: category, repeat offender, violent offence.

    `category` is a code of `rules/separation.yaml`; None for what isn't known. Raises `Malformed` for
    another or without a reason, `Missing` out of scope. Source: 人民检察院刑事诉讼规则 第659条; 拘留所条例
    第34条; 看守所条例 第14条.
    """
    _require_reason(reason)
    if category not in {one.code for one in engine.rules().categories}:
        raise Malformed("separation.category", _("There is no such category."), field="category")

    def write(stay: Custody) -> Kind:
        Classification.objects.update_or_create(
            custody=stay,
            defaults={
                "organization_id": stay.organization_id,
                "category": category,
                "repeat": repeat,
                "violent": violent,
            },
        )
        return Classified(category=category, repeat=repeat, violent=violent, reason=reason.strip())

    return _about_one(Classified, custody, write, by=by)


def correct(custody: UUID, *, sex: str, born: date | None, reason: str, by: Actor) -> Custody:
    """Put right the sex (GB/T 2261.1) or the date of birth of somebody in custody, None where unknown.

    Raises `Malformed` for an impossible date, a sex that isn't one or without a reason, `Conflict` where
    nothing differs, `Missing` out of scope. Whom it finds among those whom they must not be with, has to be
    moved: that is told.
    """
    _require_reason(reason)
    today = clock.today()
    if sex not in (engine.MALE, engine.FEMALE):
        raise Malformed("separation.sex", _("This must be filled in."), field="sex")
    if born and not date(today.year - 130, 1, 1) <= born <= today:
        raise Malformed("custody.born", _("This date of birth is impossible."), field="born")

    def write(stay: Custody) -> Kind:
        person = stay.detainee
        told = PersonCorrected(
            sex_before=person.sex,
            sex=sex,
            born_before=person.born,
            born=born,
            reason=reason.strip(),
        )
        if (person.sex, person.born) == (sex, born):
            raise Conflict("separation.as_recorded", _("This is recorded already."))
        person.sex, person.born = sex, born
        records = {person.pk, placing.root_of(person)}
        Detainee.objects.filter(pk__in=records).update(sex=sex, born=born)
        return told

    return _about_one(PersonCorrected, custody, write, by=by)


def isolate(
    custody: UUID, *, group: str, review_by: datetime, instruction: str, by: Actor
) -> Custody:
    """Order by a clinician that somebody is held apart for health; `group` may share, "" is nobody.

    What for stays in the clinical record; `instruction` is what everybody has to do. Raises `Conflict`
    where an order holds, `Malformed` for a review that isn't ahead, `NotAllowed` for whoever is no
    clinician. Source: 拘留所条例 第18条; Nelson Mandela Rules 30(d).
    """
    _require_reason(instruction, "instruction")
    if not (by.staff_kind and by.staff_kind.value == "clinician"):
        raise NotAllowed("separation.clinician", _("Only a clinician orders this."))
    return _order(
        IsolationOrdered,
        custody,
        PlacingOrder.ISOLATION,
        review_by,
        lambda order: IsolationOrdered(
            order=order, group=group.strip(), review_by=review_by, instruction=instruction.strip()
        ),
        by=by,
        group=group.strip(),
    )


def end_isolation(custody: UUID, *, reason: str, by: Actor) -> Custody:
    """End a medical order to hold somebody apart. Raises `Conflict` where none holds."""
    _require_reason(reason)
    return _about_one(
        IsolationEnded,
        custody,
        lambda stay: IsolationEnded(
            order=_end_order(stay, PlacingOrder.ISOLATION), reason=reason.strip()
        ),
        by=by,
    )


def never_alone(
    custody: UUID, *, attended: bool, review_by: datetime, reason: str, by: Actor
) -> Custody:
    """Say that somebody is never to be alone. Anybody may, and it holds at once.

    `attended`: a member of staff sits with them, so that they may be in a cell without others. Raises
    `Conflict` where it holds already, `Malformed` without a reason or for a review that isn't ahead.
    """
    _require_reason(reason)
    return _order(
        NeverAloneOrdered,
        custody,
        PlacingOrder.COMPANY,
        review_by,
        lambda order: NeverAloneOrdered(
            order=order, attended=attended, review_by=review_by, reason=reason.strip()
        ),
        by=by,
        attended=attended,
    )


def end_never_alone(custody: UUID, *, reason: str, by: Actor, second: Actor) -> Custody:
    """End it: a clinician or counsellor and a case officer, together (NCCHC)."""
    _require_reason(reason)
    posts = {by.post, second.post}
    if Post.CASE_OFFICER not in posts or not posts & {Post.MEDICAL, Post.PSYCHOLOGIST}:
        raise NotAllowed(
            "separation.two_posts", _("This takes a clinician and a case officer, together.")
        )
    return _about_one(
        NeverAloneEnded,
        custody,
        lambda stay: NeverAloneEnded(
            order=_end_order(stay, PlacingOrder.COMPANY), reason=reason.strip()
        ),
        by=by,
        second=second,
    )


def may_end_never_alone(content: Content, by: Acting) -> None:
    """Raise what `end_never_alone()` would, before anybody is asked to confirm it; who the second person
    is, is known only then.
    """
    del by
    _require_reason(content["reason"])
    stay = Custody.objects.visible_to(scope.current()).filter(pk=UUID(content["custody"])).first()
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    if not _open_orders(stay, PlacingOrder.COMPANY).exists():
        raise Conflict("separation.no_order", _("No such order holds."))


def confirmed_end_never_alone(confirmation: UUID, content: Content, *, by: Acting) -> Custody:
    """The same with a confirmation of exactly this; `content` names `custody` and `reason`."""
    with record.deed():
        second = confirmations.consume(confirmation, END_NEVER_ALONE, content, by=by)
        return end_never_alone(
            UUID(content["custody"]), reason=content["reason"], by=by.actor, second=second
        )


def end_transition(custody: UUID, *, assessment: str, by: Actor, second: Actor) -> Custody:
    """End somebody's transition period by a written assessment of a case officer and a doctor, together.

    Raises `Conflict` before the least number of days, or where it was ended; `Malformed` without an
    assessment, `NotAllowed` for other posts. Source: 看守所执法细则 3-01; 公安机关强制隔离戒毒所管理办法;
    that it takes the two is a proposal.
    """
    _require_reason(assessment, "reason")
    if {by.post, second.post} != set(SETTLING):
        raise NotAllowed("separation.two_settle", _("This takes a case officer and a doctor."))

    def write(stay: Custody) -> Kind:
        least = _least_days(organizations.organization(stay.organization_id).kind)
        if (clock.now() - stay.admitted_at).days < least:
            raise Conflict(
                "separation.too_early",
                _("The transition period lasts %(days)s days at least."),
                days=least,
            )
        known, _made = Classification.objects.get_or_create(
            custody=stay,
            defaults={
                "organization_id": stay.organization_id,
                "category": engine.rules().category_by(stay.basis),
            },
        )
        if known.settled_at:
            raise Conflict("separation.settled", _("The transition period was ended already."))
        known.settled_at = clock.now()
        known.save(update_fields=["settled_at"])
        return TransitionEnded(assessment=assessment.strip())

    return _about_one(TransitionEnded, custody, write, by=by, second=second)


def confirmed_end_transition(confirmation: UUID, content: Content, *, by: Acting) -> Custody:
    """The same with a confirmation of exactly this; `content` names `custody` and `reason`."""
    with record.deed():
        second = confirmations.consume(confirmation, END_TRANSITION, content, by=by)
        return end_transition(
            UUID(content["custody"]), assessment=content["reason"], by=by.actor, second=second
        )


def _least_days(kind: str) -> int:
    rule = engine.transition_rule()
    return rule.least_days_at.get(kind, rule.least_days) if rule else 0


def look_at_transitions(day: date) -> int:
    """Say of everybody who has come through the least number of days on `day` that an assessment is due.

    Returns of how many. Runs once a day; nobody is moved by it.
    """
    rule, told = engine.transition_rule(), 0
    if rule is None:
        return 0
    with scope.entered(scope.Scope.of_system("custody.transition")), record.deed() as deed:
        for days in sorted({rule.least_days, *rule.least_days_at.values()}):
            begins = datetime.combine(day - timedelta(days=days), time(), clock.LOCAL)
            came = Custody.objects.select_related("organization").filter(
                ended_at=None,
                admitted_at__gte=begins,
                admitted_at__lt=begins + timedelta(days=1),
                classification__settled_at=None,
            )
            for stay in came.order_by("pk"):
                if _least_days(stay.organization.kind) == days:
                    due = TransitionDue(days=days)
                    deed.append(due, about=stay, by=Actor.system("custody.transition"))
                    told += 1
    return told


def look_at_birthdays(day: date) -> int:
    """Say which cells a coming of age on `day` has broken; returns how many cells were looked at.

    Nobody is moved by that: whoever became an adult among minors, or the other way round, has to be moved
    by an officer. Source: 刑事诉讼法 第280条.
    """
    rule = next((one for one in engine.rules().rules if one.adult_at_years), None)
    if rule is None or rule.adult_at_years is None:
        return 0
    born = engine.born_to_be(rule.adult_at_years, day)
    with scope.entered(scope.Scope.of_system("custody.birthdays")), record.deed() as deed:
        grown = Custody.objects.filter(
            ended_at=None, cell__isnull=False, detainee__born__in=born
        ).values_list("cell_id", flat=True)
        cells = placing.lock_cells({cell for cell in grown if cell})
        for cell in cells.values():
            placing.tell_of_broken(deed, cell)
    return len(cells)


def _order(
    kind: type[Kind],
    custody: UUID,
    order_kind: str,
    review_by: datetime,
    entry: Callable[[UUID], Kind],
    *,
    by: Actor,
    group: str = "",
    attended: bool = False,
) -> Custody:
    def write(stay: Custody) -> Kind:
        at = clock.now()
        if review_by <= at:
            raise Malformed(
                "separation.review", _("The review has to lie ahead."), field="review_by"
            )
        if _open_orders(stay, order_kind).exists():
            raise Conflict("separation.ordered", _("This is ordered already."))
        order = PlacingOrder.objects.create(
            organization_id=stay.organization_id,
            custody=stay,
            kind=order_kind,
            group=group,
            attended=attended,
            since=at,
            review_by=review_by,
        )
        return entry(order.pk)

    return _about_one(kind, custody, write, by=by)


def _open_orders(stay: Custody, kind: str) -> QuerySet[PlacingOrder]:
    return PlacingOrder.objects.filter(
        custody=stay, organization_id=stay.organization_id, kind=kind, ended_at=None
    )


def _end_order(stay: Custody, kind: str) -> UUID:
    order = _open_orders(stay, kind).first()
    if order is None:
        raise Conflict("separation.no_order", _("No such order holds."))
    order.ended_at = clock.now()
    order.save(update_fields=["ended_at"])
    return order.pk


def _about_one(
    kind: type[Kind],
    custody: UUID,
    write: Callable[[Custody], Kind],
    *,
    by: Actor,
    second: Actor | None = None,
) -> Custody:
    """Change a fact about one person in their cell, and say what it breaks there."""
    record.require_writer(kind, by, second)
    with record.deed() as deed:
        stay = placing.lock_stays([custody])[custody]
        cell = placing.lock_cells([stay.cell_id])[stay.cell_id] if stay.cell_id else None
        deed.append(write(stay), about=stay, by=by, second=second)
        if cell:
            placing.tell_of_broken(deed, cell)
    return stay


def _require_reason(reason: str, field: str = "reason") -> None:
    if not reason.strip():
        raise Malformed("custody.reason", _("Say why."), field=field)
