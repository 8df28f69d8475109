"""What the audit administrator reads: who signed in and by what, and who looked at whose data. People in
custody stand in it by their custody numbers, never by name. Sign-ins are written here, from the signals of
signing in.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed
from allauth.mfa.signals import authentication_failed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock, rulefiles
from custos.foundation.accounts.models import Access, SignIn, Staff, User
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post
from custos.foundation.ui import ports

PAGE = 50
_WORDS = Path(__file__).parent / "rules" / "access_words.yaml"

WHAT = {
    "in": ("done", _("signed in")),
    "out": ("waiting", _("signed out")),
    "ended": ("waiting", _("ended from another desk")),
    "proved": ("done", _("proved again")),
    "unlocked": ("done", _("unlocked the desk")),
    "failed": ("refused", _("wrong name or password")),
    "wrong_code": ("refused", _("wrong code")),
    "wrong_passkey": ("refused", _("wrong passkey")),
    "wrong_pin": ("refused", _("wrong PIN")),
    "wrong_token": ("refused", _("wrong token")),
    "locked_out": ("late", _("locked out")),
}
#: By what somebody proved who they are.
BY = {
    "password": _("password"),
    "totp": _("app code"),
    "webauthn": _("passkey"),
    "recovery_codes": _("recovery code"),
    "pin": _("PIN"),
}


# ---------------------------------------------------------------------- writing


def write(what: str, user: Any, request: HttpRequest | None, *, by: str = "") -> None:
    """Write a row of what `WHAT` names; `user` is None where no account of ours is meant.

    `by` are codes of `BY`, with spaces. Opens its own scope.
    """
    with scope.entered(scope.Scope.of_system("accounts.audit")):
        staff = Staff.objects.filter(user=user).first() if user else None
        # Of nobody that we know: it stands with the node's highest organization.
        top = Organization.objects.order_by("id").values_list("id", flat=True).first()
        SignIn.objects.create(
            at=clock.now(),
            organization_id=staff.organization_id if staff else top or scope.LOWEST,
            user=user,
            what=what,
            by=by,
            address=request.META.get("REMOTE_ADDR") or None if request else None,
        )


def _signed_in(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    write("in", user, request, by=_factors(request, user))


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_more: Any) -> None:
    if user is not None:
        request.signed_out = True  # type: ignore[attr-defined]
        write("out", user, request)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any
) -> None:
    user = User.objects.filter(username=credentials.get("username") or "").first()
    write(getattr(request, "wrong", "failed"), user, request)


def _factors(request: HttpRequest, user: User) -> str:
    """By what somebody signed in: allauth keeps it in the session that begins."""
    records = get_authentication_records(request, user)
    used = [record.get("type") or record["method"] for record in records]
    return " ".join(code for code in BY if code in used)


def _step(sender: Any, request: HttpRequest, user: User, method: str, **more: Any) -> None:
    if more.get("reauthenticated"):
        write("proved", user, request, by=str(more.get("type") or method))


def _wrong_code(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    write("wrong_code", user, request)


def _locked_out(sender: Any, request: HttpRequest, username: str | None, **_more: Any) -> None:
    write("locked_out", User.objects.filter(username=username or "").first(), request)


def listen() -> None:
    """Write a row for each; called at start-up."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit.in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.out")
    user_login_failed.connect(_failed, dispatch_uid="audit.failed")
    user_locked_out.connect(_locked_out, dispatch_uid="audit.locked")
    authentication_step_completed.connect(_step, dispatch_uid="audit.step")
    authentication_failed.connect(_wrong_code, dispatch_uid="audit.wrong_code")


# ---------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty means everything."""

    who: str = ""
    what: str = ""
    #: A custody number, whole: of whom.
    whom: str = ""
    since: date | None = None
    until: date | None = None

    def narrowed(self, rows: Any) -> Any:
        """The rows of these days, both included."""
        if self.since:
            rows = rows.filter(at__gte=_midnight(self.since))
        if self.until:
            rows = rows.filter(at__lt=_midnight(self.until + timedelta(days=1)))
        return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.LOCAL)


