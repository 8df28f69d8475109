"""A second person for grave acts.

    with record.deed() as deed:
        second = confirmations.consume(asked_for, "record.erase_payload", content, by=acting)
        ...                                     # the act itself, in the same transaction

The first person asks (`ask`), after proving again who they are. A second one, with a post that the act
names and the organization in scope, agrees with a proof of their own (`confirm`): at the same desk by
name and password, or from their own session. Then the first person acts, once, within minutes, and
exactly what was confirmed: `consume` compares the content.

A module declares its acts in `acts.py` by `register(Act(...))`; the file is loaded at start-up.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Confirmation, Posting
from custos.foundation.accounts.queries import lacks_second_factor, names_of
from custos.foundation.database import pulse, scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.foundation.ui import ports
from custos.foundation.ui.wording import enumerated

#: How long after a proof of who one is it still counts, and how long a confirmation is good.
FRESH, GOOD_FOR = timedelta(minutes=5), timedelta(minutes=10)

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom or what an act is about, as lists tell one request from another: a stay, a member of staff by
    the identifier of their record, and words that name nobody in custody.
    """

    custody: UUID | None = None
    staff: str = ""
    words: Any = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A grave act: who may do it, who may be the second person, and how it reads.

    `lines` says the content as pairs of label and value for whoever is asked to confirm, in the
    active language and in the scope of the reader; `url` is where the first person goes on; `about` whom
    it concerns, without a query. `check` raises whatever would refuse the act, so that nobody is asked to
    confirm what can't be done; it is asked again when the confirmation is used.

    `effect` says what happens where it is confirmed, `undone` what undoes it, `instead` what can be done
    instead of confirming: whole sentences, since whoever decides has nothing else to go by.
    """

    name: str
    title: Any
    firsts: frozenset[Post]
    seconds: frozenset[Post]
    lines: Callable[[Content], list[tuple[Any, Any]]]
    url: Callable[[Content], str]
    effect: Any
    undone: Any
    instead: Any
    about: Callable[[Content], Whom] = lambda content: Whom()
    check: Callable[[Content, Acting], None] = lambda content, by: None
    #: Raises for who may not be the second person of just this, whatever their post.
    check_second: Callable[[Content, Acting], None] = lambda content, by: None
    both_officers: bool = False
    #: Of the installation, not of custody: neither needs to be an officer.
    without_officers: bool = False

    @property
    def second_posts(self) -> str:
        """The posts that may be the second person, in words."""
        return enumerated(post.title for post in Post if post in self.seconds)


_acts: dict[str, Act] = {}


def register(act: Act) -> Act:
    """Declare a grave act."""
    _acts[act.name] = act
    return act


def act_of(name: str) -> Act:
    """The declaration of an act."""
    return _acts[name]


def firsts() -> frozenset[Post]:
    """Posts that may ask for a second person for any act."""
    return frozenset(post for act in _acts.values() for post in act.firsts)


def seconds() -> frozenset[Post]:
    """Posts that may be the second person of any act."""
    return frozenset(post for act in _acts.values() for post in act.seconds)


def digest_of(act: str, content: Content) -> str:
    """What a confirmation is bound to."""
    return hashlib.sha256(canonical_json([act, dict(content)])).hexdigest()


def ask(
    name: str,
    content: Content,
    *,
    organization_id: int,
    ground: str,
    by: Acting,
    proven_at: datetime | None,
) -> Confirmation:
    """Ask for a second person. `proven_at` is when the first one last proved who they are.

    Raises `NotAllowed` where the post, the kind of staff or the scope doesn't allow the act, or the
    proof is older than five minutes; `Malformed` without a ground; whatever the act's own check raises.
    """
    act = act_of(name)
    require_fresh(proven_at)
    _require(by, act.firsts, act, organization_id)
    if not ground.strip():
        raise Malformed(
            "confirmation.no_ground",
            _("Say on what ground."),
            field="reason",
            mend=_("The second person decides by it."),
        )
    act.check(content, by)
    now = clock.now()
    pulse.stir(organization_id)
    return Confirmation.objects.create(
        organization_id=organization_id,
        act=name,
        content=dict(content),
        digest=digest_of(name, content),
        ground=ground,
        asked_at=now,
        expires_at=now + GOOD_FOR,
        first=by.posting,
        first_staff=by.staff,
    )


def confirm(confirmation: UUID, *, by: Acting, proven_at: datetime | None) -> Confirmation:
    """Agree as the second person. Runs in the scope of whoever agrees.

    Raises `NotAllowed` for the first person, a post that may not, whom the act's own check refuses, an old
    proof, or an account whose password was handed over and not changed; `Conflict` where
    it is answered already or too late; `Missing` out of scope.
    """
    require_fresh(proven_at)
    _require_own_password(by)
    _require_second_factor(by)
    row = _answerable(confirmation, by)
    act_of(row.act).check_second(row.content, by)
    row.second, row.second_staff, row.confirmed_at = by.posting, by.staff, clock.now()
    row.save(update_fields=["second", "second_staff", "confirmed_at"])
    pulse.stir(row.organization_id)
    return row


def decline(confirmation: UUID, *, by: Acting) -> Confirmation:
    """Refuse as the second person; the first one has to ask anew."""
    row = _answerable(confirmation, by)
    row.second, row.second_staff, row.declined_at = by.posting, by.staff, clock.now()
    row.save(update_fields=["second", "second_staff", "declined_at"])
    pulse.stir(row.organization_id)
    return row


def _answerable(confirmation: UUID, by: Acting) -> Confirmation:
    row = _locked(confirmation)
    act = act_of(row.act)
    if row.first_staff_id == by.staff.pk:
        raise NotAllowed(
            "confirmation.same_person",
            _("You asked for this yourself; it takes a second person."),
            mend=_("Ask a colleague whose post allows it."),
        )
    _require(by, act.seconds, act, row.organization_id)
    if row.confirmed_at or row.declined_at:
        raise Conflict("confirmation.answered", _("Somebody has answered this already."))
    _require_in_time(row)
    return row


def consume(confirmation: UUID, name: str, content: Content, *, by: Acting) -> Actor:
    """Use a confirmation for the act, within its deed; returns the second person.

    Locks it until the deed ends, so that of two attempts one finds it used. Raises `Conflict` where
    it was used, is too old, was declined, not answered, or is for something else; `NotAllowed` where
    somebody else asked, or either person no longer holds their post; whatever the act's own check raises,
    since things may have changed since it was asked.
    """
    row = _locked(confirmation)
    act = act_of(name)
    if row.first_staff_id != by.staff.pk:
        raise NotAllowed("confirmation.of_another", _("Somebody else asked for this confirmation."))
    if row.used_at:
        raise Conflict(
            "confirmation.used",
            _("This confirmation has been used; it counts once."),
            mend=_("Ask for a new one."),
        )
    if row.act != name or row.digest != digest_of(name, content):
        raise Conflict(
            "confirmation.changed",
            _("What was confirmed is something else than what you are about to do."),
            mend=_("Ask for a new confirmation of exactly this."),
        )
    if row.declined_at:
        raise Conflict("confirmation.declined", _("The second person refused."))
    if row.confirmed_at is None or row.second_id is None:
        raise Conflict("confirmation.waits", _("The second person has not confirmed yet."))
    _require_in_time(row)
    first, second = _postings_now(row.first_id, row.second_id)
    if first.post not in act.firsts or second.post not in act.seconds:
        raise _no_longer()
    _require_officers(act, first, second)
    act.check(content, by)
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    return second.staff.actor(Post(second.post))


def waiting_for(by: Acting) -> list[Confirmation]:
    """What others ask of the reader as the second person, the most urgent first.

    One query; none for a post that no act names.
    """
    acts = [name for name, act in _acts.items() if by.post in act.seconds]
    if not acts:
        return []
    rows = Confirmation.objects.visible_to(scope.current()).filter(
        act__in=acts, confirmed_at=None, declined_at=None, expires_at__gt=clock.now()
    )
    return list(
        rows.exclude(first_staff=by.staff)
        .select_related("first_staff", "organization")
        .order_by("expires_at")[:50]
    )


def asked_by(by: Acting) -> list[Confirmation]:
    """What the reader has asked for and not used, while it is good.

    One query; none for a post that no act names.
    """
    if by.post not in firsts():
        return []
    rows = Confirmation.objects.visible_to(scope.current()).filter(
        first_staff=by.staff, used_at=None, expires_at__gt=clock.now()
    )
    return list(rows.select_related("second_staff", "organization").order_by("expires_at")[:50])


#: How long whoever asked reads what came of it.
_TOLD = timedelta(days=1)


def asked_lately(by: Acting) -> list[Confirmation]:
    """What the reader has asked for within a day, the latest first: also what was used, refused or answered
    by nobody in time. One query; none for a post that no act names.
    """
    if by.post not in firsts():
        return []
    rows = Confirmation.objects.visible_to(scope.current()).filter(
        first_staff=by.staff, asked_at__gt=clock.now() - _TOLD
    )
    return list(rows.select_related("second_staff", "organization").order_by("-asked_at")[:50])


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as lists show it: the act, whom it is about (a person in custody as chips show them, and
    words: an account's holder, a post), by whom, since when and why.
    """

    row: Confirmation
    act: Act
    person: Any
    words: str

    @property
    def whom(self) -> str:
        """Whom it is about, in one line of text."""
        name = self.person.name if self.person else ""
        return " · ".join(part for part in (name, self.words) if part)

    @property
    def answered_at(self) -> datetime | None:
        """When the second person answered; None while they haven't."""
        return self.row.confirmed_at or self.row.declined_at

    @property
    def open(self) -> bool:
        """Whether it can still be answered or, once confirmed, done."""
        done = self.row.used_at or self.row.declined_at
        return done is None and self.row.expires_at > clock.now()

    @property
    def stands(self) -> tuple[str, Any]:
        """What came of it, as a tone and a word."""
        if self.row.declined_at:
            return "refused", _("refused")
        if self.row.used_at:
            return "done", _("confirmed and done")
        if self.row.confirmed_at:
            return (
                ("done", _("confirmed"))
                if self.open
                else ("late", _("confirmed, not done in time"))
            )
        return ("waiting", _("waits")) if self.open else ("late", _("answered by nobody in time"))


