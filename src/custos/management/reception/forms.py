"""What is asked at the door, in the short form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui.dates import DayField, MomentField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.widgets import Choices
from custos.management.reception import documents

CHOOSE = ("", _("Choose"))
SEXES = {"1": _("Male"), "2": _("Female")}

#: What nobody types by a slip: both numbers are asked for later by whoever looks for the person.
_NUMBER, _DOCUMENT = r"^[0-9A-Za-z-]{12,32}$", r"^(?=.*[0-9])\S.+\S$"

#: Cells by the sex they are for.
Cells = list[tuple[str, list[tuple[str, str]]]]


class CellSelect(Choices):
    """Cells in a group for each sex, which `choices.js` leaves out once the other is chosen."""

    def __init__(self, *, by: str = "") -> None:
        super().__init__({"data-choices-by": by} if by else {})

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        """The groups as the template takes them: named by the sex, of which each cell tells too."""
        groups = super().optgroups(name, value, attrs)
        for code, options, _index in groups:
            for option in options if code else ():
                option["attrs"]["data-for"] = code
        return [(SEXES.get(str(code), ""), options, index) for code, options, index in groups]


class AdmissionForm(Form):
    """Who comes, on what ground, and into which cell. The law's refusals are the service's."""

    name = forms.CharField(label=_("Name"), max_length=200)
    sex = forms.ChoiceField(label=_("Sex"), choices=[CHOOSE, *SEXES.items()])
    born = DayField(label=_("Date of birth"), required=False)
    number = forms.RegexField(
        _NUMBER,
        label=_("Custody number"),
        max_length=32,
        help_text=_("Such as 101001001202603020001: facility, day of arrival, running number."),
        error_messages={"invalid": _("A custody number has at least 12 digits or letters.")},
    )
    basis = forms.ChoiceField(label=_("Legal document"))
    basis_number = forms.RegexField(
        _DOCUMENT,
        label=_("Number of the document"),
        max_length=100,
        help_text=_("As it stands on the paper, such as 东公（刑）拘字〔2026〕17号."),
        error_messages={
            "invalid": _("The number of a document has a digit and three signs or more.")
        },
    )
    arrived_at = MomentField(label=_("Arrived at"))
    cell = forms.ChoiceField(label=_("Cell"), widget=CellSelect(by="sex"))
    reason = forms.CharField(
        label=_("Reason for an overfull cell or a late record"),
        required=False,
        max_length=400,
        help_text=_(
            "Needed only where the cell would hold more people than it is certified for, or where the"
            " arrival lies more than seven days back."
        ),
    )

    same_name = forms.CharField(
        label=_("Why this is not the person of the same name who is here"),
        required=False,
        max_length=400,
        help_text=_(
            "Needed only where somebody of this name, sex and birth is in custody already."
        ),
    )

    def __init__(self, *args: Any, facility_kind: str, cells: Cells, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [document.title for document in documents.for_kind(facility_kind)]
        named = [(title.zh, documents.in_words(title)) for title in titles]
        self._choices_of("basis").choices = [CHOOSE, *named]
        self._choices_of("cell").choices = [CHOOSE, *cells]

    def _choices_of(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field


class ErasureForm(Form):
    """On what legal ground, and why."""

    legal_ground = forms.CharField(
        label=_("Legal ground"),
        max_length=200,
        help_text=_("Law and article, or the decision and its number."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
