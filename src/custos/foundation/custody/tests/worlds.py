"""Small worlds for tests of places; called within a scope."""

from datetime import date, timedelta

from custos.foundation import clock
from custos.foundation.custody import going_out, separating, services
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.place_models import Absence, KeepApart
from custos.foundation.record.parties import Actor, Post, StaffKind
from tests import leaving
from tests.factories import an_officer

#: The woman officer who is there when a woman is moved or taken out.
WOMAN = "女民警 林晓芸"


def apart(
    one: Custody,
    other: Custody,
    kind: str = "codefendants",
    within: str = "cell",
    *,
    by: Actor | None = None,
) -> KeepApart:
    """Two people who are kept apart from now on."""
    pairing = separating.Pairing(other.pk, kind, within, "主犯", "从犯", "同案")  # type: ignore[arg-type]
    return separating.keep_apart(one.pk, pairing, by=by or an_officer(Post.CASE_OFFICER))


def planned(stay: Custody, kind: str = "court", *, trip: str = "", hours: int = 4) -> Absence:
    """An absence from now on."""
    return going_out.plan(
        stay.pk,
        kind,
        destination="某区人民法院",
        document="提解证1号",
        planned_from=clock.now(),
        planned_until=clock.now() + timedelta(hours=hours),
        trip=trip,
        by=an_officer(Post.INTERROGATION),
    )


def gone(stay: Custody, kind: str = "court") -> Absence:
    """Somebody who went out just now."""
    absence = planned(stay, kind)
    return going_out.leave(
        absence.pk,
        escort="two officers",
        condition="well",
        by=an_officer(Post.INTERROGATION),
        attended_by=WOMAN,
    )


def back(absence: Absence) -> Absence:
    """Somebody who came back just now."""
    return going_out.come_back(absence.pk, condition="well", by=an_officer(Post.INTERROGATION))


def ended(stay: Custody) -> Custody:
    """A stay that ends now."""
    return leaving.left(stay)


def watched(stay: Custody, *, attended: bool = False) -> Custody:
    """Somebody who must not be alone from now on."""
    return separating.never_alone(
        stay.pk,
        attended=attended,
        review_by=clock.now() + timedelta(days=1),
        reason="Says that life is over",
        by=an_officer(Post.PATROL),
    )


def isolated(stay: Custody, group: str = "") -> Custody:
    """Somebody under a medical order."""
    return separating.isolate(
        stay.pk,
        group=group,
        review_by=clock.now() + timedelta(days=3),
        instruction="Mask, own dishes",
        by=an_officer(Post.MEDICAL, StaffKind.CLINICIAN),
    )


def moved(stay: Custody, cell: object, reason: str = "ordered") -> Custody:
    """Somebody moved to a cell."""
    return services.move_to_cell(
        stay.pk,
        cell.pk,  # type: ignore[attr-defined]
        reason=reason,
        by=an_officer(Post.CASE_OFFICER),
        attended_by=WOMAN,
    )


def corrected(stay: Custody, *, sex: str = "", born: date | None = None) -> Custody:
    """Somebody whose sex or date of birth turned out to be another."""
    return separating.correct(
        stay.pk,
        sex=sex or stay.detainee.sex,
        born=born or stay.detainee.born,
        reason="Register of residents",
        by=an_officer(Post.CASE_OFFICER),
    )


def sentenced(stay: Custody) -> Custody:
    """Somebody whose judgment came into force."""
    return separating.classify(
        stay.pk,
        "convicted",
        repeat=None,
        violent=None,
        reason="Judgment in force",
        by=an_officer(Post.CASE_OFFICER),
    )


def named(
    holder: Custody,
    name: str,
    *,
    stay: Custody | None = None,
    case: str = "",
    by: Actor | None = None,
) -> None:
    """A paper of somebody that names a co-defendant, by name or by the stay."""
    fact = facts.CoDefendant(name=name, case_number=case, custody=stay.pk if stay else None)
    people.record_fact(holder.pk, fact, by=by or an_officer(Post.CASE_OFFICER))


def of_the_case(stay: Custody, number: str) -> None:
    """The number of the case of a stay, as its authority has it."""
    fact = facts.Authority(kind="police", name="某县公安局", case_number=number)
    people.record_fact(stay.pk, fact, by=an_officer(Post.CASE_OFFICER))
