"""What a second person is asked and what became of it, in the bell and as a plain line on every page."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation.accounts import confirmations
from custos.foundation.ui import bell, calls
from custos.foundation.ui.bell import Notice
from custos.foundation.ui.calls import Call

#: Below every alarm.
_LEAST = 4


def _notices(acting: Any) -> Iterator[Notice]:
    for row in confirmations.waiting_for(acting):
        yield Notice(
            f"confirm:{row.pk}",
            confirmations.act_of(row.act).title,
            reverse("confirmation", args=[row.pk]),
            row.asked_at,
            line=_("%(name)s asks you as the second person.") % {"name": row.first_staff.name},
            due_at=row.expires_at,
            tone="todo",
            state=gettext_lazy("To confirm"),
            place=reverse("confirmations"),
        )
    for row in confirmations.asked_by(acting):
        at = row.confirmed_at or row.declined_at
        if at is None:
            continue
        act, second = confirmations.act_of(row.act), row.second_staff
        yield Notice(
            f"confirmed:{row.pk}",
            act.title,
            act.url(row.content),
            at,
            line=_("%(name)s has confirmed; do it now.") % {"name": second.name if second else ""}
            if row.confirmed_at
            else _("%(name)s refused.") % {"name": second.name if second else ""},
            due_at=row.expires_at if row.confirmed_at else None,
            tone="done" if row.confirmed_at else "refused",
            state=gettext_lazy("confirmed") if row.confirmed_at else gettext_lazy("refused"),
        )


def _calls(acting: Any) -> Iterator[Call]:
    for row in confirmations.waiting_for(acting):
        yield Call(
            confirmations.act_of(row.act).title,
            _LEAST,
            row.expires_at,
            reverse("confirmation", args=[row.pk]),
            quiet=True,
            mark=_("A colleague waits for a second person"),
        )
    for row in confirmations.asked_by(acting):
        if row.confirmed_at:
            act = confirmations.act_of(row.act)
            yield Call(
                act.title,
                _LEAST,
                row.expires_at,
                act.url(row.content),
                quiet=True,
                mark=_("Confirmed: do it now"),
            )


bell.register("confirmations", _notices)
calls.register("confirmations", _calls)
