"""Who one is, and who saw whose data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation.accounts import queries
from custos.foundation.api import paging, scopes
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Page, Paging, Shape, like, told
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Post

router = Router(_("Access"))

_STAFF = "0198c5a2-7f00-7000-8000-0000000000d1"


class CallerShown(Shape):
    """Who asks, and as what."""

    model_config = like(
        sort="personal", name="Zhao Min", post="patrol", organization_id=110101002,
        organization_name="Centre 2", scopes=["people:read"],
        expires_at="2026-12-31T00:00:00Z",
    )  # fmt: skip
    sort: str = Field(description="personal, integration or session.")
    name: str = Field(description="The person's name, or the token's.")
    post: str = Field(description="The post acted on; empty for an integration.")
    organization_id: int = Field(description="The organization acted for.")
    organization_name: str = Field(description="Its name.")
    scopes: list[str] = Field(description="What the token opens; all of them for a session.")
    expires_at: datetime | None = Field(description="When the token ends; null for a session.")


@router.read("/me", gives=CallerShown, scope="", summary=_("Show who one is"))
def show_me(call: Call) -> Any:
    """As whom and as what this token or session acts."""
    caller = call.caller
    acting, token = caller.acting, caller.token
    if acting is not None:
        sort, name = ("personal" if token else "session"), acting.staff.name
    else:
        assert token is not None  # one of the two
        sort, name = "integration", token.name
    return CallerShown(
        sort=sort,
        name=name,
        post=caller.post.value if caller.post else "",
        organization_id=caller.organization_id,
        organization_name=organizations.organization(caller.organization_id).name,
        scopes=sorted(token.scopes if token else scopes.SCOPES),
        expires_at=token.expires_at if token else None,
    )


class AccessShown(Shape):
    """One answer or page that showed the data of people in custody."""

    model_config = like(
        id=_STAFF, at="2026-03-02T01:30:00Z", organization_id=110101002, staff_id=_STAFF,
        post="patrol", purpose="custody.file", route="person", detainees=[_STAFF],
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    at: datetime = Field(description="When it was.")
    organization_id: int = Field(description="For which organization the reader acted.")
    staff_id: UUID = Field(description="Who read: a member of staff, or an integration's token.")
    post: str = Field(description="On what post; `integration` for a system.")
    purpose: str = Field(description="For what.")
    route: str = Field(description="By which page or operation (`api:` before its name).")
    detainees: list[UUID] = Field(description="Whose data was shown.")


class AccessFilter(Paging):
    """Which rows."""

    detainee: UUID | None = told("Those that showed this person.", _STAFF)
    staff: UUID | None = told("Those by this reader.", _STAFF)


@router.read(
    "/access-log",
    gives=Page[AccessShown],
    scope="access:read",
    posts=(Post.LEADER, Post.OVERSIGHT, Post.RESIDENT_PROSECUTOR),
    summary=_("List who saw whose data"),
)
def list_accesses(call: Call, wanted: Query[AccessFilter]) -> Any:
    """The access log of one's organizations, latest first. It holds identifiers and no names."""
    return paging.page(
        "list_accesses",
        wanted,
        lambda after, limit: queries.accesses(
            detainee=wanted.detainee,
            staff=wanted.staff,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.at, one.pk),
    )
