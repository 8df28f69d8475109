"""What an officer says about a task."""

from django import forms
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui.forms import Form
from custos.prevention.duty.services import LONGEST_ANSWER


class AnswerForm(Form):
    """The result, in words."""

    text = forms.CharField(
        label=_("Result"),
        help_text=_("What you found and what you did. Whoever found it reads this."),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4, "data-press": "f"}),
    )
