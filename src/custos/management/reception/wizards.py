"""The admission as a wizard: its sixteen steps and the decision, as the rules name them."""

from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import grounds
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft
from custos.foundation.ui.wizard import Answers
from custos.foundation.ui.wording import enumerated
from custos.management.reception.admission import engine, services, telling
from custos.management.reception.admission.forms import StepForm
from custos.management.reception.admission.rules import Step, Title, rules

#: Whose steps there are.
TAKING_PART = frozenset(post for step in rules().steps for post in step.posts)


class _Words:
    """A title of the rules, in the language of whoever reads it."""

    def __init__(self, title: Title) -> None:
        self._title = title

    def __str__(self) -> str:
        return self._title.within(get_language() or "")


class _Hint:
    """By when a step is to be done, and the law."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __str__(self) -> str:
        language = get_language() or ""
        return f"{self._step.deadline.within(language)} · {grounds.in_words(self._step.source)}"


class _Posts:
    """Whose step it is."""

    def __init__(self, step: Step) -> None:
        self._posts = (Post.MEDICAL,) if step.clinical else step.posts

    def __str__(self) -> str:
        return enumerated(post.title for post in self._posts)


def takes_part(acting: Any) -> bool:
    """Whether somebody has a part in admissions: on one of the steps' posts, at a facility."""
    return acting.post in TAKING_PART and acting.organization.tier is Tier.FACILITY


def _may(step: Step, acting: Any) -> bool:
    if step.clinical:
        clinician = acting.staff.kind == StaffKind.CLINICIAN
        return acting.post is Post.MEDICAL and clinician
    return acting.post in step.posts


def _finish(answers: Answers, acting: Any, draft: Draft) -> str:
    made = services.conclude(answers, acting, draft)
    if made.notice:  # to be printed and handed over
        return reverse("refusal_notice", args=[made.notice])
    return reverse("person", args=[made.stay]) if made.stay else reverse("reception_board")


wizard.declare(
    services.NAME,
    title=_("Admit a person"),
    submit=_("Close the admission"),
    finish=_finish,
    may=takes_part,
    label=lambda answers: str(answers.get("identity", {}).get("name", "")),
    start=services.start_unexpected,
    gave_up=services.gave_up,
)


def _make(step: Step) -> Any:
    return lambda data, acting, answers: StepForm(step, data, acting, answers)


for _step in rules().steps:
    wizard.register(
        services.NAME,
        wizard.Step(
            _step.id,
            _Words(_step.title),
            make=_make(_step),
            hint=_Hint(_step),
            may=partial(_may, _step),
            whose=_Posts(_step),
            part="reception/admission/_photos.html" if _step.id == "injuries" else "",
            tells=telling.tells(_step),
            audience=Audience.CLINICAL if _step.clinical else None,
            asked=partial(engine.asked, _step),
        ),
    )
