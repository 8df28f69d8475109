"""A certified copy of a person's file, for the person (Nelson Mandela Rule 9; 个人信息保护法 第45条).

It holds the entries that are about the person and that all staff may read. What medical staff wrote is
copied by them; sealed complaints and what happened in a cell without naming the person stay out.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.documents import contents
from custos.foundation.documents import services as documents
from custos.foundation.documents.models import Issued
from custos.foundation.errors import CustosError, Malformed
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Audience, Post
from custos.foundation.ui.forms import ReasonForm
from custos.management.reception import registers
from custos.management.reception.release import gathered

#: Approved by the facility's leader, with a reason: nobody else hands out a whole file.
COPYING = (Post.LEADER,)
#: More than any stay has known; a copy that leaves something out would not be one.
MOST_ENTRIES = 10_000
#: A copy doesn't say where the case stands, so it names the person by the word that says nothing of it.
_STAGE = "unstated"


def make(custody_id: UUID, reason: str, *, by: Acting) -> Issued:
    """Issue the copy of one stay's file as a paper, on the record.

    Raises `Missing` for a stay out of scope, `NotAllowed` for another post than the leader's,
    `Malformed` for a file of more than `MOST_ENTRIES` entries.
    """
    person = custody.person(custody_id)
    facility = organizations.organization(person.organization_id)
    with translation.override("zh-hans"):
        return documents.issue(
            "D25",
            _content(person, reason),
            about=custody.subject_of(custody_id),
            facility=facility,
            by=by.actor,
            printed_by=f"{by.staff.name}（{by.post.title}）",
            reason=reason,
        )


def _content(person: PersonShown, reason: str) -> contents.FileCopy:
    own = scope.current()
    with scope.entered(replace(own, audiences=frozenset({int(Audience.STAFF)}))):
        lines = record.timeline(
            detainee=person.detainee_id, since=person.admitted_at, limit=MOST_ENTRIES + 1
        )
    if len(lines) > MOST_ENTRIES:
        raise Malformed(
            "copy.too_long",
            _("This file has more than %(most)s entries."),
            mend=_("Ask whoever runs the installation to export it."),
            most=MOST_ENTRIES,
        )
    names = accounts.writers_of([line for line in lines if line.second_ref])
    return contents.FileCopy(
        stage=_STAGE,
        person=contents.Person(
            name=person.name,
            sex=contents.Sex(person.sex),
            born=person.born,
            number=person.number,
        ),
        reason=reason,
        basis=_basis(person),
        admitted_at=person.admitted_at,
        lines=tuple(
            contents.Line(
                number=line.seq,
                at=f"{line.occurred_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}",
                title=line.title,
                text=line.text,
                by=registers.by_whom(line, names),
                corrected=line.corrected,
                erased=line.erased,
            )
            for line in reversed(lines)
            if line.custody_id in (None, person.custody_id)
        ),
    )


def _basis(person: PersonShown) -> str:
    """The documents on which somebody is held, in Chinese as the copy is; once they left, that at first."""
    admitted = f"{person.basis} {person.basis_number}"
    if person.ended_at:
        return admitted
    with translation.override("zh-hans"):
        held = people.file_of(person.custody_id, person.records)
        grounds = gathered.named(gathered.grounds_in(held, person), person)
    return "、".join(grounds) or f"已无有效的羁押依据文书（收押时：{admitted}）"


@require_http_methods(["GET", "POST"])
@gate.posts(*COPYING)
@purpose("custody.copy")
def page(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """What the copy will hold, and why it is made."""
    acting = acting_in(request)
    person = custody.person(custody_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            paper = make(custody_id, form.cleaned_data["reason"], by=acting)
        except CustosError as error:
            for found in error.findings:
                form.add_error(None, found.words)
        else:
            messages.success(request, _("Issued. The copy is on the record; print it here."))
            return redirect("entry_files", entry_id=paper.entry_id)
    context = {"person": person, "form": form}
    return render(request, "reception/copy.html", context, status=422 if form.errors else 200)
