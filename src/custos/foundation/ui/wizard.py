"""The step-by-step wizard: one subject a page, each step saved on the server, nothing ever lost.

A module that owns a wizard declares it, and any module adds its steps, in a `wizards.py` that is loaded
at start-up:

    wizard.declare("admission", title=_("Admit a person"), submit=_("Admit this person"), finish=admit)
    wizard.register("admission", Step("who", _("Who"), WhoForm))
    wizard.register("admission", Step("health", _("Health on arrival"), HealthForm), after="who")

What is typed is a `Draft` of the organization: saved with every step and while it is typed, so that a
power cut takes a few seconds' words at most, and the next officer goes on with it. Steps may be filled in
in any order and left unfinished; what is missing is always shown. Only `finish` makes anything of it: it
is called with the answers of all steps, each valid, with whoever acts and the draft, in the transaction in
which the draft goes.

A step that not everybody of the wizard's posts may read says for whom it is open (`may`): to the others
it shows only whether it is complete, who saved it and when, and never takes their words. Where one audience
of the record reads it, it says so (`audience`), and what was typed is kept in rows that row-level security
shows to nobody else; only `stands` looks past that, to tell whether the draft is complete.

A draft may name a person before there is a record of them; it is seen by those who may use the wizard,
in its own organization only.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.ui.models import Draft, DraftApart

#: Names that addresses need for themselves.
_RESERVED = {"review", "finish", "give-up"}
_OURS = {"csrfmiddlewaretoken", "version", "go"}
LONGEST_STEP = 64_000
#: Who has had a draft open this lately may still be typing in it.
OPEN_FOR = timedelta(minutes=5)

_OTHERS = _("others")

#: The answers so far: by step, by field.
Answers = Mapping[str, Mapping[str, Any]]


def _from_class(form: type[forms.Form]) -> Callable[..., forms.Form]:
    return lambda data, acting, answers: form(data)


@dataclass(frozen=True, slots=True)
class Step:
    """One subject. `form` is a form class, or makes a form of the data, `request.acting` and the
    answers of other steps that are valid already (`make`), where choices depend on them. `may` says who
    reads and fills it in, and `whose` says it to the others; `part` is a template shown below the form,
    with `draft`, for what is no field. `tells` is called with draft, answers of the step, whoever acts,
    and what it returned before, when somebody has done with the step and it is whole: for what can't
    wait until the end. `audience` is that of the record which alone reads what was typed. `asked` says of
    the answers of earlier steps whether it is asked at all.
    """

    name: str
    title: Any
    form: type[forms.Form] | None = None
    make: Callable[[QueryDict | None, Any, Answers], forms.Form] | None = None
    hint: Any = ""
    may: Callable[[Any], bool] = lambda acting: True
    whose: Any = _OTHERS
    part: str = ""
    tells: Callable[[Draft, Mapping[str, Any], Any, str], str] | None = None
    audience: int | None = None
    asked: Callable[[Answers], bool] = lambda answers: True

    def bound(self, data: QueryDict | None, acting: Any, answers: Answers) -> forms.Form:
        """The step's form on what was typed."""
        make = self.make or (_from_class(self.form) if self.form else None)
        assert make is not None  # `register` refuses a step without either
        return make(data, acting, answers)


@dataclass(slots=True)
class Wizard:
    """A wizard and its steps. `finish` returns the address to go on at."""

    name: str
    title: Any
    submit: Any
    finish: Callable[[Answers, Any, Draft], str]
    may: Callable[[Any], bool]
    label: Callable[[Answers], str]
    start: Callable[[Any], Draft]
    gave_up: Callable[[Draft, Any], None]
    steps: list[tuple[Step, str]] = field(default_factory=list)

    def ordered(self) -> list[Step]:
        """The steps: each right behind the one it names, those that name the same one as they came."""
        placed = [step for step, after in self.steps if not after]
        waiting = [(step, after) for step, after in self.steps if after]
        while waiting:
            known = {step.name for step in placed}
            ready = [(step, after) for step, after in waiting if after in known]
            if not ready:
                names = sorted(f"{step.name} after {after}" for step, after in waiting)
                raise ValueError(f"wizard {self.name}: steps that follow nothing: {names}")
            for step, after in reversed(ready):
                at = next(i for i, one in enumerate(placed) if one.name == after)
                placed.insert(at + 1, step)
            waiting = [pair for pair in waiting if pair not in ready]
        return placed


