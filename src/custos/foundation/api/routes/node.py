"""How this installation is."""

from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Shape, like
from custos.foundation.database import pulse
from custos.foundation.record.parties import Post

router = Router(_("Node"))

SILENT_AFTER = timedelta(minutes=2)


class Sign(Shape):
    """A part that beats as long as it works."""

    model_config = like(name="sweeps", at="2026-03-02T01:30:00Z", silent=False)
    name: str = Field(description="The part: sweeps of deadlines, or listening to devices.")
    at: datetime | None = Field(description="When it last did its work; null: never.")
    silent: bool = Field(description="Whether that is longer ago than two minutes.")


class Health(Shape):
    """How the node is."""

    model_config = like(
        well=True, version="0.1.0", now="2026-03-02T01:30:01Z",
        signs=[{"name": "sweeps", "at": "2026-03-02T01:30:00Z", "silent": False}], failing=[],
    )  # fmt: skip
    well: bool = Field(description="Whether nothing is silent and nothing fails.")
    version: str = Field(description="Version of the program.")
    now: datetime = Field(description="The node's own time.")
    signs: list[Sign] = Field(description="Its parts.")
    failing: list[str] = Field(description="Sweeps of deadlines that fail just now.")


@router.read(
    "/node/health",
    gives=Health,
    scope="node:read",
    posts=(Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT),
    summary=_("Show how the node is"),
)
def show_health(call: Call) -> Any:
    """Whether what runs in the background does its work. With the database away this is 503."""
    now = clock.now()
    beats: dict[str, datetime | None] = dict(pulse.beats())
    beats.setdefault(pulse.SWEEPS, None)
    signs = [
        Sign(name=name, at=at, silent=at is None or now - at > SILENT_AFTER)
        for name, at in sorted(beats.items())
    ]
    failing = list(pulse.failing())
    return Health(
        well=not failing and not any(sign.silent for sign in signs),
        version=version("custos"),
        now=now,
        signs=signs,
        failing=failing,
    )
