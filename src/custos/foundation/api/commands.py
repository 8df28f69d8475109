"""What `custos token` says and does; thin."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import User
from custos.foundation.api import queries, services
from custos.foundation.api.models import Token
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Actor

Say = Callable[[str], object]

_SYSTEM = scope.Scope.of_system("token program")
_BY = Actor.system("token program")


def make(
    name: str,
    *,
    scopes: Sequence[str],
    days: int,
    organization: int | None,
    username: str,
    post: str,
    say: Say,
) -> None:
    """Make a personal token of an account, or an integration of an organization; say its secret."""
    if username:
        acting = _acting(username, post)
        with scope.entered(acting.scope):
            token, secret = services.make_personal(acting, name, wanted=scopes, days=days)
    else:
        with scope.entered(_SYSTEM):
            token, secret = services.make_integration(
                organizations.organization(organization or 0),
                name,
                wanted=scopes,
                days=days,
                by=_BY,
            )
    say(f"{token.prefix} until {_day(token)}; shown this once and kept nowhere:")
    say(secret)


def _acting(username: str, post: str) -> Acting:
    user = User.objects.filter(username=username, is_active=True).first()
    first = accounts.acting_of(user) if user else None
    for posting in first.postings if first else ():
        if user and post in ("", posting.post):
            found = accounts.acting_of(user, posting.pk)
            if found:
                return found
    raise Missing(
        "token.nobody",
        _("No account %(name)s holds that post today."),
        mend=_("See `custos user list`, and name a post by --post."),
        name=username,
    )


def revoke(prefix: str, say: Say) -> None:
    """End the token that begins so. Raises `Missing`, or `Conflict` where it has ended."""
    with scope.entered(_SYSTEM):
        found = [token for token in queries.all_tokens() if token.prefix == prefix]
        if not found:
            raise Missing("token.no_such", _("There is no such token."))
        for token in found:
            services.revoke(token.pk, by=_BY)
    say(f"{prefix} is refused from now on")


def listed(say: Say) -> None:
    """Every token of this installation, latest first, in lines."""
    with scope.entered(_SYSTEM):
        for token in queries.all_tokens():
            say(
                f"{token.prefix}  {_state(token):8} until {_day(token)}  {token.organization_id}  "
                f"{_holder(token)}  {token.name}  {' '.join(token.scopes)}"
            )


def _holder(token: Token) -> str:
    if token.posting is None:
        return "integration"
    return f"{token.posting.staff.name} as {token.posting.post}"


def _state(token: Token) -> str:
    if token.revoked_at:
        return "revoked"
    return "valid" if token.expires_at > clock.now() else "over"


def _day(token: Token) -> str:
    return clock.day_of(token.expires_at).isoformat()