@dataclass(frozen=True, slots=True)
class AccessShown:
    """One page that showed data of people in custody: by whom, for what, of how many, and of whom, as far
    as there is room, by custody number.
    """

    at: datetime
    name: str
    post: Any
    purpose: str
    purpose_code: str
    page: str
    page_code: str
    people: int
    numbers: list[str]


#: So many numbers stand in a row; of more, how many besides.
NUMBERS = 3
#: Asks the access log for purposes that programs named and no list of ours has.
OTHER = "other"

#: Titles of the API's operations by name; the API, a layer above, puts them here.
operation_titles: dict[str, Any] = {}


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    words: dict[str, dict[str, dict[str, str]]] = rulefiles.read(_WORDS)
    return words


def _said(group: str, code: str) -> str:
    """A code in the reader's language; itself where there are no words for it."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    words = _words()[group].get(code)
    return words[language] if words else code


def _page(route: str) -> str:
    api, _colon, operation = route.partition(":")
    if api == "api" and operation in operation_titles:
        return f"API · {operation_titles[operation]}"
    return _said("pages", route)


def purposes() -> list[tuple[str, str]]:
    """The purposes that are known, by code, in words."""
    return [(code, _said("purposes", code)) for code in _words()["purposes"]]


def accesses(wanted: Wanted, *, offset: int = 0) -> tuple[list[AccessShown], int]:
    """The access log, latest first, and how many rows fit. At most six queries."""
    rows = wanted.narrowed(Access.objects.visible_to(scope.current()))
    if wanted.what == OTHER:
        rows = rows.exclude(purpose__in=list(_words()["purposes"]))
    elif wanted.what:
        rows = rows.filter(purpose=wanted.what)
    if wanted.who:
        named = Staff.objects.visible_to(scope.current()).filter(name__icontains=wanted.who)
        rows = rows.filter(staff_id__in=named.values("id"))
    whom = set(ports.people_by_number(wanted.whom)) if wanted.whom else set()
    if wanted.whom:
        rows = rows.filter(detainees__overlap=list(whom))
    page = list(rows.order_by("-at", "-id")[offset : offset + PAGE])
    # Of a long list the one who is asked for, else the first few.
    some = {row.pk: _some(row.detainees, whom) for row in page}
    numbers = ports.numbers_of({one for few in some.values() for one in few})
    names = dict(
        Staff.objects.visible_to(scope.current())
        .filter(id__in={row.staff_id for row in page})
        .values_list("id", "name")
    )
    shown = [
        AccessShown(
            row.at,
            names.get(row.staff_id, ""),
            Post(row.post).title,
            _said("purposes", row.purpose),
            row.purpose,
            _page(row.route),
            row.route,
            len(row.detainees),
            [numbers.get(one, "—") for one in some[row.pk]],
        )
        for row in page
    ]
    return shown, rows.count()


def _some(detainees: list[UUID], whom: set[UUID]) -> list[UUID]:
    return [one for one in detainees if not whom or one in whom][:NUMBERS]


@dataclass(frozen=True, slots=True)
class SignInShown:
    """One sign-in, sign-out, proof or attempt."""

    at: datetime
    name: str
    tone: str
    what: Any
    by: list[Any]
    address: str


def sign_ins(wanted: Wanted, *, offset: int = 0) -> tuple[list[SignInShown], int]:
    """Sign-ins and attempts, latest first, and how many fit. Two queries."""
    rows = wanted.narrowed(SignIn.objects.visible_to(scope.current()))
    if wanted.what:
        rows = rows.filter(what=wanted.what)
    if wanted.who:
        rows = rows.filter(user__username__icontains=wanted.who)
    page = rows.select_related("user").order_by("-at", "-id")[offset : offset + PAGE]
    shown = [
        SignInShown(
            row.at,
            row.user.username if row.user else "",
            *WHAT[row.what],
            [BY[code] for code in row.by.split()],
            row.address or "",
        )
        for row in page
    ]
    return shown, rows.count()