_wizards: dict[str, Wizard] = {}
#: Steps of wizards that are declared later: modules are loaded in no order.
_early: dict[str, list[tuple[Step, str]]] = {}


def declare(
    name: str,
    *,
    title: Any,
    submit: Any,
    finish: Callable[[Answers, Any, Draft], str],
    may: Callable[[Any], bool] = lambda acting: True,
    label: Callable[[Answers], str] = lambda answers: "",
    start: Callable[[Any], Draft] | None = None,
    gave_up: Callable[[Draft, Any], None] = lambda draft, acting: None,
) -> None:
    """Make a wizard: `submit` is what its last button does, `may` who may use it, `label` how a draft is
    told from others. `finish` takes the answers, `request.acting` and the draft, raises `CustosError` for
    what cannot be, and returns where to go on. `start` begins a draft where more belongs to it than the
    draft alone; `gave_up` undoes that, or refuses.
    """
    _wizards[name] = Wizard(
        name,
        title,
        submit,
        finish,
        may,
        label,
        start or partial(begin, name),
        gave_up,
        _early.pop(name, []),
    )


def register(name: str, step: Step, *, after: str = "") -> None:
    """Add a step to a wizard, right behind another, or at the end of those that name none.

    Raises `ValueError` for a name that is reserved or taken, or a step without a form.
    """
    steps = _wizards[name].steps if name in _wizards else _early.setdefault(name, [])
    if step.name in _RESERVED or any(known.name == step.name for known, _after in steps):
        raise ValueError(f"wizard {name}: a step can't be named {step.name!r}")
    if not (step.form or step.make):
        raise ValueError(f"wizard {name}: step {step.name} has no form")
    steps.append((step, after))


def wizard(name: str) -> Wizard:
    """A wizard by name. Raises `Missing` where there is none."""
    if name not in _wizards:
        raise Missing("wizard.unknown", _("There is no such form."))
    return _wizards[name]


def step_of(name: str, step: str) -> Step:
    """A step of a wizard by name. Raises `Missing` where there is none."""
    found = next((one for one in wizard(name).ordered() if one.name == step), None)
    if found is None:
        raise Missing("wizard.no_such_step", _("There is no such step."))
    return found


# ---------------------------------------------------------------------- how a draft stands


@dataclass(frozen=True, slots=True)
class Stand:
    """How a step stands: its form on what was saved, what is missing, who saved it last and when, and
    whether whoever asks may read it.
    """

    step: Step
    values: Mapping[str, list[str]]
    form: forms.Form
    missing: int
    touched: bool
    version: int
    saved_by: str
    saved_at: datetime | None
    open: bool

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return self.missing == 0

    @property
    def settled(self) -> bool:
        """Whether somebody has been there and nothing is missing, unlike where nothing is asked yet."""
        return self.done and self.touched


def stands(draft: Draft, acting: Any) -> list[Stand]:
    """How each step of a draft stands, in order. At most one query."""
    return stands_of([draft], acting)[draft.pk]


def stands_of(drafts: Collection[Draft], acting: Any) -> dict[UUID, list[Stand]]:
    """The same of several drafts of one wizard, by the draft. At most one query for all."""
    apart = _kept_apart(drafts)
    return {draft.pk: _stands(draft, acting, apart) for draft in drafts}


