"""What is asked for a token."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from custos.foundation.api import scopes, services
from custos.foundation.record.parties import Post
from custos.foundation.ui.forms import Form


class TokenForm(Form):
    """Which program will use it, what it may do as far as its holder's post may, and for how long."""

    name = forms.CharField(
        label=_("Name of the token"),
        max_length=100,
        help_text=_("The program that will use it, such as: roster of the duty room."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than your post may. Choose as little as the program needs."),
    )
    days = forms.IntegerField(
        label=_("Valid for days"),
        min_value=1,
        max_value=services.LONGEST_DAYS,
        initial=services.USUAL_DAYS,
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields["scopes"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = list(scopes.of_post(post).items())
