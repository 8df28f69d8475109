"""The grave acts of the installation: opening an account that can confirm, or leading somebody to one."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import confirmations
from custos.foundation.accounts.confirmations import Act, Content
from custos.foundation.accounts.models import Staff
from custos.foundation.database import scope
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
    return [*_member(content), *_place(content)]


def _of_member(content: Content) -> str:
    return reverse("account", args=[content["staff"]])


def _of_new(content: Content) -> str:
    return f"{reverse('account_new')}?{urlencode({'username': content['username']})}"


for _name, _title, _lines, _url in (
    (MAKE, _("Make an account that can confirm"), _made, _of_new),
    (POST, _("Put somebody on a post that confirms"), _posted, _of_member),
    (PASSWORD, _("Give a new password to an account that can confirm"), _member, _of_member),
    (FACTORS, _("Take away second factors of an account that can confirm"), _member, _of_member),
):
    confirmations.register(
        Act(
            _name,
            _title,
            firsts=frozenset({Post.SECURITY_ADMIN}),
            seconds=SECONDS,
            lines=_lines,
            url=_url,
            without_officers=True,
        )
    )
