"""What is asked at the door, in the short form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from custos.management.reception import documents

CHOOSE = ("", _("Choose"))


class AdmissionForm(forms.Form):
    """Who comes, on what ground, and into which cell. The law's refusals are the service's."""

    name = forms.CharField(label=_("Name"), max_length=200)
    sex = forms.ChoiceField(label=_("Sex"), choices=[CHOOSE, ("1", _("Male")), ("2", _("Female"))])
    born = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    basis = forms.ChoiceField(label=_("Legal document"))
    basis_number = forms.CharField(label=_("Number of the document"), max_length=100)
    number = forms.CharField(label=_("Custody number"), max_length=32)
    arrived_at = forms.DateTimeField(
        label=_("Arrived at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )
    cell = forms.ChoiceField(label=_("Cell"))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=400,
        help_text=_("Needed only where the cell would hold more people than it is certified for."),
    )

    def __init__(
        self, *args: Any, facility_kind: str, cells: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        titles = [document.title for document in documents.for_kind(facility_kind)]
        self._choices_of("basis").choices = [CHOOSE, *((title, title) for title in titles)]
        self._choices_of("cell").choices = [CHOOSE, *cells]

    def _choices_of(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field


class MoveForm(forms.Form):
    """To which cell, and why."""

    cell = forms.ChoiceField(label=_("Cell"))
    reason = forms.CharField(label=_("Reason"), max_length=400)

    def __init__(self, *args: Any, cells: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["cell"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [CHOOSE, *cells]
