"""What may happen to a sheet of people: it is checked, brought in as a whole, or dropped.

`check()` writes no person: it keeps the file and what was found in it, for whoever decides. `bring()` looks
again, holding what it looked at, and does exactly what was confirmed or nothing.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.codes.services import is_forbidden
from custos.foundation.custody import bringing, codefendants
from custos.foundation.custody.kinds import Admitted
from custos.foundation.database import scope
from custos.foundation.database.loading import load, uncollected
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, raise_all
from custos.foundation.media import services as media
from custos.foundation.media.services import StoredFile
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import queries as entries
from custos.foundation.record import services as record
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.parties import Actor, Subject
from custos.management.reception.importing import checking, following, reading, sheets
from custos.management.reception.importing.checking import CHANGED, KNOWN, NEW, WRONG, Checked
from custos.management.reception.importing.columns import columns, of_heading
from custos.management.reception.importing.reading import Row
from custos.management.reception.importing.telling import in_both
from custos.management.reception.kinds import PeopleBrought
from custos.management.reception.models import BroughtRow, ImportRow, PeopleImport

#: How long a sheet waits for somebody to decide.
KEPT = timedelta(days=30)
_AT_ONCE = 200


@uncollected()
def check(data: bytes, name: str, organization_id: int, *, by: Actor, sent_by: str) -> PeopleImport:
    """Look through a sheet for a facility and keep it with what was found; brings nobody in.

    The same file once more is looked through anew. Raises `Malformed` for what is no plain sheet, or
    has columns that nobody knows or lacks some; `NotAllowed` for a post that doesn't admit, `Missing` for
    what is no facility of the scope.
    """
    record.require_writer(Admitted, by)
    facility = _facility(organization_id)
    rows, dropped, media_type = _read(data)
    with transaction.atomic():
        _take_turn(facility.pk)
        found = checking.check(rows, facility, clock.now())
        stored = media.keep(data, name, media_type)
        upload = _open(facility.pk).filter(sha256=stored.sha256).first()
        if upload is None:
            upload = PeopleImport(organization_id=facility.pk, sha256=stored.sha256)
        upload.name, upload.media_type, upload.size = stored.name, media_type, stored.size
        upload.sent_by, upload.sent_ref, upload.sent_at = sent_by, by.ref, clock.now()
        upload.dropped = dropped
        _keep(upload, found)
    return upload


@uncollected()
def check_again(upload_id: UUID, *, by: Actor) -> PeopleImport:
    """Look through a sheet once more: cells have filled, people have come. Raises `Missing`, `Conflict`."""
    record.require_writer(Admitted, by)
    with transaction.atomic():
        upload, facility = _held(upload_id)
        rows, _dropped, _type = _read(media.read(upload.sha256))
        _keep(upload, checking.check(rows, facility, clock.now()))
    return upload


@uncollected()
def bring(upload_id: UUID, *, reason: str, by: Actor) -> PeopleImport:
    """Bring in everybody of a sheet who isn't here yet, or nobody; `reason` says from where and why.

    Raises `Conflict` while a row is wrong, nobody is new, or anything else is true than what was found
    when it was looked through; `Malformed` without a reason; `NotAllowed` for a post that doesn't admit;
    `Missing` out of scope.
    """
    if not reason.strip():
        raise Malformed("import.reason", _("Say why."), field="reason")
    record.require_writer(PeopleBrought, by)
    with transaction.atomic():
        upload, facility = _held(upload_id)
        # Before anybody is looked for: who is named or admitted meanwhile would be seen by nobody.
        codefendants.take_turn(facility.pk)
        rows, _dropped, _type = _read(media.read(upload.sha256))
        found = checking.check(rows, facility, clock.now())
        _require_as_confirmed(upload, found)
        with connection.cursor() as cursor:
            # Else all keys are looked up when the transaction ends, which is longer than a page waits.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with record.deed() as deed:
            upload.entry_id = deed.append(
                PeopleBrought(
                    file=upload.name,
                    brought=upload.new,
                    known=upload.known,
                    changed=upload.changed,
                    dropped=upload.dropped,
                    reason=reason.strip(),
                ),
                about=Subject(facility.pk),
                by=by,
                attachments=[
                    StoredFile(upload.sha256, upload.name, upload.media_type, upload.size)
                ],
            ).id
        bringing.bring(
            found.people,
            found.pairs,
            facility.pk,
            by=by,
            reason=reason.strip(),
            because=upload.entry_id,
        )
        following.follow(found.people, facility.pk, by=by, because=upload.entry_id)
        _remember(upload, found)
        upload.state, upload.ended_at = PeopleImport.BROUGHT, clock.now()
        upload.save()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return upload


def drop(upload_id: UUID, *, by: Actor) -> PeopleImport:
    """Throw a sheet away that nobody is brought in by; the file goes. Raises `Missing`, `Conflict`."""
    record.require_writer(Admitted, by)
    with transaction.atomic():
        upload, _at = _held(upload_id)
        _throw_away(upload)
    return upload


def _throw_away(upload: PeopleImport) -> None:
    ImportRow.objects.filter(upload=upload, organization_id=upload.organization_id).delete()
    upload.state, upload.ended_at = PeopleImport.DROPPED, clock.now()
    upload.save()
    others = PeopleImport.objects.filter(
        sha256=upload.sha256, state__in=[PeopleImport.CHECKED, PeopleImport.BROUGHT]
    )
    if not others.exists() and not entries.named_files({upload.sha256}):
        transaction.on_commit(lambda: media.remove(upload.sha256))


def sweep() -> int:
    """Throw away sheets that nobody decided about for `KEPT`, with their files; returns how many.

    A sheet holds numbers of documents and telephones in the clear; nobody keeps it for nothing
    (个人信息保护法 第19条; the days are a proposal). Runs in the scope of whoever asks.
    """
    count = 0
    old = PeopleImport.objects.visible_to(scope.current()).filter(
        state=PeopleImport.CHECKED, sent_at__lt=clock.now() - KEPT
    )
    for upload_id in list(old.order_by("sent_at").values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            try:
                upload, _at = _held(upload_id)
            except Conflict:
                continue  # somebody decided just now
            _throw_away(upload)
            count += 1
    return count


# ------------------------------------------------------------------ reading


def _read(data: bytes) -> tuple[list[Row], list[str], str]:
    """The rows of a file, the headings of columns that are never held here, and what sort of file it is."""
    sheet = sheets.read(data)
    known = of_heading(sheet.heading)
    faults: list[CustosError] = []
    dropped, named = [], []
    for title, column in zip(sheet.heading, known, strict=True):
        if column is None and is_forbidden(title):
            dropped.append(title)
        elif column is None:
            faults.append(
                _wrong(
                    "column_unknown",
                    _("There is no column “%(column)s”."),
                    _("Rename it as the empty template has it, or delete it."),
                    title or "—",
                )
            )
        elif column.key in named:
            faults.append(
                _wrong(
                    "column_twice",
                    _("The column “%(column)s” is there twice."),
                    _("Delete the one that is wrong."),
                    title,
                )
            )
        else:
            named.append(column.key)
    faults += [
        _wrong(
            "column_missing",
            _("The column “%(column)s” is missing."),
            _("Take the heading from the empty template."),
            f"{column.zh} / {column.en}",
        )
        for column in columns().values()
        if column.needed and column.key not in named
    ]
    raise_all(faults)
    return reading.all_of(known, sheet.rows, sheet.lossy), dropped, sheet.media_type


def _wrong(code: str, message: object, mend: object, column: str) -> CustosError:
    return Malformed(f"import.{code}", message, field="file", mend=mend, column=column)


# ------------------------------------------------------------------ locks


def _take_turn(organization_id: int) -> None:
    """One sheet at a time in a facility: so the second of two sees whom the first brought in."""
    with connection.cursor() as cursor:
        turn = f"reception.import.{organization_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (turn,))


def _open(organization_id: int) -> QuerySet[PeopleImport]:
    return PeopleImport.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, state=PeopleImport.CHECKED
    )


def _facility(organization_id: int) -> Organization:
    facility = organizations.in_scope(organization_id)
    if facility.tier is not Tier.FACILITY:
        raise Missing("organization.no_such", _("There is no such organization."))
    return facility


def _held(upload_id: UUID) -> tuple[PeopleImport, Organization]:
    """A sheet that isn't decided, held until the end of the transaction."""
    found = PeopleImport.objects.visible_to(scope.current()).filter(pk=upload_id).first()
    if found is None:
        raise Missing("import.no_such", _("There is no such sheet in your scope."))
    _take_turn(found.organization_id)
    upload = (
        PeopleImport.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .get(pk=upload_id)
    )
    if upload.state != PeopleImport.CHECKED:
        raise Conflict(
            "import.decided",
            _("This sheet was brought in or thrown away already."),
            mend=_("Send it again; whoever is here already doesn't come twice."),
        )
    return upload, organizations.organization(upload.organization_id)


