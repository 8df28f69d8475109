"""How django-allauth is used here: staff sign in; nobody signs up."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from custos.foundation.accounts import services
from custos.foundation.record.parties import Actor


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator, never by a visitor of the sign-in page."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs up."""
        return False

    def set_password(self, user: Any, password: str) -> None:
        """A password of the holder's own choice: nobody else knows it any more. Personal tokens end."""
        user.must_change_password = False
        with transaction.atomic():
            super().set_password(user, password)
            services.credentials_ended(user, by=Actor.system("accounts"))

    def get_password_change_redirect_url(self, request: Any) -> str:
        """On to the post's first page."""
        return "/"


class FactorAdapter(DefaultMFAAdapter):
    """Keeps secrets of second factors encrypted, by a key that the database doesn't hold."""

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """As it was."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"custos second factors")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
