"""The handheld's page, what it keeps to work offline, and where it sends what was recorded."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import Malformed
from custos.foundation.media import services as media
from custos.foundation.organizations import queries as organizations
from custos.prevention.duty.information import queries, services
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.types import ANYONE

_WORKER = Path(__file__).parent / "static" / "handheld" / "worker.js"


@require_GET
@gate.posts(*ANYONE)
def page(request: HttpRequest) -> HttpResponse:
    """The shell: it holds nobody's data, so that a device may keep it."""
    return render(request, "handheld/page.html", {"words": _words()})


@require_GET
@gate.posts(*ANYONE)
@purpose("handheld")
def data(request: HttpRequest) -> HttpResponse:
    """What the device keeps for its holder: types of their post, cells, and who is in them.

    `?only=me` says whose session it is and names nobody: a device asks that each time before it sends.
    """
    acting = acting_in(request)
    facility = acting.organization
    known = {
        "me": f"{acting.staff.pk}:{acting.posting.pk}",
        "token": get_token(request),
        "now": clock.now().isoformat(),
    }
    if request.GET.get("only") == "me":
        return JsonResponse(known)
    people: dict[UUID, list[dict[str, str]]] = {}
    for one in custody.shown(custody.present().order_by("number")):
        if one.cell_id and one.organization_id == facility.pk:
            person = {"id": str(one.custody_id), "name": one.name, "tail": one.tail}
            people.setdefault(one.cell_id, []).append(person)
    cells = [
        {
            "id": str(cell.pk),
            "name": cell.name,
            "area": str(cell.area_id or ""),
            "people": people.get(cell.pk, []),
        }
        for cell in organizations.cells(facility)
        if cell.organization_id == facility.pk
    ]
    return JsonResponse(
        known
        | {
            "name": acting.staff.name,
            "post": str(acting.post.title),
            "facility": facility.name,
            "types": [_type(one) for one in queries.types_of(facility.pk, acting.post)],
            "areas": [
                {"id": str(one.pk), "name": one.name} for one in organizations.areas(facility)
            ],
            "cells": cells,
        }
    )


def _type(one: queries.TypeShown) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "severity": one.severity,
        "places": list(one.places),
        "act": one.act,
        "sealed": one.readers == "sealed",
        "fields": [
            {
                "name": field.name,
                "title": field.title,
                "sort": field.sort,
                "choices": _choices(field),
                "unit": field.unit,
            }
            for field in one.fields
        ],
    }


def _choices(field: queries.FieldShown) -> list[tuple[str, str]]:
    if field.sort == "yes_no":
        return [("yes", _("Yes")), ("no", _("No"))]
    if field.sort == "post":
        return [(post.value, str(post.title)) for post in sorted(ANYONE)]
    return list(field.choices)


@require_POST
@gate.posts(*ANYONE)
def send(request: HttpRequest) -> HttpResponse:
    """Take one record, with its photos. What was sent before is known, and changes nothing."""
    acting = acting_in(request)
    said = _record(request.POST.get("record", ""))
    if said.get("me") != f"{acting.staff.pk}:{acting.posting.pk}":
        raise Malformed(
            "handheld.somebody_else",
            _("This was recorded by somebody else, or on another post."),
            mend=_("Whoever recorded it signs in on that post and sends it."),
        )
    photos = [
        media.store(file.read(), file.name or "photo.jpg")
        for file in request.FILES.getlist("photo")[: services.MOST_PHOTOS + 1]
    ]
    taken = services.observe(
        said.get("type", ""),
        said.get("text", ""),
        facility=acting.organization.pk,
        about=About(_id(said, "custody"), _id(said, "cell"), _id(said, "area")),
        by=acting.actor,
        client_id=_id(said, "client"),
        details={str(name): str(value) for name, value in said.get("details", {}).items()},
        observed_at=_moment(said, "observed"),
        sent_at=_moment(said, "sent"),
        photos=photos,
    )
    return JsonResponse({"client": str(taken.client_id), "known": taken.known})


def _record(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("details", {}), dict):
        raise _unreadable()
    if not all(isinstance(said.get(name, ""), str) for name in ("me", "type", "text")):
        raise _unreadable()
    if "\\u0000" in text:
        raise _unreadable()
    return said


def _id(said: dict[str, Any], name: str) -> UUID | None:
    value = said.get(name)
    if not value:
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise _unreadable() from None


def _moment(said: dict[str, Any], name: str) -> datetime | None:
    value = said.get(name)
    if not value:
        return None
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise _unreadable() from None
    return at if at.tzinfo else None


def _unreadable() -> Malformed:
    return Malformed(
        "handheld.unreadable",
        _("This can't be read as a record."),
        mend=_("Open the page anew and record it again."),
    )


@require_GET
@gate.everybody
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from an address that lets it answer for the handheld's pages."""
    response = HttpResponse(_WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = "/handheld/"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _words() -> dict[str, str]:
    """What the page's modules say."""
    return {
        "online": _("Online"),
        "offline": _("Offline"),
        "nothing_waits": _("everything is sent"),
        "waits": _("{count} wait to be sent"),
        "refused": _("{count} refused"),
        "others": _("{count} of a colleague wait for them"),
        "sign_in": _("Sign in again to send what waits."),
        "old_data": _("People and cells as of {time}"),
        "no_data": _("This device has no list of people and cells yet: open the page once online."),
        "no_storage": _("This browser can't keep records offline. Record online only."),
        "which_cell": _("Which cell are you at?"),
        "whole_facility": _("The facility as a whole"),
        "area": _("All of {name}"),
        "cell": _("The cell {name}"),
        "at": _("At {name}"),
        "elsewhere": _("Change place"),
        "what": _("What did you notice?"),
        "whom": _("Whom or what is it about?"),
        "nobody": _("Nobody is recorded in this place."),
        "sentence": _("What did you see, in a sentence?"),
        "more": _("More, if you know"),
        "photo": _("Take a photo"),
        "photos": _("{count} photos"),
        "save": _("Save and send"),
        "back": _("Back"),
        "needs_words": _("Say in a sentence what it is."),
        "saved": _("Saved in this device."),
        "sent": _("Sent."),
        "first": _("Do first:"),
        "sealed": _("Only the resident prosecutor reads this."),
        "waiting_list": _("What waits in this device"),
        "change": _("Change and send again"),
        "drop": _("Take it off this device"),
        "drop_sure": _("It was never recorded. Take it off this device for good?"),
        "choose": _("not known"),
        "severity_1": _("Level 1"),
        "severity_2": _("Level 2"),
        "severity_3": _("Level 3"),
        "severity_4": _("Information"),
    }
