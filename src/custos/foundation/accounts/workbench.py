"""What a second person is asked, among what a post has to do now."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation.accounts import confirmations
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import workbench
from custos.foundation.ui.workbench import Todo

#: A colleague stands and waits, but nobody is in danger.
_SEVERITY = 2


def to_confirm(acting: Any) -> Iterator[Todo]:
    """What others ask of the reader as the second person. One query at most."""
    for row in confirmations.waiting_for(acting):
        yield Todo(
            f"confirm:{row.pk}",
            confirmations.act_of(row.act).title,
            reverse("confirmation", args=[row.pk]),
            _SEVERITY,
            ("todo", gettext_lazy("To confirm")),
            by=row.expires_at,
            note=_("%(name)s needs a second person") % {"name": row.first_staff.name},
        )


workbench.register(workbench.NOW, "confirmations", to_confirm, posts=DUTY_POSTS)
