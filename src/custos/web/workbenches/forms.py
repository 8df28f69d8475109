"""What an officer says about a task."""

from django import forms
from django.utils.translation import gettext_lazy as _

from custos.prevention.duty.services import LONGEST_ANSWER


class AnswerForm(forms.Form):
    """The result, in words."""

    text = forms.CharField(
        label=_("Result"),
        help_text=_("What you found and what you did. Whoever found it reads this."),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4, "data-press": "f"}),
    )


class WithdrawForm(forms.Form):
    """Why a task is not to be done."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_(
            "For example: pressed by mistake, seen on the screen and asked over the intercom."
        ),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
