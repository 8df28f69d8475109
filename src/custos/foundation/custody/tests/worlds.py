"""Small worlds for tests of places; called within a scope."""

from datetime import timedelta

from custos.foundation import clock
from custos.foundation.custody import going_out, separating, services
from custos.foundation.custody.models import Custody
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
