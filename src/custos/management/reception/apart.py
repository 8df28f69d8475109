"""With whom somebody may be: pairs kept apart, medical orders, who is never alone, legal categories."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import place_kinds as kinds
from custos.foundation.custody import place_queries as places
from custos.foundation.custody import queries as custody
from custos.foundation.custody import separating
from custos.foundation.custody.place_kinds import SETTLING
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import DUTY_POSTS, refusal_of
from custos.foundation.ui.dates import MomentField
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.methods import form_of
from custos.management.reception.forms import CHOOSE

#: By when an order is looked at again unless somebody says otherwise; a proposal.
REVIEW = timedelta(hours=24)
_KNOWN = [("", gettext_lazy("not known")), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]


_SAID: dict[bool | None, str] = {True: "yes", False: "no", None: ""}


def _truth(said: str) -> bool | None:
    return {"yes": True, "no": False}.get(said)


def _reason(**kwargs: Any) -> forms.CharField:
    look = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(
        label=gettext_lazy("Reason"), max_length=400, min_length=4, widget=look, **kwargs
    )


def _review() -> MomentField:
    return MomentField(
        label=gettext_lazy("Looked at again by"),
        initial=lambda: (clock.now() + REVIEW).astimezone(clock.LOCAL),
    )


class PairForm(Form):
    """From whom somebody is kept apart, within what, and why."""

    number = forms.CharField(
        label=gettext_lazy("Custody number of the other"),
        max_length=32,
        help_text=gettext_lazy("Of somebody in custody here."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=[CHOOSE, *separating.PAIR_KINDS.items()]
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Within what"), choices=list(separating.SCOPES.items())
    )
    role = forms.CharField(label=gettext_lazy("Role of this person"), max_length=50)
    role_of_other = forms.CharField(label=gettext_lazy("Role of the other"), max_length=50)
    reason = _reason()


class ClosePairForm(Form):
    """Which pair is lifted, and why."""

    pair = forms.UUIDField(widget=forms.HiddenInput)
    reason = _reason()


class CategoryForm(Form):
    """As what a stay counts in separation."""

    category = forms.ChoiceField(label=gettext_lazy("Legal category"))
    repeat = forms.ChoiceField(label=gettext_lazy("Held before"), choices=_KNOWN, required=False)
    violent = forms.ChoiceField(
        label=gettext_lazy("Violent offence"), choices=_KNOWN, required=False
    )
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = places.categories()


class CorrectionForm(Form):
    """The sex and the date of birth of somebody, as they really are."""

    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=list(custody.SEXES.items()))
    born = forms.DateField(
        label=gettext_lazy("Date of birth"),
        required=False,
        help_text=gettext_lazy("Empty where it isn't known."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = _reason()


class IsolationForm(Form):
    """A clinician's order; what for stays in the clinical record."""

    instruction = forms.CharField(
        label=gettext_lazy("What everybody has to do"),
        max_length=400,
        help_text=gettext_lazy("No diagnosis: every post reads it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    group = forms.CharField(
        label=gettext_lazy("May share with the group"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("Empty: with nobody."),
    )
    review_by = _review()


class CompanyForm(Form):
    """That somebody is never alone from now on."""

    attended = forms.BooleanField(
        label=gettext_lazy("A member of staff sits with them"), required=False
    )
    review_by = _review()
    reason = _reason()


class EndForm(Form):
    """Why an order ends."""

    reason = _reason()


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done here: its form, the kind of entry that says who may, the service."""

    form: type[Form]
    kind: type[Kind]
    title: Any
    do: Callable[[UUID, dict[str, Any], Acting], Any]


def _pair(stay: UUID, said: dict[str, Any], acting: Acting) -> None:
    number = said.pop("number").strip()
    other = custody.present().filter(number=number).first()
    if other is None:
        raise Malformed(
            "separation.no_such_number",
            _("Nobody in custody here has this number."),
            field="number",
            mend=_("Look for them in the list of people."),
        )
    separating.keep_apart(stay, separating.Pairing(other.pk, **said), by=acting.actor)


def _close(_stay: UUID, said: dict[str, Any], acting: Acting) -> None:
    separating.close_pair(said["pair"], reason=said["reason"], by=acting.actor)


def _classify(stay: UUID, said: dict[str, Any], acting: Acting) -> None:
    separating.classify(
        stay,
        said["category"],
        repeat=_truth(said["repeat"]),
        violent=_truth(said["violent"]),
        reason=said["reason"],
        by=acting.actor,
    )


DEEDS: dict[str, Deed] = {
    "pair": Deed(PairForm, kinds.KeptApart, gettext_lazy("Keep apart from somebody"), _pair),
    "close": Deed(ClosePairForm, kinds.PairClosed, gettext_lazy("No longer keep apart"), _close),
    "classify": Deed(
        CategoryForm, kinds.Classified, gettext_lazy("Record the legal category"), _classify
    ),
    "correct": Deed(
        CorrectionForm,
        kinds.PersonCorrected,
        gettext_lazy("Correct sex or date of birth"),
        lambda stay, said, acting: separating.correct(stay, **said, by=acting.actor),
    ),
    "isolate": Deed(
        IsolationForm,
        kinds.IsolationOrdered,
        gettext_lazy("Order to hold apart for health"),
        lambda stay, said, acting: separating.isolate(stay, **said, by=acting.actor),
    ),
    "end-isolation": Deed(
        EndForm,
        kinds.IsolationEnded,
        gettext_lazy("End the medical order"),
        lambda stay, said, acting: separating.end_isolation(stay, **said, by=acting.actor),
    ),
    "never-alone": Deed(
        CompanyForm,
        kinds.NeverAloneOrdered,
        gettext_lazy("Never alone from now on"),
        lambda stay, said, acting: separating.never_alone(stay, **said, by=acting.actor),
    ),
}


def _open(acting: Acting) -> dict[str, Deed]:
    """What whoever acts may do here, as the kinds of entry say."""
    return {
        name: deed
        for name, deed in DEEDS.items()
        if refusal_of(deed.kind.writers, acting.actor, None) is None
    }


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.apart")
def page(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """From whom somebody is kept apart, the orders that hold, and what may be done."""
    return _page(request, custody_id)


def _page(
    request: HttpRequest, custody_id: UUID, name: str = "", typed: Form | None = None
) -> HttpResponse:
    acting, person = acting_in(request), custody.person(custody_id)
    held = places.separation_of(custody_id)
    initial = {
        "classify": {
            "category": held.category,
            "repeat": _SAID[held.repeat],
            "violent": _SAID[held.violent],
        },
        "correct": {"sex": person.sex, "born": person.born},
    }
    senseless = {
        *(("isolate",) if held.isolation else ("end-isolation",)),
        *(("never-alone",) if held.company else ()),
        "close",
    }
    allowed = _open(acting)
    doors = [
        {
            "name": code,
            "title": deed.title,
            "form": typed if code == name and typed else deed.form(initial=initial.get(code)),
            "wrong": code == name,
        }
        for code, deed in allowed.items()
        if code not in senseless or code == name
    ]
    context = {
        "person": person,
        "held": held,
        "repeat": dict(_KNOWN)[_SAID[held.repeat]],
        "violent": dict(_KNOWN)[_SAID[held.violent]],
        "pairs": places.pairs_of(custody_id),
        "doors": doors,
        "may_close": "close" in allowed,
        "may_settle": held.in_transition and acting.post in SETTLING,
        "may_end_company": held.company and acting.post in separating.ENDING_NEVER_ALONE,
    }
    status = Malformed.status if typed is not None else 200
    return render(request, "reception/apart.html", context, status=status)


@form_of(lambda custody_id, deed: reverse("person_apart", args=[custody_id]))
@gate.posts(*DUTY_POSTS)
@purpose("custody.apart")
def do(request: HttpRequest, custody_id: UUID, deed: str) -> HttpResponse:
    """Do one of the things of the page; who may is said by its kind of entry."""
    acting = acting_in(request)
    found = DEEDS.get(deed)
    if found is None:
        raise Missing("separation.no_deed", _("There is no such thing to do here."))
    custody.person(custody_id)
    form = found.form(request.POST)
    if form.is_valid():
        try:
            found.do(custody_id, dict(form.cleaned_data), acting)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Recorded. The entry is on the record."))
            return redirect("person_apart", custody_id=custody_id)
    return _page(request, custody_id, deed, form)


# ---------------------------------------------------------------------- may be alone again


def _lines(content: Content) -> list[tuple[Any, Any]]:
    return [(_("Reason"), content["reason"])]


confirmations.register(
    Act(
        separating.END_NEVER_ALONE,
        gettext_lazy("May be alone again"),
        firsts=separating.ENDING_NEVER_ALONE,
        seconds=separating.ENDING_NEVER_ALONE,
        lines=_lines,
        url=lambda content: reverse("person_company_end", args=[content["custody"]]),
        effect=gettext_lazy(
            "The order ends at once: the sign “never alone” goes from the person's chip, and they may be"
            " put in a cell by themselves."
        ),
        undone=gettext_lazy(
            "Ordering again that they are never alone, which one officer can do at once."
        ),
        instead=gettext_lazy(
            "Refuse, and see the person yourself first. The order holds until both of you agree; its day of"
            " review doesn't end it."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
        check=separating.may_end_never_alone,
    )
)


confirmations.register(
    Act(
        separating.END_TRANSITION,
        gettext_lazy("End the transition period"),
        firsts=frozenset(SETTLING),
        seconds=frozenset(SETTLING),
        lines=_lines,
        url=lambda content: reverse("person_transition", args=[content["custody"]]),
        effect=gettext_lazy(
            "The transition period ends today: the person may be placed in an ordinary cell, and is watched"
            " as others are. Nobody is moved by it."
        ),
        undone=gettext_lazy(
            "Nothing. Whoever needs to be watched closely gets an order of their own."
        ),
        instead=gettext_lazy(
            "Refuse, and see the person yourself first. The period goes on until both of you have assessed"
            " them."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
    )
)


@require_http_methods(["GET", "POST"])
@gate.posts(*sorted(separating.ENDING_NEVER_ALONE))
@purpose("custody.apart")
def end_company(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """A clinician or counsellor and a case officer, together, say that somebody may be alone again."""
    return _together(
        request,
        custody_id,
        separating.END_NEVER_ALONE,
        separating.confirmed_end_never_alone,
        title=_("May be alone again"),
        who=_("A clinician or counsellor and a case officer decide it together."),
    )


@require_http_methods(["GET", "POST"])
@gate.posts(*SETTLING)
@purpose("custody.apart")
def end_transition(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """A case officer and a doctor, together, assess somebody and end the transition period."""
    return _together(
        request,
        custody_id,
        separating.END_TRANSITION,
        separating.confirmed_end_transition,
        title=_("End the transition period"),
        who=_(
            "A case officer and a doctor assess it together, in writing: how the person has settled in,"
            " what they know of their rights, health, risks, and with whom they may share a cell."
        ),
    )


def _together(
    request: HttpRequest,
    custody_id: UUID,
    act: str,
    do: Callable[..., Any],
    *,
    title: str,
    who: str,
) -> HttpResponse:
    acting, person = acting_in(request), custody.person(custody_id)
    asked = confirmations.asked_for(acting, act, custody=str(custody_id))
    form = TwoPersonForm(request)
    why = ReasonForm(request.POST or None, initial=asked.content if asked else None)
    if request.method == "POST" and why.is_valid() and form.is_valid():
        content = {"custody": str(custody_id), "reason": why.cleaned_data["reason"]}
        try:
            confirmed = decided(
                form,
                act,
                content,
                organization_id=person.organization_id,
                asked=asked,
                by=acting,
            )
            if confirmed:
                do(confirmed, content, by=acting)
        except CustosError as error:
            form.say(error)
        else:
            done = _("Done. The entry is on the record.")
            return answered(request, confirmed, done, "person_apart", custody_id=custody_id)
    wrong = bool(form.errors or why.errors)
    context = {
        "person": person,
        "title": title,
        "act": confirmations.act_of(act),
        "who": who,
        "form": form,
        "why": why,
        "asked": asked,
        "wrong": wrong,
    }
    return render(request, "reception/company_end.html", context, status=422 if wrong else 200)