# ------------------------------------------------------------------ what was found


def _require_as_confirmed(upload: PeopleImport, found: Checked) -> None:
    if found.counts[WRONG]:
        raise Conflict(
            "import.wrong_rows",
            _("%(count)s rows are wrong, and all come or nobody."),
            mend=_("Mend them in the file and send it again."),
            count=found.counts[WRONG],
        )
    if not found.counts[NEW]:
        raise Conflict(
            "import.nobody_new",
            _("Nobody in this sheet is new here."),
            mend=_("There is nothing to do."),
        )
    if _digest(found) != upload.digest:
        raise Conflict(
            "import.changed_since",
            _("Something has changed since this sheet was looked through."),
            mend=_("Look through it again, and then decide."),
        )


def _digest(found: Checked) -> str:
    """The same for the same findings."""
    said = [
        [
            row.number,
            found.states[row.number],
            [[one.field, one.code] for one in (*row.faults, *row.notes)],
        ]
        for row in found.rows
    ]
    return hashlib.sha256(canonical_json(said)).hexdigest()


def _keep(upload: PeopleImport, found: Checked) -> None:
    counts = found.counts
    upload.new, upload.known = counts[NEW], counts[KNOWN]
    upload.changed, upload.wrong = counts[CHANGED], counts[WRONG]
    upload.noted = sum(bool(row.notes) for row in found.rows if found.states[row.number] == NEW)
    upload.digest = _digest(found)
    upload.save()
    ImportRow.objects.filter(upload=upload, organization_id=upload.organization_id).delete()
    load(_row(upload, found, row) for row in found.rows)