def _kept_apart(drafts: Collection[Draft]) -> dict[tuple[UUID, str], dict[str, Any]]:
    """What was typed in steps of some audience, by draft and step, past what the reader may see."""
    audiences = {
        step.audience
        for draft in drafts
        for step in wizard(draft.wizard).ordered()
        if step.audience is not None and step.name in draft.steps
    }
    if not audiences:
        return {}
    own = scope.current()
    with scope.entered(replace(own, audiences=own.audiences | audiences)):
        rows = DraftApart.objects.visible_to(scope.current()).filter(
            draft__in=[draft.pk for draft in drafts]
        )
        return {(row.draft_id, row.step): {"values": row.values} for row in rows}


def _stands(
    draft: Draft, acting: Any, apart: Mapping[tuple[UUID, str], dict[str, Any]]
) -> list[Stand]:
    answers: dict[str, Mapping[str, Any]] = {}
    found = []
    for step in wizard(draft.wizard).ordered():
        if not step.asked(answers):
            continue
        kept = draft.steps.get(step.name, {})
        typed = kept if step.audience is None else apart.get((draft.pk, step.name), {})
        values = typed.get("values", {})
        form = step.bound(_query(values), acting, answers)
        missing = len(form.errors)
        if not missing:
            answers[step.name] = form.cleaned_data
        at = kept.get("at")
        found.append(
            Stand(
                step,
                values,
                form,
                missing,
                bool(kept) and not kept.get("given"),
                int(kept.get("version", 0)),
                str(kept.get("by", "")),
                datetime.fromisoformat(at) if at else None,
                step.may(acting),
            )
        )
    return found


def answers_of(found: list[Stand]) -> Answers:
    """The answers of the steps that are valid."""
    return {stand.step.name: stand.form.cleaned_data for stand in found if stand.done}


