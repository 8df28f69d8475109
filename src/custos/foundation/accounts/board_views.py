"""Pages that make and revoke wall boards, and where a screen types its code."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import boards
from custos.foundation.accounts.models import Board
from custos.foundation.errors import CustosError
from custos.foundation.ui.forms import ReasonForm


class BoardForm(forms.Form):
    """Where the board hangs."""

    name = forms.CharField(label=gettext_lazy("Where it hangs"), max_length=100)


class CodeForm(forms.Form):
    """The code of a board."""

    code = forms.CharField(
        label=gettext_lazy("Code for the screen"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
@gate.posts(*boards.ENROLLING)
def manage(request: HttpRequest) -> HttpResponse:
    """The boards of one's organization; makes one, revokes the one named by `revoke` for a reason, or gives
    the one named by `renew` a new code.
    """
    acting: Any = request.acting  # type: ignore[attr-defined]
    wanted = request.POST.get("revoke", "")
    lost = request.POST.get("renew", "")
    making = request.method == "POST" and not wanted and not lost
    form = BoardForm(request.POST if making else None)
    why = ReasonForm(request.POST if wanted else None, auto_id=f"revoke-{wanted}-%s")
    if wanted and why.is_valid():
        with suppress(ValueError):
            boards.revoke(UUID(wanted), reason=why.cleaned_data["reason"], by=acting)
        messages.success(request, _("Switched off. The screen shows nothing any more."))
        return redirect("boards")
    if lost:
        with suppress(ValueError):
            return _shown_once(request, *boards.renew(UUID(lost)))
    if form.is_bound and form.is_valid():
        return _shown_once(request, *boards.make(form.cleaned_data["name"], by=acting))
    name, code = request.session.pop(_MADE, ("", "")) if request.method == "GET" else ("", "")
    now = clock.now()
    rows = [
        (
            one,
            one.state_at(now),
            why if str(one.pk) == wanted else ReasonForm(auto_id=f"revoke-{one.pk}-%s"),
        )
        for one in boards.known()
    ]
    context = {
        "rows": rows,
        "form": form,
        "code": code,
        "made": name,
        "where": request.build_absolute_uri(reverse("board_enroll")),
    }
    status = 422 if form.errors or why.errors else 200
    return render(request, "accounts/boards.html", context, status=status)


#: In the session: the name and code of a board that was just made, for the next look at the page.
_MADE = "board_made"


def _shown_once(request: HttpRequest, board: Board, code: str) -> HttpResponse:
    """To the page, which then shows the code; loaded again it shows none and makes none."""
    request.session[_MADE] = (board.name, code)
    return redirect("boards")


@require_http_methods(["GET", "POST"])
@gate.everybody
def enroll(request: HttpRequest) -> HttpResponse:
    """Where a screen becomes a board by a code."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token = boards.enroll(form.cleaned_data["code"])
        except CustosError as error:
            form.add_error("code", f"{error.message} {error.mend}")
        else:
            answer = redirect("board")
            answer.set_cookie(
                boards.COOKIE,
                token,
                max_age=boards.COOKIE_FOR,
                httponly=True,
                secure=request.is_secure(),
                samesite="Strict",
            )
            return answer
    status = 422 if form.errors else 200
    return render(request, "accounts/board_enroll.html", {"form": form}, status=status)
