"""Switching posts, and the demo's one-click sign-in."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from custos.foundation.accounts import queries
from custos.foundation.accounts.middleware import SESSION_KEY
from custos.foundation.accounts.models import User


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Act for another posting that the account holds."""
    wanted = request.POST.get("posting", "")
    acting = request.acting  # type: ignore[attr-defined]
    if acting and wanted in {str(posting.pk) for posting in acting.postings}:
        request.session[SESSION_KEY] = int(wanted)
    return redirect("/")


@require_POST
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
