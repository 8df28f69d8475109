"""Pages of the three administrators: accounts (security) and logs (audit)."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import (
    acts,
    administration,
    audit,
    breakglass,
    confirmations,
    locking,
)
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.administration import Place, Proof
from custos.foundation.accounts.audit import Wanted
from custos.foundation.accounts.deciding import ProofForm, TwoPersonForm, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.accounts.models import Confirmation, Staff
from custos.foundation.errors import Conflict, CustosError, Malformed
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import DUTY_POSTS, Post, StaffKind
from custos.foundation.ui import ports
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.forms import LONGEST_REASON, Form, ReasonForm

PAGE = 50
#: Nothing is chosen for who puts somebody on a post: a wrong one is quickly left standing.
CHOOSE = ("", gettext_lazy("Choose"))


class PlaceForm(Form):
    """Where and as what somebody works."""

    organization = forms.ChoiceField(label=gettext_lazy("Organization"))
    post = forms.ChoiceField(
        label=gettext_lazy("Post"), choices=[CHOOSE, *((p.value, p.title) for p in Post)]
    )
    crew = forms.IntegerField(
        label=gettext_lazy("Crew"),
        required=False,
        min_value=1,
        max_value=20,
        help_text=gettext_lazy("For those who work in shifts."),
    )

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=gettext_lazy(
            "Needed for a post that confirms grave acts; the second person reads it."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, by: Acting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Organization.objects.filter(
            pk__gte=by.scope.lowest, pk__lte=by.scope.highest, closed_on__isnull=True
        ).order_by("id")
        self.organizations = {str(one.pk): one for one in known}
        field = self.fields["organization"]
        assert isinstance(field, forms.ChoiceField)
        known_ones = [(pk, one.name) for pk, one in self.organizations.items()]
        field.choices = known_ones if len(known_ones) == 1 else [CHOOSE, *known_ones]

    def place(self) -> Place:
        """What was chosen."""
        given = self.cleaned_data
        return Place(self.organizations[given["organization"]], Post(given["post"]), given["crew"])


class MemberForm(PlaceForm):
    """A new member of staff and their first post."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=64)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    number = forms.CharField(label=gettext_lazy("Service number"), max_length=32, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("By law"), choices=[CHOOSE, *((k.value, k.title) for k in StaffKind)]
    )

    field_order = ("username", "name", "number", "kind", "organization", "post", "crew", "reason")


