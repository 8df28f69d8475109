"""Forms of facts, made from what each sort of fact declares."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import ValidationError

from custos.foundation import clock
from custos.foundation.codes import shipped
from custos.foundation.custody.people import ending, facts
from custos.foundation.ui.dates import DayField, MomentField
from custos.foundation.ui.forms import Form, asked_where_needed
from custos.foundation.ui.widgets import Choices
from custos.management.reception.forms import CHOOSE

_LABELS: dict[str, Any] = {
    "kind": _("Sort"),
    "text": _("In words"),
    "number": _("Number"),
    "issuer": _("Issued by"),
    "valid_to": _("Valid to"),
    "state": _("How far it is known"),
    "how": _("How it was found out"),
    "country": _("Country"),
    "language": _("Language"),
    "interpreter": _("Needs an interpreter"),
    "wish": _("Wish"),
    "note": _("Note"),
    "name": _("Name"),
    "relation": _("Relation"),
    "born": _("Date of birth"),
    "place": _("Where they are"),
    "carer": _("Who looks after them"),
    "cared_for": _("Somebody looks after them"),
    "phone": _("Telephone"),
    "firm": _("Law firm or legal-aid centre"),
    "licence": _("Number of the licence"),
    "issued_on": _("Date of the document"),
    "executed_at": _("Carried out at"),
    "seal": _("Bears the seal"),
    "matches": _("Name, sex, birth and photo match the person"),
    "code": pgettext_lazy("a charge", "Code"),
    "case_number": _("Number of the case"),
    "since": _("Holds the case since"),
    "article": _("Law and article"),
}
#: What a form doesn't ask: the sort itself, and a stay, which a program names by its identifier.
_UNASKED = frozenset({"sort", "custody"})
_DAYS = frozenset({"valid_to", "born", "issued_on"})
_MOMENTS = frozenset({"executed_at", "since"})
_WIDE = frozenset({"note", "text", "how"})


class FactForm(Form):
    """What one sort of fact asks. Codes are chosen, times are local."""

    shape: type[facts.Fact]

    def clean(self) -> dict[str, Any]:
        """The fact itself, as `fact`; what it can't be is said at its field."""
        given = super().clean() or {}
        if self.errors:
            return given
        said = {name: value for name, value in given.items() if value not in (None, "")}
        try:
            self.fact = self.shape.model_validate(said)
        except ValidationError as error:
            for found in error.errors():
                field = str(found["loc"][0]) if found["loc"] else None
                self.add_error(
                    field if field in self.fields else None, _("This can't be recorded so.")
                )
        return given


def fact_form(sort: str, data: Any = None, *, held: facts.Fact | None = None) -> FactForm:
    """The form of one sort of fact, filled in by what was sent, else by the fact that is `held`."""
    shape = facts.SORTS[sort]
    asked = {name: _field(shape, name) for name in shape.model_fields if name not in _UNASKED}
    made: type[FactForm] = type("FactFormOfSort", (FactForm,), {"shape": shape, **asked})
    return made(data, initial=_typed(held) if held else None)


def _typed(fact: facts.Fact) -> dict[str, Any]:
    """A fact as a form shows it; its instants by the local clock."""
    said = fact.model_dump()
    for name in _MOMENTS & said.keys():
        said[name] = said[name] and said[name].astimezone(clock.LOCAL)
    return said


def _field(shape: type[facts.Fact], name: str) -> forms.Field:
    info = shape.model_fields[name]
    common: dict[str, Any] = {"label": _LABELS[name], "required": info.is_required()}
    if name == "country":
        options = [CHOOSE, *facts.country_choices()]
        return forms.ChoiceField(choices=options, widget=Choices(), **common)
    if name in shape.tables:
        table = shape.tables[name]
        options = [
            CHOOSE,
            *((code, shipped.title(table, code)) for code in shipped.meanings(table)),
        ]
        return forms.ChoiceField(choices=options, widget=Choices(), **common)
    if info.annotation is bool:
        return forms.BooleanField(label=_LABELS[name], required=False)
    if name in _DAYS:
        return DayField(**common)
    if name in _MOMENTS:
        return MomentField(**common)
    longest = next((m.max_length for m in info.metadata if getattr(m, "max_length", 0)), 400)
    attrs: dict[str, Any] = {"autocomplete": "off"}
    wide = name in _WIDE and shape is not facts.OtherName
    look_of_text = (
        forms.Textarea(attrs=attrs | {"rows": 2}) if wide else forms.TextInput(attrs=attrs)
    )
    return forms.CharField(max_length=longest, widget=look_of_text, **common)


class EndFactForm(Form):
    """Why a fact no longer holds, or that it was wrong."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=400,
        help_text=_("What was recorded stays on the record; this says why it no longer holds."),
    )


class EndDocumentForm(Form):
    """How a document that holds somebody ends, and the paper by which it does."""

    how = forms.ChoiceField(label=_("How it ends"), choices=[CHOOSE, *ending.HOW.items()])
    paper = forms.CharField(
        label=_("Number of the paper that ends it"),
        required=False,
        max_length=100,
        help_text=_(
            "As it stands on the paper. Not needed where the document was never this person's."
        ),
    )
    issuer = forms.CharField(
        label=_("Issued by"),
        required=False,
        max_length=200,
        help_text=_("The authority that revoked or replaced the document."),
    )
    on = DayField(label=_("Date of that paper"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=400,
        help_text=_("Where it was recorded by mistake: how you know."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("paper", "issuer", "on"):
            asked_where_needed(self.fields[name])


class PhotoForm(Form):
    """A photo of the person."""

    file = forms.FileField(
        label=_("Photo"),
        help_text=_("JPEG, PNG or WebP. Where and by what it was taken is removed."),
    )
