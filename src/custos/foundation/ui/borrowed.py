"""Sentences of Django and django-allauth that users read, so that their Chinese is ours: one word a thing.

Nothing imports this. The catalogue of this app stands before theirs, and whatever is marked here is
translated in it: 账号, 验证码, 恢复码, 通行密钥, 二次验证. What a template says stands in the template.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

FORMS = (
    _("Authenticator code"),
    _("Backup key"),
    _("Code"),
    _("Current Password"),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Key nr. {number}"),
    _("Master key"),
    _("New Password"),
    _("New Password (again)"),
    _("Password (again)"),
    _("Please type your current password."),
    _("The username and/or password you specified are not correct."),
    _("This account is currently inactive."),
    _("Too many failed login attempts. Try again later."),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You must type the same password each time."),
)

MESSAGES = (
    _("A new set of recovery codes has been generated."),
    _("Authenticator app activated."),
    _("Authenticator app deactivated."),
    _("Password successfully changed."),
    _("Security key added."),
    _("Security key removed."),
    _("This functionality requires JavaScript."),
)

PASSWORDS = (
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be too similar to your other personal information."),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
)
