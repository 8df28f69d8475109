"""For whom and as what somebody acts just now."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.database.scope import Scope
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record.parties import Actor, Post, StaffKind, audiences_of


@dataclass(frozen=True, slots=True)
class Acting:
    """A member of staff on one post of one organization, with the others they could switch to."""

    user: User
    staff: Staff
    posting: Posting
    postings: tuple[Posting, ...]

    @property
    def organization(self) -> Organization:
        """The organization acted for."""
        return self.posting.organization

    @property
    def post(self) -> Post:
        """The post acted on."""
        return Post(self.posting.post)

    @property
    def shift(self) -> str:
        """The crew whose shifts this person works, in words; empty for those who work by day."""
        crew = self.posting.crew
        return str(_("Crew %(number)s") % {"number": crew}) if crew else ""

    @property
    def actor(self) -> Actor:
        """The writer of the entries that follow."""
        return self.staff.actor(self.post)

    @property
    def scope(self) -> Scope:
        """What may be seen and written: the organization's subtree, and the post's audiences."""
        lowest, highest = range_of(self.posting.organization_id)
        audiences = audiences_of(self.post, StaffKind(self.staff.kind))
        return Scope(
            lowest,
            highest,
            frozenset(int(audience) for audience in audiences),
            f"user:{self.user.pk}",
            self.user.pk,
        )


def acting_in(request: HttpRequest) -> Acting:
    """Who acts in a request that the gate has let in."""
    acting: Acting = request.acting  # type: ignore[attr-defined]
    return acting