def _query(values: Mapping[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, several in values.items():
        query.setlist(name, several)
    return query


# ---------------------------------------------------------------------- what may happen to it


def _drafts(name: str, acting: Any) -> Any:
    return Draft.objects.visible_to(scope.current()).filter(
        organization_id=acting.organization.pk, wizard=name
    )


def drafts_of(name: str, acting: Any, limit: int = 50) -> list[Draft]:
    """The unfinished drafts of a wizard in the organization acted for, latest first. One query."""
    return list(_drafts(name, acting).order_by("-saved_at")[:limit])


def drafts_named(name: str, ids: Collection[UUID], acting: Any) -> list[Draft]:
    """Those of some drafts that are there still, in no order. One query."""
    return list(_drafts(name, acting).filter(pk__in=ids))


def begin(
    name: str, acting: Any, *, label: str = "", given: Mapping[str, Mapping[str, str]] | None = None
) -> Draft:
    """Begin a draft; `label` names it until its answers do. What is known already is `given` by step and
    field: it stands in the form, and nobody has filled in the step yet.
    """
    now, by = clock.now(), acting.staff.name
    known = {
        step: {
            "values": {field: [value] for field, value in values.items()},
            "version": 0,
            "user": acting.user.pk,
            "given": True,
        }
        for step, values in (given or {}).items()
    }
    return Draft.objects.create(
        organization_id=acting.organization.pk,
        wizard=wizard(name).name,
        label=label,
        steps=known,
        begun_by=by,
        begun_at=now,
        saved_by=by,
        saved_at=now,
    )


def draft_of(name: str, draft_id: UUID, acting: Any, *, lock: bool = False) -> Draft:
    """A draft. Raises `Missing` where it was finished or given up, or belongs elsewhere."""
    rows = _drafts(name, acting).filter(pk=draft_id)
    draft: Draft | None = (rows.select_for_update() if lock else rows).first()
    if draft is None:
        raise Missing(
            "draft.gone",
            _("This draft isn't there: it was finished or given up."),
            mend=_("What was finished is on the record. Begin again where it was given up."),
        )
    return draft


def opened(draft: Draft, acting: Any) -> str:
    """Note who has the draft open; the name of somebody else who had it open just now, or empty."""
    now = clock.now()
    other = (
        draft.open_by
        if draft.open_at and draft.open_user_id != acting.user.pk and now - draft.open_at < OPEN_FOR
        else ""
    )
    Draft.objects.filter(pk=draft.pk).update(
        open_user_id=acting.user.pk, open_by=acting.staff.name, open_at=now
    )
    return other


@transaction.atomic
def save(
    draft: Draft, step: Step, data: QueryDict, *, version: int, acting: Any, done: bool = True
) -> Draft:
    """Keep what was typed in a step, right or wrong.

    `version` is the one that was on the page; `done` is whether somebody has done with the step, and not
    the page saved it while they type: then what can't wait is told (`Step.tells`). Raises `Conflict` where
    somebody else has saved the step since, `Missing` where the draft is gone, `Malformed` for more than a
    page can hold, `NotAllowed` for a step that is others' to fill in.
    """
    if not step.may(acting):
        raise NotAllowed(
            "draft.not_your_step",
            _("This step is filled in by others."),
            mend=_("Go on with another step; nothing here was changed."),
        )
    values = {
        name: [value.replace("\0", "") for value in several]
        for name, several in data.lists()
        if name not in _OURS
    }
    if sum(len(value) for several in values.values() for value in several) > LONGEST_STEP:
        raise Malformed("draft.too_long", _("This is more than one step can hold."))
    draft = draft_of(draft.wizard, draft.pk, acting, lock=True)
    kept = draft.steps.get(step.name, {})
    # One's own saves may overtake each other: the page saves while it is typed, and when it is sent.
    if kept and kept["version"] != version and kept["user"] != acting.user.pk:
        raise Conflict(
            "draft.overtaken",
            _("%(name)s has saved this step meanwhile."),
            mend=_("Look at what they wrote before you save yours over it."),
            name=kept["by"],
        )
    now = clock.now()
    if step.audience is not None:
        DraftApart.objects.update_or_create(
            draft_id=draft.pk,
            step=step.name,
            defaults={
                "organization_id": draft.organization_id,
                "audience": step.audience,
                "values": values,
            },
        )
    draft.steps[step.name] = {
        "values": values if step.audience is None else {},
        "version": int(kept.get("version", 0)) + 1,
        "user": acting.user.pk,
        "by": acting.staff.name,
        "ref": acting.actor.ref,
        "post": acting.post.value,
        "at": now.isoformat(),
        "told": kept.get("told", ""),
    }
    draft.saved_by, draft.saved_at = acting.staff.name, now
    answers = answers_of(stands(draft, acting))
    draft.label = (wizard(draft.wizard).label(answers) or draft.label)[:200]
    if done and step.tells and step.name in answers:
        saved = draft.steps[step.name]
        saved["told"] = step.tells(draft, answers[step.name], acting, saved["told"])
    draft.save()
    return draft


@transaction.atomic
def finish(name: str, draft_id: UUID, acting: Any) -> str:
    """Make of a draft what it is for; returns where to go on.

    Raises `Malformed` where something is missing, whatever the wizard's `finish` raises, and `Missing`
    for the second of two who finish at once. The draft stays where it raises.
    """
    draft = draft_of(name, draft_id, acting, lock=True)
    found = stands(draft, acting)
    if any(not stand.done for stand in found):
        raise Malformed(
            "draft.unfinished",
            _("Something is missing still."),
            mend=_("Fill in the steps that say so."),
        )
    where = wizard(name).finish(answers_of(found), acting, draft)
    draft.delete()
    return where


@transaction.atomic
def give_up(name: str, draft_id: UUID, acting: Any) -> None:
    """Throw a draft away."""
    draft = draft_of(name, draft_id, acting, lock=True)
    wizard(name).gave_up(draft, acting)
    draft.delete()
