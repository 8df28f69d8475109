"""Signing on to a post and off; and telling when a post has too few people."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, Subject
from custos.foundation.record.services import Deed
from custos.prevention.duty import engine
from custos.prevention.duty.kinds import PostShort, SignedOff, SignedOn
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan, queries
from custos.prevention.duty.shifts.models import Shortfall, SignOn
from custos.prevention.duty.shifts.queries import EARLY, LATE

_SYSTEM = Actor.system("duty.shifts")


def sign_on(facility: int, *, by: Actor) -> SignOn:
    """Take up duty on the post one acts on, for this shift; once more changes nothing.

    Raises `NotAllowed` for who acts on no post.
    """
    if by.post is None:
        raise NotAllowed("shift.no_post", _("Duty is taken up on a post."))
    with record.deed() as deed:
        _close_ended(deed.at, organization_id=facility, staff_ref=by.ref)
        ends_at = queries.shift_of(facility, deed.at + EARLY).ends + LATE
        row, made = SignOn.objects.get_or_create(
            organization_id=facility,
            staff_ref=by.ref,
            post=by.post.value,
            until=None,
            defaults={"since": deed.at, "ends_at": ends_at},
        )
        if made:
            deed.append(SignedOn(post=by.post), about=Subject(facility), by=by)
    return row


def _close_ended(at: datetime, **whose: object) -> int:
    """Sign off who didn't when their shift was over; as of then, and as an entry of the system."""
    rows = list(
        SignOn.objects.select_for_update(skip_locked=True).filter(
            until__isnull=True, ends_at__lte=at, **whose
        )[:200]
    )
    with record.deed() as deed:
        for row in rows:
            row.until = row.ends_at
            _tell_off(row, _SYSTEM, deed)
        SignOn.objects.bulk_update(rows, ["until"])
    return len(rows)


def hold_over(
    facility: int, post: Post, who: Collection[str], *, ended: datetime, until: datetime
) -> None:
    """Let people whose shift ended hold their post until then, for they have not handed it over."""
    _held_since(facility, post, who, ended).filter(ends_at__lte=ended + LATE).update(ends_at=until)


def let_go(
    facility: int, post: Post, who: Collection[str], *, ended: datetime, at: datetime
) -> None:
    """The post is handed over: whoever held it for the shift before holds it no longer."""
    _held_since(facility, post, who, ended).update(ends_at=max(ended + LATE, at))


def _held_since(
    facility: int, post: Post, who: Collection[str], ended: datetime
) -> QuerySet[SignOn]:
    on = SignOn.objects.visible_to(scope.current()).filter(until__isnull=True, since__lt=ended)
    return on.filter(organization_id=facility, post=post, staff_ref__in=list(who))


def sign_off(facility: int, *, by: Actor) -> SignOn:
    """Leave duty on the post one acts on. What one accepted and didn't finish stays on its ladder.

    Raises `Conflict` where one isn't on duty on it.
    """
    with record.deed() as deed:
        row = (
            SignOn.objects.visible_to(scope.current())
            .select_for_update()
            .filter(organization_id=facility, staff_ref=by.ref, post=by.post, until=None)
            .first()
        )
        if row is None or by.post is None:
            raise Conflict(
                "shift.not_on", _("You are not on duty on this post."), mend=_("Sign on first.")
            )
        row.until = max(deed.at, row.since)  # the clock may have been put back since
        row.save(update_fields=["until"])
        _tell_off(row, by, deed)
    return row


def _tell_off(row: SignOn, by: Actor, deed: Deed) -> None:
    assert row.until is not None  # just set
    unfinished = (
        Task.objects.visible_to(scope.current())
        .filter(
            organization_id=row.organization_id,
            state=engine.State.ACCEPTED,
            accepted_by=row.staff_ref,
        )
        .count()
    )
    deed.append(
        SignedOff(
            staff=row.staff_ref,
            post=Post(row.post),
            minutes=int((row.until - row.since).total_seconds()) // 60,
            unfinished=unfinished,
        ),
        about=Subject(row.organization_id),
        by=by,
        occurred_at=row.until,
    )


def sweep(now: datetime | None = None) -> int:
    """Tell of each post that came below its required strength or fell further; returns how many.

    A post that stays short is told of once a shift. A change of shifts has its minutes of grace; whoever
    leaves later is missed at once. Who forgot to sign off is signed off. Opens its own scope.
    """
    moment = now or clock.now()
    told = 0
    with scope.entered(scope.Scope.of_system("duty.strength")), record.deed() as deed:
        _close_ended(moment)
        held = queries.staffed(moment)
        known = _known(moment) if held else {}
        for number, strength in queries.strengths(moment).items() if held else ():
            began = queries.shift_of(number, moment).begins
            if moment - began < timedelta(minutes=plan.shipped().grace_minutes):
                continue
            there = {post: len(refs) for post, refs in held[number].items()}
            short = plan.short_of(strength, there)
            for post in strength:
                row = known.get((number, post.value, began))
                if _falls(number, post, began, row, short.get(post, 0), moment):
                    told += 1
                    said = PostShort(post=post, needed=strength[post], on_duty=there.get(post, 0))
                    deed.append(said, about=Subject(number), by=_SYSTEM)
    return told


def _known(moment: datetime) -> dict[tuple[int, str, datetime], Shortfall]:
    """What was missing when it was looked at last, in shifts that may still run (none exceeds a day)."""
    rows = Shortfall.objects.visible_to(scope.current()).filter(
        shift_began__gt=moment - timedelta(days=1)
    )
    return {
        (row.organization_id, row.post, row.shift_began): row for row in rows.order_by("number")
    }


def _falls(
    number: int, post: Post, began: datetime, known: Shortfall | None, missing: int, at: datetime
) -> bool:
    """Keep how many a post is missing; whether that is more than when it was looked at last."""
    before = known.missing if known else 0
    if missing == before:
        return False
    # Of two workers that see the same change, the second finds the row of the first.
    _row, made = Shortfall.objects.get_or_create(
        organization_id=number,
        post=post.value,
        shift_began=began,
        number=known.number + 1 if known else 0,
        defaults={"at": at, "missing": missing},
    )
    return made and missing > before
