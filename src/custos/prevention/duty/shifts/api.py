"""The shift of now, over the API: signing on to a post and off, and which posts are held."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Nothing, Shape, Translated, like
from custos.foundation.record.parties import DUTY_POSTS
from custos.prevention.duty.shifts import queries, services

router = Router(_("Shifts"))

_READ, _WRITE = "duty:read", "duty:write"


class PostShown(Shape):
    """How many are on a post, and how many the roster needs; it names nobody."""

    model_config = like(title="Patrol and control room", on=2, needed=2)
    title: Translated = Field(description="The post, in the reader's language.")
    on: int = Field(description="How many are on duty on it.")
    needed: int | None = Field(description="How many are needed; null where no roster says.")


class ShiftShown(Shape):
    """The shift of now at one's facility."""

    model_config = like(
        name="Night shift", begins="2026-03-02T12:00:00Z", ends="2026-03-03T00:00:00Z",
        on_since=None,
        posts=[{"title": "Patrol and control room", "on": 2, "needed": 2}],
    )  # fmt: skip
    name: str = Field(description="What it is called, in the reader's language.")
    begins: datetime = Field(description="When it began.")
    ends: datetime = Field(description="When it ends.")
    on_since: datetime | None = Field(
        description="Since when the caller is on duty on their post; null where they aren't."
    )
    posts: list[PostShown] = Field(description="Its posts, those that are short first.")


def _now(call: Call) -> ShiftShown:
    facility = call.caller.organization_id
    shift = queries.shift_of(facility, clock.now())
    on = queries.signed_on(facility, call.actor)
    return ShiftShown(
        name=queries.named(shift),
        begins=shift.begins,
        ends=shift.ends,
        on_since=on.since if on else None,
        posts=[PostShown.model_validate(post) for post in queries.posts_now(facility)],
    )


@router.read(
    "/shift", gives=ShiftShown, scope=_READ, integrations=False, summary=_("Show the shift of now")
)
def show_shift(call: Call) -> Any:
    """Which shift it is, whether the caller is on duty in it, and which posts are held."""
    return _now(call)


@router.write(
    "/shift/sign-on", gives=ShiftShown, scope=_WRITE, posts=DUTY_POSTS, summary=_("Sign on")
)
def sign_on(call: Call, nothing: Nothing) -> Any:
    """Takes up duty on the caller's post for this shift; once more changes nothing."""
    services.sign_on(call.caller.organization_id, by=call.actor)
    return _now(call)


@router.write(
    "/shift/sign-off", gives=ShiftShown, scope=_WRITE, posts=DUTY_POSTS, summary=_("Sign off")
)
def sign_off(call: Call, nothing: Nothing) -> Any:
    """Leaves duty on the caller's post. What they accepted and didn't finish stays on its ladder."""
    services.sign_off(call.caller.organization_id, by=call.actor)
    return _now(call)
