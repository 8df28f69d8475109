"""How django-allauth is used here: staff sign in; nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator, never by a visitor of the sign-in page."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs up."""
        return False