class PostForm(PlaceForm):
    """One more post of a member of staff, who gets a service number where they have none."""

    number = forms.CharField(
        label=gettext_lazy("Service number"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("They have none yet; whoever confirms grave acts needs one."),
    )

    field_order = ("number", "organization", "post", "crew", "reason")

    def __init__(self, *args: Any, member: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member.number_key:
            del self.fields["number"]


def _number(request: HttpRequest) -> int:
    wanted = request.GET.get("page", "1")
    return max(1, int(wanted)) if wanted.isdecimal() and len(wanted) < 7 else 1


@require_GET
@gate.posts(Post.SECURITY_ADMIN)
def accounts(request: HttpRequest) -> HttpResponse:
    """Members of staff with what they hold."""
    search, number = request.GET.get("q", "").strip()[:64], _number(request)
    shown, total = administration.staff(search, offset=(number - 1) * PAGE)
    page = Paginator(range(total), PAGE).get_page(number)
    locked = locking.locked_until(member.user.username for member in shown)
    members = [(member, locked.get(member.user.username)) for member in shown]
    context = {"members": members, "total": total, "page": page, "search": search}
    return render(request, "accounts/accounts.html", context)


def _asked(acting: Acting, act: str, **about: str) -> Confirmation | None:
    """What the administrator has asked for about this account, the latest of it."""
    rows = [
        row
        for row in confirmations.asked_by(acting)
        if row.act == act and about.items() <= row.content.items()
    ]
    return rows[-1] if rows else None


def _proof(
    form: TwoPersonForm,
    act: str,
    content: Any,
    organization_id: int,
    by: Acting,
    reason: str,
) -> Proof | None:
    """The proof with which it is done now, or None where it waits for a second person."""
    digest = confirmations.digest_of(act, content)
    same = [
        row
        for row in confirmations.asked_by(by)
        if row.digest == digest and row.declined_at is None
    ]
    confirmed = decided(
        form,
        act,
        content,
        organization_id=organization_id,
        # Of several requests for the same the one that somebody has confirmed.
        asked=max(same, key=lambda row: row.confirmed_at is not None, default=None),
        by=by,
        ground=reason,
    )
    return Proof(form.proven_at, confirmed) if confirmed else None


def _waits(request: HttpRequest) -> None:
    messages.info(
        request,
        _("Asked. Whoever may confirm it sees it in their list; then send this once more."),
    )


@require_http_methods(["GET", "POST"])
@gate.posts(Post.SECURITY_ADMIN)
def account_new(request: HttpRequest) -> HttpResponse:
    """A new account; its password is shown once, to be handed over."""
    acting = acting_in(request)
    sent = request.method == "POST"
    username = request.POST.get("username", "") or request.GET.get("username", "")
    asked = _asked(acting, acts.MAKE, username=username)
    form = MemberForm(request.POST if sent else None, by=acting, initial=_said_before(asked))
    own = TwoPersonForm(request)
    if sent and form.is_valid() and own.is_valid():
        given = form.cleaned_data
        kind, place = StaffKind(given["kind"]), form.place()
        about = (given["username"], given["name"], given["number"], kind, place)
        try:
            proof: Proof | None = Proof(own.proven_at)
            if administration.confirms(place.post):
                content = administration.content_of_new(*about)
                at = place.organization.pk
                proof = _proof(own, acts.MAKE, content, at, acting, given["reason"])
            if proof is None:
                _waits(request)
                return redirect(confirmations.act_of(acts.MAKE).url(content))
            made, password = administration.make_account(
                given["username"],
                name=given["name"],
                number=given["number"],
                kind=kind,
                place=place,
                by=acting,
                proof=proof,
                reason=given["reason"],
            )
        except CustosError as error:
            if error.field in own.fields:
                own.say(error)
            else:
                form.say(error)
        else:
            return _handed_over(request, made.pk, made.user.username, password)
    status = Malformed.status if form.errors or own.errors else 200
    context = {"form": form, "proof": own, "asked": asked}
    return render(request, "accounts/account_new.html", context, status=status)


def _handed_over(request: HttpRequest, staff_id: UUID, name: str, password: str) -> HttpResponse:
    context = {"staff_id": staff_id, "username": name, "password": password}
    return render(request, "accounts/account_password.html", context)


#: What opens an account to somebody, by the `do` of the page.
_OPENING = {
    "post": acts.POST,
    "new_password": acts.PASSWORD,
    "reset_factors": acts.FACTORS,
}


@require_http_methods(["GET", "POST"])
@gate.posts(Post.SECURITY_ADMIN)
def account(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    """One member of staff: postings, and what may be done about the account (`do` says which)."""
    acting = acting_in(request)
    found, postings, second_factor = administration.member(staff_id)
    do, posting_id = request.POST.get("do", ""), _posting_id(request)
    sent = request.POST if request.method == "POST" else None
    asked = {what: _asked(acting, act, staff=str(staff_id)) for what, act in _OPENING.items()}
    posted = asked["post"]
    form = PostForm(
        sent if do == "post" else None, by=acting, member=found, initial=_said_before(posted)
    )
    # Each decision has its dialog, and so a reason of its own; what was sent is checked by the one.
    reasons = {
        one: _reason(sent, one, do, asked.get(one))
        for one in (*_DONE, "new_password")
        if one != "end"
    }
    ends = {
        one.pk: _reason(sent, f"end-{one.pk}", f"{do}-{posting_id}")
        for one in postings
        if one.until is None
    }
    why = ends.get(posting_id) if do == "end" else reasons.get(do)
    # Whoever does these could then be somebody else: the administrator proves again who they are.
    confirms = administration.can_confirm(found)
    proofs = {
        one: (TwoPersonForm if confirms or one == "post" else ProofForm)(request, sent=do == one)
        for one in _OPENING
    }
    for name, one in proofs.items():
        one.auto_id = f"{name}-%s"
    own = proofs.get(do)
    if request.method == "POST" and _all_valid(why, own, form if do == "post" else None):
        try:
            if own is not None:
                reason = (why or form).cleaned_data["reason"]
                password = _open(request, found, do, form, reason, own)
                if password:
                    return _handed_over(request, staff_id, found.user.username, password)
            elif why is not None:
                _does(do, staff_id, posting_id, why.cleaned_data["reason"], acting)
                messages.success(request, _DONE[do])
            elif do == "end":
                raise Conflict("posting.ended", _("This posting has ended already."))
            else:
                raise Malformed("account.do", _("Say what is to be done."))
        except CustosError as error:
            if own is not None and error.field in own.fields:
                own.say(error)
            elif do == "post":
                form.say(error)
            else:
                messages.error(request, error.words)
        if not form.errors and not (own and own.errors):
            return redirect("account", staff_id=staff_id)
    wrong = form.errors or (why and why.errors) or (own and own.errors)
    context = {
        "member": found,
        "postings": [(posting, ends.get(posting.pk)) for posting in postings],
        "second_factor": second_factor,
        "locked_until": locking.locked_until([found.user.username]).get(found.user.username),
        "form": form,
        "reasons": reasons,
        "proofs": proofs,
        "confirms": confirms,
        "asked": [
            (row, confirmations.act_of(row.act)) for row in asked.values() if row is not None
        ],
        "own": found.pk == acting.staff.pk,
    }
    status = Malformed.status if wrong else 200
    return render(request, "accounts/account.html", context, status=status)


def _said_before(asked: Confirmation | None) -> dict[str, Any] | None:
    """What somebody who comes back to do what they asked for finds in the form again."""
    return {**asked.content, "reason": asked.ground} if asked else None


def _posting_id(request: HttpRequest) -> int:
    wanted = request.POST.get("posting", "")
    return int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0


def _reason(sent: Any, name: str, do: str, asked: Confirmation | None = None) -> ReasonForm:
    # What a second person was told is there again for whoever comes back to do it.
    initial = {"reason": asked.ground} if asked else None
    return ReasonForm(sent if name == do else None, auto_id=f"{name}-%s", initial=initial)


def _all_valid(*several: forms.Form | None) -> bool:
    # Each is asked, so that everything that is wrong is said at once.
    answers = [form.is_valid() for form in several if form is not None]
    return all(answers)


def _does(do: str, staff_id: UUID, posting_id: int, reason: str, by: Acting) -> None:
    if do == "end":
        today = clock.today()
        administration.end_posting(staff_id, posting_id, today, reason=reason, by=by)
    else:
        _DEEDS[do](staff_id, reason=reason, by=by)


def _open(
    request: HttpRequest, member: Staff, do: str, form: PlaceForm, reason: str, own: ProofForm
) -> str:
    """Do it, or ask for the second person where one is needed; returns the password to hand over."""
    acting, place = acting_in(request), form.place() if do == "post" else None
    content: dict[str, Any] = {"staff": str(member.pk)}
    needed, at, number = True, member.organization_id, ""
    if place:
        number = form.cleaned_data.get("number", "")
        content = administration.content_of_post(member.pk, place, number)
        needed, at = administration.confirms(place.post), place.organization.pk
    proof: Proof | None = Proof(own.proven_at)
    if needed and isinstance(own, TwoPersonForm):
        proof = _proof(own, _OPENING[do], content, at, acting, reason)
    if proof is None:
        _waits(request)
    elif place:
        administration.put_on_post(member.pk, place, number=number, by=acting, proof=proof)
        messages.success(request, _("Done. The post counts from today."))
    elif do == "reset_factors":
        administration.reset_factors(member.pk, reason=reason, by=acting, proof=proof)
        messages.success(request, _DONE[do])
    else:
        return administration.new_password(member.pk, reason=reason, by=acting, proof=proof)
    return ""


_DEEDS: dict[str, Any] = {
    "close": administration.close_account,
    "open": administration.open_account,
    "unlock": administration.unlock,
}
_DONE = {
    "close": gettext_lazy("The account is closed. Its open sessions end with their next page."),
    "open": gettext_lazy("The account is open again."),
    "reset_factors": gettext_lazy("The second factors are taken away."),
    "unlock": gettext_lazy("The account is unlocked."),
    "end": gettext_lazy("The post ends with today."),
}


class WantedForm(forms.Form):
    """Filters of a log."""

    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=64)
    what = forms.ChoiceField(required=False)
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)

    def __init__(
        self, *args: Any, choices: list[tuple[str, Any]], what: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        field.label, field.choices = what, [("", _("everything")), *choices]


class AccessWantedForm(WantedForm):
    """Filters of the access log: besides, whose data it was."""

    whom = forms.CharField(
        label=gettext_lazy("Of whom, by custody number"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"size": 24}),  # a number of 21 digits is seen whole
    )

    field_order = ("whom", "who", "what", "since", "until")

    def clean_whom(self) -> str:
        """A number that nobody here has finds nothing, which would read as "nobody looked"."""
        number = str(self.cleaned_data["whom"]).strip()
        if number and not ports.people_by_number(number):
            raise forms.ValidationError(_("Nobody here has this custody number. Type it whole."))
        return number


def _log(
    request: HttpRequest,
    template: str,
    ask: Any,
    choices: list[tuple[str, Any]],
    what: Any,
    form_class: type[WantedForm] = WantedForm,
) -> HttpResponse:
    form = form_class(request.GET or None, choices=choices, what=what)
    wanted = Wanted(**form.cleaned_data) if form.is_bound and form.is_valid() else Wanted()
    number = _number(request)
    # Asked about somebody whom nobody knows, everything would read as an answer.
    unknown = "whom" in form.errors
    rows, total = ([], 0) if unknown else ask(wanted, offset=(number - 1) * PAGE)
    page = Paginator(range(total), PAGE).get_page(number)
    context = {"rows": rows, "total": total, "page": page, "form": form, "unknown": unknown}
    return render(request, template, context)


@require_GET
@gate.posts(Post.AUDIT_ADMIN)
def access_log(request: HttpRequest) -> HttpResponse:
    """Who looked at data of people in custody, for what."""
    choices = [*audit.purposes(), (audit.OTHER, _("others, named by programs"))]
    template = "accounts/access_log.html"
    return _log(request, template, audit.accesses, choices, _("Purpose"), AccessWantedForm)


@require_GET
@gate.posts(Post.AUDIT_ADMIN)
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Who signed in and out, and who tried."""
    choices = [(code, title) for code, (_tone, title) in audit.WHAT.items()]
    return _log(request, "accounts/sign_ins.html", audit.sign_ins, choices, _("What"))


@require_GET
@gate.posts(*breakglass.LISTED_FOR)
@purpose("custody.glass")
def glass(request: HttpRequest) -> HttpResponse:
    """Who opened, in an emergency, what their post doesn't read, and of whom.

    Whoever has to judge it reads of whom by name; an administrator, who opens no file, by nothing else.
    """
    number = _number(request)
    rows, total = breakglass.listed(offset=(number - 1) * PAGE)
    page = Paginator(range(total), PAGE).get_page(number)
    acting: Acting = request.acting  # type: ignore[attr-defined]
    people = ports.people_of(row.custody_id for row in rows)
    context = {
        "opens_files": acting.post in DUTY_POSTS,
        "rows": [(row, people.get(row.custody_id)) for row in rows],
        "total": total,
        "page": page,
    }
    return render(request, "accounts/glass.html", context)
