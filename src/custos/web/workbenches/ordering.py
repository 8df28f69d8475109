"""Orders: what a leader deploys, and what came of it; how far a task is."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Post
from custos.foundation.ui.dates import MomentField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.signs import SEVERITIES
from custos.prevention.duty import orders, queries
from custos.prevention.duty.queries import TaskShown


class _OfficersOf(forms.Select):
    """Officers by the post they hold; the page offers those of the post that is chosen beside it."""

    def __init__(self) -> None:
        super().__init__({"data-choices-by": "post"})

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """An option that says for which post it is: its value begins with the post."""
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if post := str(option["value"]).partition(" ")[0]:
            option["attrs"]["data-for"] = post
        return option


class OrderForm(Form):
    """What is to be done, by whom, where and by when."""

    text = forms.CharField(
        label=gettext_lazy("What is to be done"),
        help_text=gettext_lazy("Whoever takes it on reads nothing else: say what, and what not."),
        max_length=orders.LONGEST_ORDER,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    post = forms.ChoiceField(label=gettext_lazy("Post"))
    officer = forms.ChoiceField(
        label=gettext_lazy("Officer"),
        help_text=gettext_lazy("Named first; others of the post may take it on instead."),
        required=False,
        widget=_OfficersOf,
    )
    cell = forms.ChoiceField(label=gettext_lazy("Cell"), required=False)
    due_at = MomentField(label=gettext_lazy("Result by"))
    severity = forms.TypedChoiceField(label=gettext_lazy("Severity"), coerce=int)

    def __init__(self, *args: Any, acting: Acting, about: TaskShown | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        facility = acting.organization
        takers = [post for post in orders.DEPLOYED if post is not acting.post]
        self.fields["post"].choices = [(post.value, post.title) for post in takers]  # type: ignore[attr-defined]
        holding: dict[Post, list[tuple[str, str]]] = {post: [] for post in takers}
        for one in accounts.holders(facility.pk, takers):
            holding[Post(one.post)].append((f"{one.post} {one.ref}", one.name))
        self.fields["officer"].choices = [  # type: ignore[attr-defined]
            ("", _("Whoever of the post takes it on")),
            *((post.title, officers) for post, officers in holding.items() if officers),
        ]
        self.fields["severity"].choices = list(SEVERITIES.items())  # type: ignore[attr-defined]
        if about is None:
            none = ("", _("No cell: the whole facility"))
            self.fields["cell"].choices = [none, *organizations.cell_choices(facility)]  # type: ignore[attr-defined]
        else:
            # Where it is done stands in the task that it follows from.
            del self.fields["cell"]

    def clean(self) -> dict[str, Any]:
        """An officer is named on the post that is deployed."""
        given = super().clean() or self.cleaned_data
        post, _space, ref = str(given.get("officer") or "").partition(" ")
        if ref and post != given.get("post"):
            self.add_error("officer", _("This officer isn't on the post that you chose."))
        given["officer"] = UUID(ref) if ref else None
        return given


@require_GET
@gate.posts(*orders.GIVERS)
@purpose("duty.orders")
def listed(request: HttpRequest) -> HttpResponse:
    """Orders of the facility, the latest first, each with what came of it."""
    acting = acting_in(request)
    found = orders.listed(acting.actor)
    about = {one.task.custody_id for one in found if one.task.custody_id}
    context = {
        "orders": found,
        "people": custody.named(about) if about else {},
        "organization": acting.organization,
    }
    return render(request, "workbenches/orders.html", context)


@require_http_methods(["GET", "POST"])
@gate.posts(*orders.GIVERS)
@purpose("duty.orders")
def order(request: HttpRequest) -> HttpResponse:
    """Deploy a post: about a cell, the facility, or what a task is about (`?task=`)."""
    acting = acting_in(request)
    about = _task(request, acting)
    first = {
        "due_at": clock.now() + timedelta(hours=1),
        "severity": about.severity if about else 3,
        "cell": request.GET.get("cell", ""),
    }
    form = OrderForm(request.POST or None, initial=first, acting=acting, about=about)
    if request.method == "POST" and form.is_valid():
        try:
            orders.give(
                _given(form.cleaned_data, about), facility=acting.organization.pk, by=acting.actor
            )
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Given. Who takes it on and how far it is stands here."))
            return redirect("duty_orders")
    context = {"form": form, "about": about, "organization": acting.organization}
    status = Malformed.status if form.is_bound else 200
    return render(request, "workbenches/order.html", context, status=status)


def _task(request: HttpRequest, acting: Acting) -> TaskShown | None:
    wanted = request.GET.get("task")
    if not wanted:
        return None
    try:
        return queries.task(UUID(wanted), acting.actor)
    except ValueError:
        raise Missing("task.no_such", _("There is no such task.")) from None


def _given(typed: dict[str, Any], about: TaskShown | None) -> orders.Given:
    due: datetime = typed["due_at"]
    return orders.Given(
        text=typed["text"],
        post=Post(typed["post"]),
        due_at=due,
        severity=typed["severity"],
        officer=typed["officer"],
        cell=UUID(typed["cell"]) if typed.get("cell") else None,
        after=about.id if about else None,
    )
