"""What every form of ours does, and the form that decisions of all modules share."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.errors import CustosError

LONGEST_REASON = 1000
_TOO_LONG = _("At most %(limit_value)d characters; this is %(show_value)d.")
_TOO_SHORT = _("At least %(limit_value)d characters.")


#: In a browser `form.matches` is the field of that name, where there is one.
_OF_ELEMENTS = frozenset({"matches", "closest", "contains"})


def asked_where_needed(field: forms.Field) -> None:
    """Say of a field that may be empty that it isn't simply optional: another answer decides, and its help
    or the form says which.
    """
    field.where_needed = True  # type: ignore[attr-defined]


class Form(forms.Form):
    """A form whose empty fields say what is to be filled in or chosen, by name, and whose words that
    are too many or too few are counted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            values = {"field": field.label or name}
            if isinstance(field, forms.ChoiceField):
                said = gettext("Choose: %(field)s.")
            elif isinstance(field, forms.BooleanField):
                said = gettext("Tick: %(field)s.")
            else:
                said = gettext("Fill in: %(field)s.")
            field.error_messages["required"] = said % values
            field.error_messages["max_length"] = _TOO_LONG
            field.error_messages["min_length"] = _TOO_SHORT

    def add_prefix(self, field_name: str) -> str:
        """The name in the page: none that would stand in the way of what scripts ask of the form itself."""
        name = super().add_prefix(field_name)
        return f"{name}_" if name in _OF_ELEMENTS else name

    def say(self, error: CustosError) -> None:
        """Put everything that a refusal found at the field that it is about."""
        for found in error.findings:
            self.add_error(found.field if found.field in self.fields else None, found.words)


class ReasonForm(Form):
    """Why somebody decides something: asked by the dialog of a decision. A word is no reason."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Whoever reads the record later must understand it without asking you."),
        min_length=4,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, help_text: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if help_text:
            self.fields["reason"].help_text = help_text
