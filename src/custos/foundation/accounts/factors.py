"""Forms of django-allauth that do more here: what was wrong is noted, what is old is refused."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import ChangePasswordForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from custos.foundation.accounts import audit, proof

#: Said where allauth would link to a password by e-mail, which no account here has.
FORGOTTEN = _("Forgotten? Your administrator gives you a new password.")


class AgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more, to prove who one is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = FORGOTTEN


class ChangeForm(ChangePasswordForm):  # type: ignore[misc]
    """Another password: one that was handed over must not stay by being typed again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = FORGOTTEN

    def clean_oldpassword(self) -> str:
        """The present password; wrong ones count as failed sign-ins."""
        typed: str = self.cleaned_data.get("oldpassword", "")
        if proof.knows_password(context.request, self.user.get_username(), typed) is None:
            raise get_account_adapter().validation_error("enter_current_password")
        return typed

    def clean(self) -> dict[str, Any]:
        """Refuse the present password as the new one."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("oldpassword") and given["oldpassword"] == given.get("password1"):
            self.add_error("password1", _("Choose another password than the present one."))
        return given


class _Noted:
    """Notes a passkey that is not right."""

    user: Any

    def clean_credential(self) -> Any:
        """The passkey; what isn't right is a row of the sign-ins, and what is none is refused alike."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (ValidationError, KeyError, TypeError, ValueError) as error:
            audit.write("wrong_passkey", self.user, context.request)
            if isinstance(error, ValidationError):
                raise
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeyForm(_Noted, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey at signing in."""


class PasskeyAgainForm(_Noted, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey to prove again who one is."""


class _Named:
    """A passkey has a name of its own, which isn't its holder's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = pgettext("of a thing", "Name")  # type: ignore[attr-defined]


class NewPasskeyForm(_Named, AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that is added."""


class PasskeyNameForm(_Named, EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""
