"""What duty puts into the bell: tasks that wait for somebody of the post, and answers that came back."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui import bell
from custos.foundation.ui.bell import Notice
from custos.prevention.duty import queries

_LATEST_ANSWERS = 10


def _duty(acting: Any) -> Iterator[Notice]:
    for task in queries.now_list(acting.actor):
        if task.may_accept:
            yield Notice(
                # What climbs to another post of the same account is news to that post.
                f"task:{task.id}:{acting.post}",
                task.named,
                f"{reverse('duty')}?task={task.id}#item",
                task.opened_at,
                line=_("To accept"),
                severity=task.severity,
                due_at=task.wanted_by,
            )
    for task in queries.echoes(acting.actor, _LATEST_ANSWERS):
        assert task.ended_at is not None  # what came back has ended
        yield Notice(
            f"answer:{task.id}",
            task.named,
            reverse("duty_task", args=[task.id]),
            task.ended_at,
            line=task.result,
            tone=task.tone,
            state=task.ended_by or task.state_title,
        )


bell.register("duty", _duty)
