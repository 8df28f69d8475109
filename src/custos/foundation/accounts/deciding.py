"""The form of a decision of two: own proof, and the second person at the same desk or later."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import confirmations, proof, queries
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.accounts.models import Confirmation, User
from custos.foundation.database import scope
from custos.foundation.errors import NotAllowed
from custos.foundation.record.parties import Post
from custos.foundation.ui.forms import Form, asked_where_needed

_SECRET = {"autocomplete": "off"}


class ProofForm(Form):
    """One's own password, and the code of the app where one is used; asked unless given just now.

    `sent` says whether what was posted is this form, on a page that has several.
    """

    own_password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs=_SECRET), strip=False
    )
    own_code = forms.CharField(
        label=_("Your code"),
        required=False,
        max_length=8,
        help_text=_("From your authenticator app, where you use one."),
        widget=forms.TextInput(attrs=_SECRET | {"inputmode": "numeric"}),
    )

    def __init__(self, request: HttpRequest, *, sent: bool = True) -> None:
        super().__init__(request.POST if request.method == "POST" and sent else None)
        self.request = request
        if proof.is_fresh(request):
            del self.fields["own_password"], self.fields["own_code"]

    def clean(self) -> dict[str, Any]:
        """Refuse a password that isn't right, without undoing that it was counted."""
        given = super().clean() or {}
        self.proven_at = proof.last(self.request)
        if "own_password" in self.fields and not self.errors:
            me = self.request.user.get_username()
            if not proof.of(self.request, me, given["own_password"], given.get("own_code", "")):
                self.say(proof.wrong("own_password"))
            self.proven_at = clock.now()
        return given


class TwoPersonForm(ProofForm):
    """Besides, the second person at this desk; empty to ask for one who confirms from elsewhere."""

    second_name = forms.CharField(
        label=_("Second person's user name"),
        required=False,
        max_length=64,
        help_text=_("Here at this desk. Left empty, the request stands in their list."),
        widget=forms.TextInput(attrs=_SECRET),
    )
    second_password = forms.CharField(
        label=_("Second person's password"),
        required=False,
        widget=forms.PasswordInput(attrs=_SECRET),
        strip=False,
    )
    second_code = forms.CharField(
        label=_("Second person's code"),
        required=False,
        max_length=8,
        widget=forms.TextInput(attrs=_SECRET | {"inputmode": "numeric"}),
    )

    second: User | None = None
    #: The request that stands in the lists of others, whatever else is wrong.
    filed: Confirmation | None = None

    def __init__(self, request: HttpRequest, *, sent: bool = True) -> None:
        super().__init__(request, sent=sent)
        # Whoever is at this desk types both; where nobody is, neither is asked.
        for name in ("second_name", "second_password"):
            asked_where_needed(self.fields[name])

    def clean(self) -> dict[str, Any]:
        """Find the second person by name and password, where one is named."""
        given = super().clean()
        if given.get("second_name") and not self.errors:
            try:
                self.second = proof.at_this_desk(
                    self.request,
                    given["second_name"],
                    given.get("second_password", ""),
                    given.get("second_code", ""),
                )
            except NotAllowed as refusal:
                self.say(refusal)
        return given


def decided(
    form: TwoPersonForm,
    act: str,
    content: Content,
    *,
    organization_id: int,
    asked: Confirmation | None,
    by: Acting,
    ground: str = "",
) -> UUID | None:
    """The confirmation with which the act may be done now, or None where it waits for somebody.

    `ground` is on what it rests, where the content doesn't say so.

    Takes up what was asked before where it is for the same content; otherwise asks anew.
    """
    if asked is None or asked.digest != confirmations.digest_of(act, content):
        ground = ground or str(content.get("legal_ground") or content.get("reason") or "")
        asked = confirmations.ask(
            act,
            content,
            organization_id=organization_id,
            ground=ground,
            by=by,
            proven_at=form.proven_at,
        )
    form.filed = asked
    if form.second is not None and asked.confirmed_at is None:
        # What was asked before may no longer be possible; nobody signs it then.
        confirmations.act_of(act).check(content, by)
        second = _acting_for(form.second, confirmations.act_of(act).seconds, organization_id)
        with scope.entered(second.scope):
            confirmations.confirm(asked.pk, by=second, proven_at=clock.now())
        form.filed = None
        return asked.pk
    return asked.pk if asked.confirmed_at else None


def answered(
    request: HttpRequest, confirmed: UUID | None, done: Any, *go: Any, **where: Any
) -> HttpResponse:
    """What is said after a decision: `done` and on to a page, named as `redirect()` names it, or that it
    waits for the second person.
    """
    if confirmed is None:
        messages.info(request, _("Asked. Whoever may confirm it sees it in their list."))
        return redirect(request.path)
    messages.success(request, done)
    onward: HttpResponse = redirect(*go, **where)
    return onward


def _acting_for(user: User, posts: Iterable[Post], organization_id: int) -> Acting:
    """Somebody on the posting of theirs that may be the second person here."""
    held = queries.acting_of(user)
    for posting in held.postings if held else ():
        acting = queries.acting_of(user, posting.pk)
        if acting and acting.post in posts and acting.scope.covers(organization_id):
            return acting
    raise NotAllowed(
        "confirmation.post",
        _("This colleague holds no post that may confirm this."),
        field="second_name",
    )