def shown(rows: Sequence[Confirmation]) -> list[Shown]:
    """Requests ready to show, in their order; whom they name is noted in the access log. Two queries at
    most.
    """
    about = {row.pk: act_of(row.act).about(row.content) for row in rows}
    stays = {whom.custody for whom in about.values() if whom.custody}
    staff = {whom.staff for whom in about.values() if whom.staff}
    people = ports.people_of(stays) if stays else {}
    names = names_of(staff) if staff else {}
    found = []
    for row in rows:
        whom = about[row.pk]
        words = [names.get(whom.staff, ""), str(whom.words)]
        person = people.get(whom.custody) if whom.custody else None
        found.append(Shown(row, act_of(row.act), person, " · ".join(filter(None, words))))
    return found


def post_of(row: Confirmation) -> str:
    """The post of whoever asks, in words; "" where it is out of the reader's scope. One query."""
    found = Posting.objects.visible_to(scope.current()).filter(pk=row.first_id)
    post = found.values_list("post", flat=True).first()
    return str(Post(post).title) if post else ""


def asked_for(by: Acting, act: str, **named: str) -> Confirmation | None:
    """What the reader has asked for of an act, whose content names these things. One query."""
    rows = (row for row in asked_by(by) if row.act == act)
    return next((row for row in rows if named.items() <= row.content.items()), None)


