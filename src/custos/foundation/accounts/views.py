"""Switching posts, the demo's one-click sign-in, and what waits for a second person."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from custos.foundation import clock, gate
from custos.foundation.accounts import confirmations, queries, sessions
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.deciding import ProofForm
from custos.foundation.accounts.middleware import SESSION_KEY, purpose
from custos.foundation.accounts.models import User
from custos.foundation.errors import CustosError, Missing
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui import refusals

#: Who asks for a second person, or is one.
_CONFIRMING = (*DUTY_POSTS, Post.SECURITY_ADMIN, Post.SYSTEM_ADMIN)


@require_POST
@gate.signed_in
def switch(request: HttpRequest) -> HttpResponse:
    """Act for another posting that the account holds."""
    wanted = request.POST.get("posting", "")
    acting = request.acting  # type: ignore[attr-defined]
    if acting and wanted in {str(posting.pk) for posting in acting.postings}:
        request.session[SESSION_KEY] = int(wanted)
    return redirect("/")


@require_http_methods(["GET", "POST"])
@gate.signed_in
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in. POST ends the session of a `handle`, or without one all others."""
    if request.method == "POST":
        ended = sessions.end(request, request.POST.get("handle", "")[:64])
        messages.success(
            request,
            ngettext("%(number)s session has ended.", "%(number)s sessions have ended.", ended)
            % {"number": ended},
        )
        return redirect("sessions")
    return render(request, "accounts/sessions.html", {"sessions": sessions.of(request)})


@gate.everybody
def by_mail(request: HttpRequest, **_parts: str) -> HttpResponse:
    """Instead of a password by e-mail, which no account has: who gives a new one."""
    return refusals.page(
        request,
        404,
        _("Passwords aren't reset by e-mail here."),
        _("Ask your administrator for a new password."),
    )


@require_POST
@gate.everybody
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's roles; there is no such page outside a demo."""
    username = request.POST.get("username", "")
    if not settings.DEMO or username not in {role.username for role in queries.demo_roles()}:
        raise Http404
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Http404
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/")


@require_GET
@gate.posts(*_CONFIRMING)
@purpose("confirmations")
def confirmations_list(request: HttpRequest) -> HttpResponse:
    """Grave acts that wait for me as the second person, and those I asked for."""
    acting: Acting = request.acting  # type: ignore[attr-defined]
    waiting, asked = confirmations.waiting_for(acting), confirmations.asked_lately(acting)
    context = {
        "waiting": confirmations.shown(waiting),
        "asked": [(one, one.act.url(one.row.content)) for one in confirmations.shown(asked)],
        "organization": acting.organization,
    }
    live = request.headers.get("X-Live") == "true"
    template = "accounts/_confirmations.html" if live else "accounts/confirmations.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@gate.posts(*_CONFIRMING)
@purpose("confirmations")
def confirmation(request: HttpRequest, confirmation_id: UUID) -> HttpResponse:
    """One of them: exactly what will be done, by whom, on what ground; confirm or refuse."""
    acting: Acting = request.acting  # type: ignore[attr-defined]
    row = next((r for r in confirmations.waiting_for(acting) if r.pk == confirmation_id), None)
    if row is None:
        raise Missing(
            "confirmation.no_such",
            _("There is no such confirmation."),
            mend=_("It may have been answered, or be too old."),
        )
    form, act = ProofForm(request), confirmations.act_of(row.act)
    if request.method == "POST":
        refuses = "decline" in request.POST
        try:
            if refuses:
                confirmations.decline(row.pk, by=acting)
                messages.info(request, _("Refused. Whoever asked has to ask anew."))
                return redirect("confirmations")
            if form.is_valid():
                confirmations.confirm(row.pk, by=acting, proven_at=form.proven_at)
                messages.success(
                    request,
                    _("Confirmed. Whoever asked may do exactly this, once, until %(until)s.")
                    % {"until": row.expires_at.astimezone(clock.LOCAL).strftime("%H:%M")},
                )
                return redirect("confirmations")
        except CustosError as error:
            form.say(error)
    (one,) = confirmations.shown([row])
    context = {
        "row": row,
        "one": one,
        "act": act,
        "post": confirmations.post_of(row),
        "lines": [(label, value) for label, value in act.lines(row.content) if value != row.ground],
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/confirmation.html", context, status=status)
