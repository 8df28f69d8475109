"""What is asked of whoever receives a document of release, plans a day, or lets somebody leave."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui.dates import DayField, MomentField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.widgets import Choices
from custos.management.reception.forms import CHOOSE
from custos.management.reception.release.rules import DIED, Exit


def _ways(exits: list[Exit]) -> list[tuple[str, str]]:
    language = get_language() or ""
    return [(one.id, one.title.within(language)) for one in exits]


class PaperForm(Form):
    """A document as it was received. What doesn't fit is recorded too, and said on the page of the case."""

    way = forms.ChoiceField(label=_("Way out"), widget=Choices)
    number = forms.CharField(label=_("Number of the document"), max_length=100)
    issuer = forms.CharField(
        label=_("Issued by"), max_length=200, help_text=_("As it stands on the document.")
    )
    name = forms.CharField(label=_("Name on the document"), max_length=200)
    ends = forms.CharField(
        label=_("Numbers of the warrants and decisions that it ends"),
        required=False,
        max_length=1000,
        help_text=_("As they stand on the document, one in each line."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    received_at = MomentField(
        label=_("Received at"), help_text=_("Of a death: when the person died.")
    )
    seal = forms.BooleanField(label=_("It bears the seal"), required=False)
    matches = forms.BooleanField(
        label=_("Sex, birth and the other particulars are the person's"), required=False
    )

    def __init__(self, *args: Any, exits: list[Exit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way = self.fields["way"]
        assert isinstance(way, forms.ChoiceField)
        way.choices = [CHOOSE, *_ways([one for one in exits if one.paper])]

    def clean_ends(self) -> list[str]:
        """The numbers, one each."""
        return [line.strip() for line in self.cleaned_data["ends"].splitlines() if line.strip()]


class PlanForm(Form):
    """A day on which somebody is to leave."""

    way = forms.ChoiceField(label=_("Way out"), widget=Choices)
    planned_on = DayField(label=_("Leaves on"))

    prefix = "plan"

    def __init__(self, *args: Any, exits: list[Exit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way = self.fields["way"]
        assert isinstance(way, forms.ChoiceField)
        way.choices = [CHOOSE, *_ways([one for one in exits if one.leads != DIED])]


class RemarkForm(Form):
    """What becomes of what isn't ready; nobody is held back for it."""

    reason = forms.CharField(
        label=_("What becomes of what isn't ready"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
