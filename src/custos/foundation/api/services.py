"""What may be done about tokens. The secret is returned once, by whoever makes it."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Posting
from custos.foundation.api import scopes
from custos.foundation.api.kinds import TokenMade, TokenRevoked
from custos.foundation.api.models import Token
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject

LONGEST_DAYS, USUAL_DAYS = 365, 90
PERSONAL, INTEGRATION = "personal", "integration"


def digest_of(secret: str) -> str:
    """What is kept of a token. It is random and long, so one plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_personal(
    acting: Acting, name: str, *, wanted: Iterable[str], days: int = USUAL_DAYS
) -> tuple[Token, str]:
    """A token by which a person's program acts on the post they act on now, and its secret.

    Raises `Malformed` for an empty name, an unknown scope or more than a year.
    """
    return _make(
        name,
        wanted,
        days,
        organization=acting.organization,
        posting=acting.posting,
        by=acting.actor,
    )


def make_integration(
    organization: Organization,
    name: str,
    *,
    wanted: Iterable[str],
    by: Actor,
    days: int = USUAL_DAYS,
) -> tuple[Token, str]:
    """A token by which a system acts as itself for an organization, and its secret.

    Raises as `make_personal` does.
    """
    return _make(name, wanted, days, organization=organization, posting=None, by=by)


def _make(
    name: str,
    wanted: Iterable[str],
    days: int,
    *,
    organization: Organization,
    posting: Posting | None,
    by: Actor,
) -> tuple[Token, str]:
    if not name.strip() or len(name) > 100:
        raise Malformed(
            "token.name",
            _("A token has a name of at most 100 characters."),
            field="name",
            mend=_("Name the program that will use it."),
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise Malformed(
            "token.days",
            _("A token is valid for 1 to %(longest)s days."),
            field="days",
            longest=LONGEST_DAYS,
        )
    shown = f"cst_{secrets.token_hex(4)}"
    secret = f"{shown}_{secrets.token_urlsafe(32)}"
    with record.deed() as deed:
        token = Token.objects.create(
            organization=organization,
            posting=posting,
            user_id=posting.user_id if posting else None,
            name=name.strip(),
            prefix=shown,
            digest=digest_of(secret),
            scopes=scopes.require(wanted),
            made_at=deed.at,
            expires_at=deed.at + timedelta(days=days),
        )
        deed.append(
            TokenMade(
                token=token.pk,
                token_name=token.name,
                prefix=shown,
                sort=PERSONAL if posting else INTEGRATION,
                staff=posting.staff_id if posting else None,
                post=posting.post if posting else "",
                scopes=token.scopes,
                expires_on=clock.day_of(token.expires_at),
            ),
            about=Subject(organization.pk),
            by=by,
        )
    return token, secret


def revoke(token_id: UUID, *, by: Actor) -> Token:
    """End a token at once. Raises `Missing` out of scope, `Conflict` where it has ended."""
    with record.deed() as deed:
        token = (
            Token.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=token_id)
            .first()
        )
        if token is None:
            raise Missing("token.no_such", _("There is no such token."))
        if token.revoked_at:
            raise Conflict("token.revoked", _("This token was revoked already."))
        token.revoked_at = deed.at
        token.save(update_fields=["revoked_at"])
        deed.append(
            TokenRevoked(token=token.pk, token_name=token.name, prefix=token.prefix),
            about=Subject(token.organization_id),
            by=by,
        )
    return token


def revoke_of(user_id: int, by: Actor) -> None:
    """End all personal tokens of an account, on whatever post, as its password or factors end.

    Opens the system's scope: they may be of organizations that whoever does it doesn't see.
    """
    with scope.entered(scope.Scope.of_system("api.tokens")), record.deed() as deed:
        ending = list(
            Token.objects.select_for_update().filter(
                user_id=user_id, revoked_at=None, expires_at__gt=deed.at
            )
        )
        Token.objects.filter(pk__in=[token.pk for token in ending]).update(revoked_at=deed.at)
        for token in ending:
            deed.append(
                TokenRevoked(token=token.pk, token_name=token.name, prefix=token.prefix),
                about=Subject(token.organization_id),
                by=by,
            )