def _locked(confirmation: UUID) -> Confirmation:
    row = (
        Confirmation.objects.visible_to(scope.current())
        .select_for_update()
        .filter(pk=confirmation)
        .first()
    )
    if row is None:
        raise Missing("confirmation.no_such", _("There is no such confirmation."))
    return row


def require_fresh(proven_at: datetime | None) -> None:
    """Raise `NotAllowed` where the last proof of who one is is older than five minutes, or none."""
    if proven_at is None or clock.now() - proven_at > FRESH:
        raise NotAllowed(
            "confirmation.not_proven",
            _("Prove again who you are; that was too long ago."),
            mend=_("Type your password once more."),
            field="own_password",
        )


def _require_own_password(by: Acting) -> None:
    """By a password that was handed over somebody else could confirm what they asked for."""
    if by.user.must_change_password:
        raise NotAllowed(
            "confirmation.handed_over",
            _("Nobody confirms by a password that was handed over to them."),
            mend=_("Change it first, at your own desk."),
            field="second_name",
        )


def _require_second_factor(by: Acting) -> None:
    """At a colleague's desk the factor would never be asked for that their own sign-in asks for."""
    if lacks_second_factor(by.user, by.post):
        raise NotAllowed(
            "confirmation.second_factor",
            _("Who confirms on this post needs a second factor, and this account has none."),
            mend=_("They sign in at their own desk and set one up first."),
            field="second_name",
        )


def _require_in_time(row: Confirmation) -> None:
    if clock.now() > row.expires_at:
        raise Conflict(
            "confirmation.expired",
            _("This confirmation is too old; it was good for ten minutes."),
            mend=_("Ask for a new one."),
        )


def _require(by: Acting, posts: frozenset[Post], act: Act, organization_id: int) -> None:
    if by.post not in posts:
        raise NotAllowed(
            "confirmation.post",
            _("Only these posts may do this: %(posts)s."),
            posts="、".join(str(post.title) for post in sorted(posts)),
        )
    if not by.scope.covers(organization_id):
        raise NotAllowed("confirmation.scope", _("This organization is outside your scope."))
    if act.both_officers and by.staff.kind != StaffKind.OFFICER:
        raise NotAllowed("writer.police_only", _("The law reserves this to police officers."))


def _require_officers(act: Act, first: Posting, second: Posting) -> None:
    if act.without_officers:
        return
    officers = sum(posting.staff.kind == StaffKind.OFFICER for posting in (first, second))
    if officers < (2 if act.both_officers else 1):
        raise NotAllowed("writer.needs_officer", _("One of the two must be a police officer."))


def _postings_now(first: int, second: int) -> tuple[Posting, Posting]:
    """Both postings, locked, as far as they are held today by accounts that are open.

    In the system's scope: the second person may belong to a higher tier, whose rows the first one
    doesn't see. Nothing of them is shown.
    """
    today = clock.today()
    with scope.entered(scope.Scope.of_system("confirmations")):
        held = {
            posting.pk: posting
            for posting in Posting.objects.select_for_update(of=("self", "user"))
            .select_related("staff", "user")
            .filter(pk__in=(first, second), since__lte=today, user__is_active=True)
            .filter(Q(until__isnull=True) | Q(until__gte=today))
            .order_by("pk")
        }
    if len(held) != 2:
        raise _no_longer()
    return held[first], held[second]


def _no_longer() -> NotAllowed:
    return NotAllowed(
        "confirmation.no_longer",
        _("One of the two no longer holds the post that this takes."),
        mend=_("Ask a colleague whose post allows it."),
    )
