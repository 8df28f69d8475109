"""What `custos people import` says and does; thin."""

from collections.abc import Callable
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import User
from custos.foundation.database import scope
from custos.foundation.errors import CustosError, NotAllowed
from custos.foundation.record.parties import Post
from custos.management.reception.importing import queries, services, sheets
from custos.management.reception.kinds import RECEIVING
from custos.management.reception.models import PeopleImport

Say = Callable[[str], object]
#: Of the rows that are wrong no more are said here; the page has them all.
MOST_SAID = 200


def bring(
    file: Path,
    *,
    username: str,
    password: str,
    organization: int | None,
    dry_run: bool,
    reason: str,
    language: str,
    say: Say,
) -> bool:
    """Look through a sheet as an officer and, unless `dry_run`, bring all in; True where that failed."""
    with translation.override("zh-hans" if language == "zh" else "en"):
        try:
            acting = _officer(username, password, organization)
            with scope.entered(acting.scope):
                upload = _looked_through(file, acting)
                wrong = _tell(upload, say)
                if dry_run or wrong or not upload.new:
                    return wrong
                services.bring(upload.pk, reason=reason, by=acting.actor)
                say(f"{upload.new} brought in, entry {queries.upload(upload.pk).entry_id}")
        except CustosError as error:
            for found in error.findings:
                say(found.words)
            return True
    return False


def _looked_through(file: Path, acting: Acting) -> PeopleImport:
    with file.open("rb") as stream:
        data = stream.read(sheets.MOST_BYTES + 1)
    return services.check(
        data, file.name, acting.organization.pk, by=acting.actor, sent_by=acting.staff.name
    )


def _tell(upload: PeopleImport, say: Say) -> bool:
    for name in upload.dropped:
        say(f"column {name}: never held here; it was dropped")
    for found in queries.findings(upload, MOST_SAID):
        say(found)
    counts = f"{upload.new} new, {upload.known} here already, {upload.changed} differ, {upload.wrong} wrong"
    say(counts)
    if upload.wrong > MOST_SAID:
        say(f"the first {MOST_SAID} wrong rows are named; the page has them all")
    return upload.wrong > 0


def _officer(username: str, password: str, organization: int | None) -> Acting:
    """The account's posting that receives people, of the facility named or the first; by its password."""
    refused = NotAllowed(
        "import.officer",
        _("No such account, another password, or no post that admits people there."),
    )
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or user.must_change_password or not user.check_password(password):
        raise refused
    first = accounts.acting_of(user)
    fitting = [
        one
        for one in (first.postings if first else ())
        if Post(one.post) in RECEIVING and organization in (None, one.organization_id)
    ]
    # Whoever holds both posts confirms as duty leader.
    fitting.sort(key=lambda one: one.post != Post.DUTY_LEADER)
    acting = accounts.acting_of(user, fitting[0].pk) if fitting else None
    if acting is None:
        raise refused
    return acting
