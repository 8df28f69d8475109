"""Pages and answers of the idle lock."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from custos.foundation import gate, rates
from custos.foundation.accounts import idle
from custos.foundation.errors import CustosError
from custos.foundation.ui import refusals


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "/")
    known = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if known else "/"


@require_http_methods(["GET", "POST"])
@gate.while_locked
@gate.signed_in
@gate.in_no_transaction
@rates.limited("unlock", methods=("POST",))
def lock(request: HttpRequest) -> HttpResponse:
    """The page of a locked desk; unlocks by password or PIN, for a page or for its script."""
    if request.method == "GET":
        if not idle.is_locked(request):
            return redirect(_next(request))
        return _page(request, 423)
    secret = request.POST.get("secret", "")[:128]
    short = idle.has_pin(request) and secret.isdigit() and len(secret) <= idle.MOST_DIGITS
    unlocked = (
        idle.unlock_by_pin(request, secret) if short else idle.unlock_by_password(request, secret)
    )
    if unlocked:
        return HttpResponse(status=204) if _script(request) else redirect(_next(request))
    if idle.is_over(request):
        logout(request)
        return redirect("account_login")
    wrong = _("That is not right.")
    if _script(request):
        return refusals.problem(422, "lock.wrong", wrong)
    return _page(request, 422, wrong)


def _page(request: HttpRequest, status: int, wrong: str = "") -> HttpResponse:
    context = {
        "path": request.get_full_path(),
        "next": _next(request),
        "wrong": wrong,
        "locked": True,  # it hears alarms, which other pages of the way in don't
    }
    return render(request, "accounts/lock.html", context, status=status)


def _script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


@require_POST
@gate.signed_in
def active(request: HttpRequest) -> HttpResponse:
    """A key or a touch; the middleware has noted it."""
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
@gate.while_locked
@gate.signed_in
def state(request: HttpRequest) -> HttpResponse:
    """Whether this session is locked; POST locks it."""
    if request.method == "POST":
        idle.lock(request)
        if not _script(request):
            return redirect("lock")
    return JsonResponse({"locked": idle.is_locked(request)})


@require_GET
@gate.while_locked
@gate.signed_in
def passkey(request: HttpRequest) -> HttpResponse:
    """Where a passkey that was right leads: the desk is unlocked, other pages follow by themselves."""
    idle.unlock_by_proof(request)
    return redirect("/")


class PinForm(forms.Form):
    """A short PIN for this session."""

    pin = forms.CharField(
        label=gettext_lazy("PIN for this shift"),
        max_length=idle.MOST_DIGITS,
        help_text=gettext_lazy(
            "Four to eight digits. It unlocks this desk until you sign out; after five wrong ones"
            " you sign in anew."
        ),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
@gate.signed_in
def pin(request: HttpRequest) -> HttpResponse:
    """Set the PIN."""
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            idle.set_pin(request, form.cleaned_data["pin"])
        except CustosError as error:
            form.add_error("pin", error.message)
        else:
            messages.success(request, _("The PIN counts until you sign out."))
            return redirect("/")
    return render(request, "accounts/pin.html", {"form": form}, status=422 if form.errors else 200)