def _row(upload: PeopleImport, found: Checked, row: Row) -> ImportRow:
    stay = found.stays.get(row.number)
    return ImportRow(
        upload=upload,
        organization_id=upload.organization_id,
        row=row.number,
        number=row.says.get("number", "")[:40],
        name=row.says.get("name", "")[:200],
        state=found.states[row.number],
        said=[_said(one, wrong=True) for one in row.faults] + [_said(one) for one in row.notes],
        noted=bool(row.notes),
        custody_id=stay.custody_id if stay and not stay.ended else None,
        detainee_id=stay.detainee_id if stay and not stay.ended else None,
    )


def _said(error: CustosError, *, wrong: bool = False) -> dict[str, object]:
    zh, en = in_both(lambda: error.words)
    return {"column": error.field, "wrong": wrong, "code": error.code, "zh": zh, "en": en}


_REMEMBER = """
UPDATE reception_importrow r SET custody_id = c.id, detainee_id = c.detainee_id
  FROM json_to_recordset(%s) AS n (stay uuid, row int) JOIN custody_custody c ON c.id = n.stay
 WHERE r.upload_id = %s AND r.row = n.row
"""


def _remember(upload: PeopleImport, found: Checked) -> None:
    """What each row said, so that it is known again; and whose file each row is now."""
    rows = {row.number: row for row in found.rows}
    load(
        BroughtRow(
            custody_id=one.id,
            organization_id=upload.organization_id,
            says=checking.digests(rows[found.numbers[one.id]]),
        )
        for one in found.people
    )
    came = [{"stay": one.id, "row": found.numbers[one.id]} for one in found.people]
    with connection.cursor() as cursor:
        # By the keys of both tables: the planner knows nothing yet of rows that have just been written.
        cursor.execute(_REMEMBER, (orjson.dumps(came).decode(), upload.pk))
