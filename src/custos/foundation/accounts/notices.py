"""What a second person is asked and what became of it, in the bell and as a plain line on every page."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.ui import bell, calls
from custos.foundation.ui.bell import Notice
from custos.foundation.ui.calls import Call

#: Below every alarm.
_LEAST = 4


def _notices(acting: Any) -> Iterator[Notice]:
    for one in confirmations.shown(confirmations.waiting_for(acting)):
        row = one.row
        yield Notice(
            f"confirm:{row.pk}",
            one.act.title,
            reverse("confirmation", args=[row.pk]),
            row.asked_at,
            line=_("%(whom)s: %(name)s asks since %(time)s. %(ground)s")
            % {
                "whom": one.whom or row.organization.name,
                "name": row.first_staff.name,
                "time": row.asked_at.astimezone(clock.LOCAL).strftime("%H:%M"),
                "ground": row.ground,
            },
            due_at=row.expires_at,
            tone="todo",
            state=gettext_lazy("To confirm"),
            place=reverse("confirmations"),
        )
    answered = [
        row for row in confirmations.asked_by(acting) if row.confirmed_at or row.declined_at
    ]
    for one in confirmations.shown(answered):
        row, act, second = one.row, one.act, one.row.second_staff
        at = row.confirmed_at or row.declined_at
        assert at is not None  # it was answered
        yield Notice(
            f"confirmed:{row.pk}",
            act.title,
            act.url(row.content),
            at,
            line=(
                _("%(whom)s: %(name)s has confirmed; do it now.")
                if row.confirmed_at
                else _("%(whom)s: %(name)s refused.")
            )
            % {
                "whom": one.whom or row.organization.name,
                "name": second.name if second else "",
            },
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
