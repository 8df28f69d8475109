"""The grave acts of the installation: opening an account that can confirm, or leading somebody to one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import confirmations, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.accounts.models import Staff
from custos.foundation.database import scope
from custos.foundation.errors import CustosError, Missing, raise_all
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post, StaffKind

MAKE, POST, PASSWORD, FACTORS = (
    "account.make",
    "account.post",
    "account.new_password",
    "account.reset_factors",
)
#: Never the audit administrator, who reviews what was done here.
SECONDS = frozenset({Post.LEADER, Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN})


def _place(content: Content) -> list[tuple[Any, Any]]:
    organization = (
        Organization.objects.filter(pk=content["organization"])
        .values_list("name", flat=True)
        .first()
    )
    crew = content["crew"]
    return [
        (_("Post"), Post(content["post"]).title),
        (_("Organization"), organization or "—"),
        *([(_("Crew"), crew)] if crew else []),
    ]


def _made(content: Content) -> list[tuple[Any, Any]]:
    return [
        (_("Name"), content["name"]),
        (_("Service number"), content["number"]),
        (_("User name"), content["username"]),
        (_("By law"), StaffKind(content["kind"]).title),
        *_place(content),
    ]


def _member(content: Content) -> list[tuple[Any, Any]]:
    found = (
        Staff.objects.visible_to(scope.current())
        .select_related("user", "organization")
        .filter(pk=UUID(content["staff"]))
        .first()
    )
    if found is None:
        return [(_("Name"), "—")]
    return [
        (_("Name"), found.name),
        (_("Service number"), found.number or "—"),
        (_("User name"), found.user.username),
        (_("Organization"), found.organization.name),
    ]


def _posted(content: Content) -> list[tuple[Any, Any]]:
    number = content["number"]
    given = [(_("Service number given now"), number)] if number else []
    return [*_member(content), *given, *_place(content)]


def _about_new(content: Content) -> Whom:
    number = f"（{content['number']}）" if content["number"] else ""
    return Whom(words=f"{content['name']}{number} · {Post(content['post']).title}")


def _about_member(content: Content) -> Whom:
    return Whom(staff=content["staff"])


def _about_posted(content: Content) -> Whom:
    return Whom(staff=content["staff"], words=Post(content["post"]).title)


def may_be_made(content: Content, by: Acting) -> None:
    """Raise whatever keeps an account from being made: all of it at once.

    `Malformed` without a service number on a post that confirms, `Conflict` for a user name or number that
    another account has. A number is unique in the whole installation, wherever its holder serves.
    """
    del by
    found: list[CustosError] = []
    found += services.faults_of_username(content["username"])
    found += services.faults_of_number(content["number"], needed=_confirms(content["post"]))
    raise_all(found)


def may_be_posted(content: Content, by: Acting) -> None:
    """Raise whatever keeps a member of staff from a post: all of it at once.

    `Malformed` where a post that confirms would be held without a service number, `Conflict` where the post
    is held already, `NotAllowed` where an administrator's role would be combined with another.
    """
    del by
    staff = _staff(content)
    number = staff.number or content["number"]
    found: list[CustosError] = []
    if staff.number_key:
        found += services.faults_of_number(number, needed=False, own=staff.pk)
    else:
        found += services.faults_of_number(number, needed=_confirms(content["post"]), own=staff.pk)
    found += services.faults_of_posting(staff, content["organization"], Post(content["post"]))
    raise_all(found)


def _there(content: Content, by: Acting) -> None:
    del by
    _staff(content)


def _confirms(post: str) -> bool:
    return Post(post) in confirmations.seconds()


def _staff(content: Content) -> Staff:
    found = Staff.objects.visible_to(scope.current()).filter(pk=UUID(content["staff"])).first()
    if found is None:
        raise Missing("staff.no_such", _("There is no such member of staff."))
    return found


def _of_member(content: Content) -> str:
    return reverse("account", args=[content["staff"]])


def _of_new(content: Content) -> str:
    return f"{reverse('account_new')}?{urlencode({'username': content['username']})}"


_ASK_THEM = _("Refuse, and ask the holder in person, by the service card, whether they want it.")


def _declare(
    name: str,
    title: Any,
    *,
    lines: Callable[[Content], list[tuple[Any, Any]]],
    url: Callable[[Content], str] = _of_member,
    about: Callable[[Content], Whom] = _about_member,
    check: Callable[[Content, Acting], None] = _there,
    effect: Any,
    undone: Any,
    instead: Any,
) -> None:
    confirmations.register(
        Act(
            name,
            title,
            firsts=frozenset({Post.SECURITY_ADMIN}),
            seconds=SECONDS,
            lines=lines,
            url=url,
            effect=effect,
            undone=undone,
            instead=instead,
            about=about,
            check=check,
            without_officers=True,
        )
    )


_declare(
    MAKE,
    _("Make an account that can confirm"),
    lines=_made,
    url=_of_new,
    about=_about_new,
    check=may_be_made,
    effect=_(
        "An account is made with this post. Its holder can act by it, and confirm grave acts of others,"
        " from the first sign-in on. Its password is shown once, to be handed over."
    ),
    undone=_("Closing the account. What was done by it until then stands."),
    instead=_(
        "Refuse, and ask the leader of the organization whether this person is to have the post."
    ),
)
_declare(
    POST,
    _("Put somebody on a post that confirms"),
    lines=_posted,
    about=_about_posted,
    check=may_be_posted,
    effect=_(
        "They hold this post from today: they see what it sees, and can confirm grave acts of others by it."
    ),
    undone=_("Ending the post with a day. What was done on it until then stands."),
    instead=_(
        "Refuse, and ask the leader of the organization whether this person is to have the post."
    ),
)
_declare(
    PASSWORD,
    _("Give a new password to an account that can confirm"),
    lines=_member,
    effect=_(
        "The old password ends, with all sessions and personal tokens. The new one is shown once to whoever"
        " asked, to be handed over; nothing is done by it before its holder has changed it."
    ),
    undone=_("Nothing brings the old password back; its holder sets one of their own."),
    instead=_ASK_THEM,
)
_declare(
    FACTORS,
    _("Take away second factors of an account that can confirm"),
    lines=_member,
    effect=_(
        "Authenticator app, passkeys and recovery codes go, personal tokens end; the password alone opens"
        " the account until its holder sets up another."
    ),
    undone=_("Their holder setting them up again."),
    instead=_ASK_THEM,
)
