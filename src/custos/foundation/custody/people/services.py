"""What may be done with facts of a person and a stay, and with records of one person.

The rows of the stay and then of the person are locked first, so that of two officers who record the same at
once the second is told, and that a stay which is just ending sees what holds the person, or is over.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.custody import arrival, codefendants, leaving, placing
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import facts, kinds, tokens
from custos.foundation.custody.people.keeping import restored, row_of
from custos.foundation.custody.people.models import FactRow, Merge
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, raise_all
from custos.foundation.media import services as media
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.wire import Header

MERGE, UNDO = "custody.merge", "custody.undo_merge"


def record_fact(
    custody: UUID,
    fact: facts.Fact,
    *,
    by: Actor,
    occurred_at: datetime | None = None,
    attachments: Sequence[record.StoredAttachment] = (),
) -> UUID:
    """Record a fact of a stay or of its person; returns its identifier.

    Of a sort that holds once (nationality, authority, photo …) it takes the former's place. Whom a paper
    names as co-defendant, and is held here, is kept apart by it (`codefendants`), also where only another
    name or the number of the case shows it. A wrong number of a document is recorded as unverified, and
    refuses nobody (GB 11643-1999). Raises `Missing` for a stay out of scope or a co-defendant's stay that
    isn't there, `NotAllowed` for a post that may not write the sort, `Conflict` where exactly this is
    recorded already, `Malformed` for what can't be read.
    """
    kind = kinds.OF_SORT[fact.sort]
    record.require_writer(kind, by)
    raise_all(faults_of(fact))
    of_case = isinstance(fact, (facts.CoDefendant, facts.OtherName, facts.Authority))
    with record.deed() as deed:
        if of_case:
            _hold_case(custody, fact)
        stay, person = locked(custody)
        if isinstance(fact, facts.CoDefendant):
            _require_other(stay, fact.custody)
        same = FactRow.objects.filter(detainee=person, until=None, sort=fact.sort)
        if fact.of_stay:
            same = same.filter(custody=stay)
        held = list(same)
        if any(restored(row) == fact for row in held):
            raise Conflict(
                "fact.known",
                _("This is recorded already."),
                mend=_("Open the person's file; it stands there."),
            )
        if fact.single and held:
            same.update(until=deed.at)
        row = row_of(
            fact,
            organization_id=stay.organization_id,
            detainee_id=person.pk,
            custody_id=stay.pk if fact.of_stay else None,
            since=deed.at,
        )
        row.save(force_insert=True)
        if fact.sort in tokens.FOUND_BY:
            tokens.rewrite([person.merged_into_id or person.pk])
        told = deed.append(
            kinds.entry_of(fact, row.pk),
            about=stay,
            by=by,
            occurred_at=occurred_at,
            attachments=attachments,
        )
        if of_case:
            codefendants.pair_up(deed, stay.organization_id, person.pk, because=told.id)
    return row.pk


def take_photo(custody: UUID, data: bytes, name: str, *, by: Actor) -> UUID:
    """Keep a photo of a person in place of the former one. Raises `Malformed` for what is no photo."""
    record.require_writer(kinds.PhotoTaken, by)
    stored = media.store(data, name)
    if not stored.media_type.startswith("image/"):
        raise Malformed(
            "fact.no_photo",
            _("This is not a photo."),
            field="file",
            mend=_("Choose a photo (JPEG, PNG or WebP)."),
        )
    photo = facts.Photo(sort="photo", sha256=stored.sha256, media_type=stored.media_type)
    return record_fact(custody, photo, by=by, attachments=[stored])


def end_fact(custody: UUID, fact: UUID, *, reason: str, by: Actor) -> None:
    """Say that a fact no longer holds, or was wrong. Its row is closed, its entries stay.

    Raises `Missing` for one that isn't this person's, `Conflict` where it has ended or is a document that
    holds the person (see `ending`), `Malformed` without a reason; who may end is who may record.
    """
    if not reason.strip():
        raise Malformed("fact.reason", _("Say why."), field="reason")
    with record.deed() as deed:
        of_case = _hold_without(fact)
        stay, person = locked(custody)
        one = _records_of(person)
        row = (
            FactRow.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=fact, detainee__in=one)
            .first()
        )
        if row is None:
            raise Missing("fact.no_such", _("There is no such fact about this person."))
        record.require_writer(kinds.OF_SORT[row.sort], by)
        if row.until:
            raise Conflict("fact.ended", _("This has been ended already."))
        if row.sort == "basis" and leaving.holds(row.says["kind"]):
            raise Conflict(
                "fact.holds",
                _(
                    "This document holds the person: two officers end it, by the paper that ends it."
                ),
                mend=_("Open it in the person's file; what was typed wrong is corrected there."),
            )
        row.until = deed.at
        row.save(update_fields=["until"])
        if row.sort in tokens.FOUND_BY:
            tokens.rewrite([person.merged_into_id or person.pk])
        told = deed.append(
            kinds.FactEnded(fact=row.pk, sort=row.sort, reason=reason.strip()), about=stay, by=by
        )
        if of_case:
            codefendants.pair_up(deed, stay.organization_id, person.pk, because=told.id)


def faults_of(fact: facts.Fact) -> list[CustosError]:
    """What a fact's fields have that can't be read, though each is of its type."""
    faults: list[CustosError] = []
    for field, value in fact:
        if field == "sort" or not isinstance(value, str):
            continue
        if sign := arrival.stray_sign(value, symbols=field not in ("name", "text")):
            faults.append(
                Malformed(
                    "custody.stray_sign",
                    _("This has a character that doesn't belong here: %(sign)s."),
                    field=field,
                    mend=_("Type it without hidden characters."),
                    sign=f"U+{ord(sign):04X}",
                )
            )
        elif value and not value.strip():
            faults.append(Malformed("custody.required", _("This must be filled in."), field=field))
    if isinstance(fact, facts.Charge) and fact.code == "other" and not fact.name.strip():
        faults.append(
            Malformed(
                "fact.charge_unnamed",
                _("Say what the charge is called."),
                field="name",
                mend=_("Type it as it stands on the legal document."),
            )
        )
    return faults


def _hold_case(custody: UUID, fact: facts.Fact) -> None:
    """Take the facility's turn, and hold those of one case as they are once this fact is written.

    A name may tell of two people of one case, and so may the number of the case.
    """
    found = Custody.objects.visible_to(scope.current()).filter(pk=custody).first()
    if found is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    facility = found.organization_id
    codefendants.take_turn(facility)
    if isinstance(fact, facts.CoDefendant):
        paper = codefendants.Named(fact.name, fact.case_number.strip(), fact.custody)
        codefendants.hold(facility, [found.detainee_id], paper=paper)
    elif isinstance(fact, facts.OtherName):
        codefendants.hold(facility, [found.detainee_id], name=fact.text)
    elif isinstance(fact, facts.Authority):
        case = {found.pk: fact.case_number.strip()}
        codefendants.hold(facility, [found.detainee_id], cases=case)


def _hold_without(fact: UUID) -> bool:
    """The same for a fact that is about to end: a number that told two cases apart tells so no more."""
    rows = FactRow.objects.visible_to(scope.current()).filter(pk=fact, sort="authority", until=None)
    row = rows.first()
    if row is None or row.custody_id is None:
        return False
    codefendants.take_turn(row.organization_id)
    codefendants.hold(row.organization_id, [row.detainee_id], cases={row.custody_id: ""})
    return True


def locked(custody: UUID) -> tuple[Custody, Detainee]:
    """A stay and its person, held until the deed ends. Raises `Missing` out of scope."""
    found = Custody.objects.visible_to(scope.current()).select_for_update(of=("self",))
    stay = found.filter(pk=custody).first()
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    person = Detainee.objects.select_for_update(of=("self",)).get(pk=stay.detainee_id)
    return stay, person


def _records_of(person: Detainee) -> list[UUID]:
    root = person.merged_into_id or person.pk
    found = Detainee.objects.visible_to(scope.current()).filter(Q(pk=root) | Q(merged_into=root))
    return list(found.values_list("pk", flat=True))


def _require_other(stay: Custody, other: UUID | None) -> None:
    if other is None:
        return
    found = Custody.objects.visible_to(scope.current()).filter(pk=other).first()
    if found is None:
        raise Missing(
            "custody.no_such_stay", _("There is no such person in custody."), field="custody"
        )
    if found.detainee_id == stay.detainee_id:
        raise Conflict(
            "fact.co_defendant_self",
            _("A person is not their own co-defendant."),
            field="custody",
        )


# ------------------------------------------------------------------ two records of one person


def merge(confirmation: UUID, content: Content, *, by: Acting) -> None:
    """Let one record read as the other, with a confirmation of exactly this by a second officer.

    `content` names `custody` (the stay on whose page it is decided), `kept` and `other` (detainees) and
    the `reason`. Nothing is rewritten: the other record, its stays and entries stay as they are, and
    reads resolve them. Raises `Missing` out of scope, `Conflict` where they are one already or both are
    in custody now: nobody is in two places.
    """
    with record.deed() as deed:
        facilities = _hold_both(content)
        second = confirmations.consume(confirmation, MERGE, content, by=by)
        kept, other = _both(content)
        root, away = _require_two(kept, other)
        Merge.objects.create(
            organization_id=kept.organization_id, kept_id=root, other_id=away, at=deed.at
        )
        Detainee.objects.filter(Q(pk=away) | Q(merged_into=away)).update(merged_into=root)
        tokens.rewrite([root])
        told = _tell(deed, kinds.RecordsMerged, (kept, other), content, by, second)
        paired = [
            codefendants.pair_up(deed, facility, root, because=told.id) for facility in facilities
        ]
        if not any(paired):
            # From whom the one was kept apart, the other is now too.
            cells = _held(content).filter(cell__isnull=False).values_list("cell_id", flat=True)
            for cell in placing.lock_cells(one for one in cells if one).values():
                placing.tell_of_broken(deed, cell)


def _held(content: Content) -> QuerySet[Custody]:
    """The stays that the two people of a decision have now."""
    wanted = [UUID(content["kept"]), UUID(content["other"])]
    roots = Detainee.objects.visible_to(scope.current()).filter(
        Q(pk__in=wanted) | Q(merged__in=wanted)
    )
    return Custody.objects.visible_to(scope.current()).filter(
        Q(detainee__in=roots.values("pk")) | Q(detainee__merged_into__in=roots.values("pk")),
        ended_at=None,
    )


def _hold_both(content: Content) -> list[int]:
    """Take the turn where either person is or was held, and hold them and those of one case with them as
    they are once the two are one; held before their records are, as everywhere. Returns those facilities.
    """
    both = Detainee.objects.visible_to(scope.current()).filter(
        pk__in=(content["kept"], content["other"])
    )
    known = both.values_list("organization_id", flat=True)
    facilities = sorted({*known, *_held(content).values_list("organization_id", flat=True)})
    for facility in facilities:
        codefendants.take_turn(facility)
    for facility in facilities:
        codefendants.hold(facility, [UUID(content["kept"]), UUID(content["other"])])
    return facilities


def may_merge(content: Content) -> None:
    """Raise whatever `merge()` would, before anybody is asked to confirm it."""
    _require_two(*_both(content))


def _require_two(kept: Detainee, other: Detainee) -> tuple[UUID, UUID]:
    """The roots of two records that may be merged."""
    root, away = kept.merged_into_id or kept.pk, other.merged_into_id or other.pk
    if root == away:
        raise Conflict("merge.one_already", _("These two are one record already."))
    members = Detainee.objects.filter(
        Q(pk__in=(root, away)) | Q(merged_into__in=(root, away))
    ).values("pk")
    if Custody.objects.filter(detainee__in=members, ended_at=None).count() > 1:
        raise Conflict(
            "merge.two_places",
            _("Both are in custody now, and nobody is in two places."),
            mend=_("Find out first which stay is the wrong one."),
        )
    return root, away


def may_part(content: Content) -> None:
    """Raise whatever `undo_merge()` would, before anybody is asked to confirm it."""
    kept, other = _both(content)
    _require_merged(kept, other, Merge.objects.visible_to(scope.current()))


def _require_merged(kept: Detainee, other: Detainee, merges: Any) -> Merge:
    done: Merge | None = merges.filter(other=other, undone_at=None).first()
    root = kept.merged_into_id or kept.pk
    if done is None or (other.merged_into_id or other.pk) != root:
        raise Conflict("merge.not_merged", _("These two are not merged."))
    return done


def undo_merge(confirmation: UUID, content: Content, *, by: Acting) -> None:
    """Part two records again that were found to be of one person; `content` as of `merge()`.

    Raises `Conflict` where they aren't merged, `Missing` out of scope.
    """
    with record.deed() as deed:
        facilities = _hold_both(content)
        second = confirmations.consume(confirmation, UNDO, content, by=by)
        kept, other = _both(content)
        merges = Merge.objects.visible_to(scope.current()).select_for_update()
        done, root = _require_merged(kept, other, merges), kept.merged_into_id or kept.pk
        done.undone_at = deed.at
        done.save(update_fields=["undone_at"])
        # Those that had been merged into the other before go with it.
        follow = dict(
            Merge.objects.filter(undone_at=None)
            .filter(kept__in=_all_of(root))
            .values_list("other", "kept")
        )
        parted = [one for one in follow if _end(one, follow) == other.pk]
        Detainee.objects.filter(pk__in=parted).update(merged_into=other.pk)
        Detainee.objects.filter(pk=other.pk).update(merged_into=None)
        tokens.rewrite([root, other.pk])
        told = _tell(deed, kinds.MergeUndone, (kept, other), content, by, second)
        # A paper that meant the record which goes may mean a namesake now.
        for facility in facilities:
            meant = codefendants.who_name(facility, [*_all_of(root), *_all_of(other.pk)])
            codefendants.pair_up(deed, facility, root, other.pk, *meant, because=told.id)


def _all_of(root: UUID) -> list[UUID]:
    found = Detainee.objects.filter(Q(pk=root) | Q(merged_into=root))
    return list(found.values_list("pk", flat=True))


def _end(start: UUID, follow: dict[UUID, UUID]) -> UUID:
    """Where a chain of merges ends; there are no circles, since only whole records are merged."""
    while start in follow:
        start = follow[start]
    return start


def _both(content: Content) -> tuple[Detainee, Detainee]:
    wanted = [UUID(content["kept"]), UUID(content["other"])]
    found = {
        one.pk: one
        for one in Detainee.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
    }
    if len(found) != 2:
        raise Missing("merge.no_such", _("There is no such record within your scope."))
    return found[wanted[0]], found[wanted[1]]


def _tell(
    deed: record.Deed,
    kind: Any,
    both: tuple[Detainee, Detainee],
    content: Content,
    by: Acting,
    second: Actor,
) -> Header:
    """Tell it of both, and return what was told of the record that is kept."""
    kept, other = both
    told = [
        deed.append(
            kind(kept=kept.pk, other=other.pk, reason=content["reason"]),
            about=Subject(one.organization_id, one.pk),
            by=by.actor,
            second=second,
        )
        for one in both
    ]
    return told[0]
