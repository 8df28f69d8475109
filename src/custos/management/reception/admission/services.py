"""Arrivals, and the conclusion of an admission. Each is one transaction.

Locks are taken in this order: the arrival's or draft's row, the facility's turn to admit, the cell, the
head of the chain.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import codefendants, going_out, separating
from custos.foundation.custody import queries as custody
from custos.foundation.custody import services as stays
from custos.foundation.database import scope
from custos.foundation.documents import contents
from custos.foundation.documents import services as documents
from custos.foundation.documents.kinds import DocumentIssued
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed, raise_all
from custos.foundation.media import services as media
from custos.foundation.media.services import StoredFile
from custos.foundation.record import queries as entries
from custos.foundation.record import services as record
from custos.foundation.record.parties import (
    Actor,
    ActorKind,
    Audience,
    Post,
    StaffKind,
    Subject,
)
from custos.foundation.record.services import Deed
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft
from custos.management.reception import kinds, known
from custos.management.reception.admission import cells, engine, gathered
from custos.management.reception.admission.forms import setting_of, words
from custos.management.reception.admission.gathered import payload
from custos.management.reception.admission.rules import (
    ADMITTING,
    HEALTH,
    REFUSED,
    class_of_ground,
    rules,
)
from custos.management.reception.models import Arrival, InjuryPhoto
from custos.prevention.duty import services as duty

NAME = "admission"
#: How many photos one protocol takes.
MOST_PHOTOS = 40
#: By when whoever is never alone after the first look is looked at again; a proposal.
NEVER_ALONE_FIRST = timedelta(hours=24)
#: The notice of a refusal, and how long whoever issued it may open it to hand it over.
REFUSAL, HAND_OVER = "D14-5", timedelta(hours=2)
Sort = Arrival.Sort


# ---------------------------------------------------------------------- the board


def require_somebody(sort: str, name: str, brought_by: str) -> None:
    """Raise `Malformed` for an arrival of which nothing is said: asked of whoever types one.

    Nobody needs a name to be taken in; then it is known who brings them.
    """
    if sort in (Sort.COURT, Sort.HOSPITAL) or name.strip() or brought_by.strip():
        return
    lacking = {
        "name": _("Say by what name the person is known, or who brings them."),
        "brought_by": _("Say who brings the person, where no name is known."),
    }
    raise_all([Malformed("arrival.nobody", text, field=field) for field, text in lacking.items()])


def expect(
    acting: Any,
    *,
    sort: str,
    name: str,
    brought_by: str,
    expected_at: datetime | None = None,
    custody_id: UUID | None = None,
) -> Arrival:
    """Put somebody on the board: announced for `expected_at`, or at the door now where that is None.

    `custody_id` is the stay of somebody who comes back from court or hospital. Raises `Malformed` where
    somebody who comes back has no stay, or another arrival has one; `Missing` for a stay out of scope.
    """
    back = sort in (Sort.COURT, Sort.HOSPITAL)
    if back != (custody_id is not None):
        raise Malformed(
            "arrival.stay",
            _("Whoever comes back is one of the people in custody here."),
            field="custody",
        )
    person = custody.person(custody_id) if custody_id else None
    if person and person.organization_id != acting.organization.pk:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    with record.deed() as deed:
        arrival = Arrival.objects.create(
            organization_id=acting.organization.pk,
            sort=sort,
            name=person.name if person else name.strip(),
            brought_by=brought_by.strip(),
            since=expected_at or deed.at,
            expected_at=expected_at,
            arrived_at=None if expected_at else deed.at,
            custody_id=custody_id,
        )
        if expected_at:
            announced = kinds.ArrivalExpected(
                arrival=arrival.pk,
                arrival_kind=sort,
                expected_at=expected_at,
                brought_by=arrival.brought_by,
            )
            deed.append(announced, about=_about(arrival), by=acting.actor)
        else:
            _came(arrival, deed, acting.actor)
    return arrival


def came(arrival_id: UUID, acting: Any) -> Arrival:
    """Somebody who was announced stands at the door. Noting it again is nothing. Raises `Missing`."""
    with record.deed() as deed:
        arrival = _locked(arrival_id)
        if arrival.arrived_at is None:
            arrival.arrived_at = deed.at
            arrival.save(update_fields=["arrived_at"])
            _came(arrival, deed, acting.actor)
    return arrival


def _came(arrival: Arrival, deed: Deed, by: Actor) -> None:
    # Whoever comes back is looked at when the return is recorded; a new arrival is a task at once.
    if arrival.comes_back:
        return
    at_the_door = kinds.ArrivalCame(
        arrival=arrival.pk, arrival_kind=arrival.sort, brought_by=arrival.brought_by
    )
    arrival.came_entry_id = deed.append(at_the_door, about=_about(arrival), by=by).id
    arrival.save(update_fields=["came_entry_id"])


def start(arrival_id: UUID, acting: Any) -> Draft:
    """The admission of an arrival: the one that was begun, or a new one. Raises `Missing`, `Conflict`.

    Two officers who start the same arrival at once come to the same draft.
    """
    with transaction.atomic():
        arrival = _locked(arrival_id)
        if arrival.comes_back:
            raise Conflict(
                "arrival.comes_back",
                _("This person is in custody already."),
                mend=_("Record the return instead."),
            )
        if arrival.draft_id:
            return wizard.draft_of(NAME, arrival.draft_id, acting)
        came(arrival_id, acting)
        arrival.refresh_from_db(fields=["arrived_at"])
        draft = wizard.begin(NAME, acting, label=arrival.name, given=_given(arrival))
        Arrival.objects.filter(pk=arrival.pk).update(draft_id=draft.pk)
    return draft


def _given(arrival: Arrival) -> dict[str, dict[str, str]]:
    """What was noted of somebody on the board already. It isn't typed a second time; whoever takes the step
    looks at it, and puts it right.
    """
    papers, identity = {}, {}
    if arrival.arrived_at is not None:
        papers["arrived_at"] = f"{arrival.arrived_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
    if arrival.brought_by:
        papers["escort"] = arrival.brought_by
    if arrival.name:
        identity["name"] = arrival.name
    return {step: said for step, said in (("documents", papers), ("identity", identity)) if said}


def start_unexpected(acting: Any) -> Draft:
    """The admission of somebody whom nobody announced."""
    return start(expect(acting, sort=Sort.UNEXPECTED, name="", brought_by="").pk, acting)


def gave_up(draft: Draft, acting: Any) -> None:
    """A draft is thrown away: its arrival stands at the door again, its photos go.

    Raises `NotAllowed` for posts that fill in a step of theirs and don't receive.
    """
    if acting.post not in kinds.RECEIVING:
        raise NotAllowed(
            "admission.not_yours_to_delete",
            _("Only the posts that receive delete an admission."),
            mend=_("Tell them why it should go; what you filled in stays."),
        )
    Arrival.objects.visible_to(scope.current()).filter(
        draft_id=draft.pk, organization_id=draft.organization_id
    ).update(draft_id=None)
    _photos(draft).delete()


def drop(arrival_id: UUID, reason: str, acting: Any) -> None:
    """Take somebody off the board who did not come or was typed by mistake.

    Raises `Malformed` without a reason, `Conflict` while an admission is begun, `Missing`.
    """
    if not reason.strip():
        raise Malformed("arrival.reason", _("Say why."), field="reason")
    with record.deed() as deed:
        arrival = _locked(arrival_id)
        if arrival.draft_id:
            raise Conflict(
                "arrival.begun",
                _("An admission is begun for this person."),
                mend=_("Finish it, or delete its draft first."),
            )
        _close(arrival, "dropped", deed.at, acting.actor, reason.strip())
        dropped = kinds.ArrivalDropped(arrival=arrival.pk, reason=reason.strip())
        deed.append(dropped, about=_about(arrival), by=acting.actor)


def record_return(arrival_id: UUID, *, injured: bool, words: str, acting: Any) -> None:
    """Somebody came back from court or hospital and was looked at. Injuries need words, and call others.

    Raises `Malformed`, `Conflict` for an arrival that is no return, `Missing`. Source: Istanbul
    Protocol, repeated documentation; a proposal.
    """
    if injured and not words.strip():
        raise Malformed("arrival.words", _("Say what was seen."), field="words")
    with record.deed() as deed:
        arrival = _locked(arrival_id)
        if not arrival.comes_back or arrival.custody_id is None:
            raise Conflict("arrival.no_return", _("This person is not in custody here yet."))
        arrival.arrived_at = arrival.arrived_at or deed.at
        _close(arrival, "returned", deed.at, acting.actor, words.strip())
        returned = kinds.Returned(
            arrival=arrival.pk, arrival_kind=arrival.sort, injured=injured, words=words.strip()
        )
        about = custody.subject_of(arrival.custody_id)
        back = deed.append(returned, about=about, by=acting.actor)
        if injured:
            going_out.tell_of_injury(deed, about, words, by=acting.actor, because=back.id)


def _about(arrival: Arrival) -> Subject:
    return Subject(arrival.organization_id)


def _locked(arrival_id: UUID) -> Arrival:
    found = (
        Arrival.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk=arrival_id, closed_at__isnull=True)
        .first()
    )
    if found is None:
        raise Missing(
            "arrival.gone",
            _("This arrival isn't on the board: it was admitted, refused or taken off."),
        )
    return found


def _close(arrival: Arrival, outcome: str, at: datetime, by: Actor, words: Any) -> None:
    """Take an arrival off the board; what it asked of others at the door is answered by `words`."""
    arrival.closed_at, arrival.outcome = at, outcome
    arrival.draft_id = None
    arrival.save()
    if arrival.came_entry_id:
        duty.settle_entry(arrival.came_entry_id, str(words), by=by)


_EXAMINED = _("The health check of the admission is done.")


def _examined_by(draft: Draft, acting: Any) -> Actor:
    return _clinician_of(draft) if "health" in draft.steps else acting.actor


# ---------------------------------------------------------------------- photos of injuries


def _photos(draft: Draft) -> Any:
    return InjuryPhoto.objects.visible_to(scope.current()).filter(
        draft_id=draft.pk, organization_id=draft.organization_id
    )


def photos_of(draft: Draft) -> list[InjuryPhoto]:
    """The photos of an admission that isn't closed, in the order in which they were added. One query."""
    return list(_photos(draft).order_by("taken_at", "id")[:MOST_PHOTOS])


def add_photo(draft: Draft, data: bytes, name: str, acting: Any) -> InjuryPhoto:
    """Keep a photo for the injury protocol; the same once more is nothing.

    Raises `Malformed` for what is no photo, and for more than a protocol takes.
    """
    if _photos(draft).count() >= MOST_PHOTOS:
        raise Malformed("admission.photos", _("One protocol takes no more photos."), field="photo")
    stored = media.store(data, name)
    if not stored.media_type.startswith("image/"):
        raise Malformed(
            "admission.not_a_photo",
            _("This is a document and no photo."),
            field="photo",
            mend=_("Take a photo of the injury, with a scale beside it."),
        )
    photo, _made = InjuryPhoto.objects.get_or_create(
        draft_id=draft.pk,
        sha256=stored.sha256,
        defaults={
            "organization_id": draft.organization_id,
            "name": stored.name,
            "media_type": stored.media_type,
            "size": stored.size,
            "taken_by": acting.staff.name,
            "taken_at": clock.now(),
        },
    )
    return photo


# ---------------------------------------------------------------------- the conclusion


@dataclass(frozen=True, slots=True)
class Concluded:
    """What became of an admission: the stay where somebody is held from now on, the entry of the written
    notice where they were refused (`notice_to_hand_over`).
    """

    stay: UUID | None
    notice: UUID | None


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice of a refusal: its title with the number, the name of its file, until when whoever issued
    it may open it, the PDF, and whether clinicians alone read it afterwards.
    """

    title: str
    name: str
    until: datetime
    body: bytes
    clinical: bool


def conclude(facts: engine.Facts, acting: Any, draft: Draft) -> Concluded:
    """Make of an admission what was decided.

    `facts` are the answers of all steps. Refuses (`NotAllowed`) an outcome that the rules don't allow and
    what they block, `Malformed` with everything that is missing in words, and whatever `custody.admit`
    refuses: a cell that has filled, a number in use. Nothing is left behind then, and the draft stays.
    Source: 看守所条例 第9至14条; Nelson Mandela Rule 7.
    """
    setting, file = setting_of(acting), rules()
    verdict = _require_closable(facts, setting)
    decision = facts["decision"]
    _take_turn(acting.organization.pk)
    arrival = (
        Arrival.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(draft_id=draft.pk, organization_id=acting.organization.pk)
        .first()
    )
    stay = None
    with record.deed() as deed:
        about = Subject(acting.organization.pk)
        if decision["outcome"] in ADMITTING:
            _require_not_here_already(facts, acting.organization.pk)
            stay = _admit(facts, acting)
            about = stay.record_subject()
        _write(facts, about, deed, acting.actor, _photos_to_attach(draft))
        # All staff read this entry, so it names no rule that would tell what the doctor found.
        told = (*verdict.against, *(group for group in verdict.groups if not group.clinical))
        open_to_all = dict(decision)
        if any(group.clinical for group in verdict.groups):
            open_to_all |= {"reason_code": class_of_ground(decision.get("reason_code") or "")}
            open_to_all.pop("words", None)
        decided = payload(
            kinds.OutcomeDecided,
            open_to_all,
            arrival=arrival.pk if arrival else None,
            person=facts["identity"]["name"],
            allowed=list(verdict.outcomes),
            shown=[f"{one.id} v{file.version}" for one in told],
        )
        header = deed.append(decided, about=about, by=acting.actor, ground="看守所条例 第9、10条")
        if stay:
            gathered.keep(facts, stay.pk, about, deed, acting.actor)
            _write_of_the_admitted(facts, about, deed, acting.actor)
            _order_company(facts, stay.pk, acting.actor)
        if arrival:
            arrival.custody_id = stay.pk if stay else None
            # The health check was asked for at the door; it is part of every outcome.
            _close(arrival, decision["outcome"], deed.at, _examined_by(draft, acting), _EXAMINED)
    _write_for_others(facts, about, acting, draft, stay.pk if stay else None)
    _write_clinical_ground(facts, verdict, about, acting, decided)
    notice = None
    if decision["outcome"] == REFUSED:
        notice = _issue_notice(facts, verdict, acting, because=header.id)
    _photos(draft).delete()
    return Concluded(stay.pk if stay else None, notice)


def _clinical_too() -> scope.Scope:
    """The scope in force, for one entry that only clinicians read."""
    own = scope.current()
    return replace(own, audiences=own.audiences | {int(Audience.CLINICAL)})


def _write_clinical_ground(
    facts: engine.Facts,
    verdict: engine.Verdict,
    about: Subject,
    acting: Any,
    decided: kinds.OutcomeDecided,
) -> None:
    """What the doctor found and was said of it, for clinicians; nothing where they found nothing."""
    groups = [group for group in verdict.groups if group.clinical]
    if not groups:
        return
    decision = facts["decision"]
    ground = kinds.ClinicallyGrounded(
        arrival=decided.arrival,
        person=decided.person,
        reason_code=decision.get("reason_code") or "",
        words=decision.get("words") or "",
        shown=[f"{one.id} v{verdict.version}" for one in groups],
    )
    with scope.entered(_clinical_too()), record.deed() as deed:
        deed.append(ground, about=about, by=acting.actor, ground="看守所条例 第10条")


def _issue_notice(
    facts: engine.Facts, verdict: engine.Verdict, acting: Any, *, because: UUID
) -> UUID:
    """The written notice of a refusal, in Chinese whatever the officer reads; the id of its entry.

    Law has it state the ground. One that a clinician found is said as the law words it, without a word
    more, and the paper is then read by clinicians; whoever issued it opens it to hand it over.
    """
    papers, identity, decision = facts["documents"], facts["identity"], facts["decision"]
    ground = next(one for one in verdict.reasons if one.id == decision["reason_code"])
    number = papers.get("basis_number") or ""
    none = papers["basis"] == engine.NO_DOCUMENT
    clinical = class_of_ground(ground.id) == HEALTH
    found = any(group.clinical for group in verdict.groups)
    content = contents.Refused(
        to=papers["authority"],
        name=identity["name"],
        sex=contents.Sex(identity["sex"]),
        born=identity["born"],
        arrived_at=papers["arrived_at"],
        papers="无" if none else f"{number}{papers['basis']}",
        ground=engine.said_of(ground, facts).zh,
        article=ground.source,
        words="" if found else (decision.get("words") or "")[:400],
    )
    reads = _clinical_too() if clinical else scope.current()
    with translation.override("zh-hans"), scope.entered(reads):
        issued = documents.issue(
            REFUSAL,
            content,
            about=Subject(acting.organization.pk),
            facility=acting.organization,
            by=acting.actor,
            printed_by=f"{acting.staff.name}（{acting.post.title}）",
            reason=ground.id,
            because=because,
            audience=Audience.CLINICAL if clinical else None,
        )
    return issued.entry_id


def notice_to_hand_over(entry_id: UUID, acting: Any) -> Notice:
    """The notice of a refusal for the officer who issued it, whoever else reads it, for `HAND_OVER`.

    Law has them sign it and give it to whoever brought the person. Raises `Missing` for any other paper,
    for anybody else, and afterwards.
    """
    with scope.entered(_clinical_too()):
        line = entries.lines_of([entry_id]).get(entry_id)
        now = clock.now()
        if (
            line is None
            or not isinstance(line.payload, DocumentIssued)
            or line.payload.code != REFUSAL
            or line.by_ref != acting.actor.ref
            or line.recorded_at + HAND_OVER < now
        ):
            raise Missing(
                "admission.no_such_notice",
                _("This notice isn't there for you, or the time to hand it over has passed."),
                mend=_("Ask the doctor: clinicians print it from the register of documents."),
            )
        (file,) = line.attachments
        body = media.read(file["sha256"])
    return Notice(
        line.payload.line(),
        file["name"],
        line.recorded_at + HAND_OVER,
        body,
        class_of_ground(line.payload.reason) == HEALTH,
    )


def _require_closable(facts: engine.Facts, setting: engine.Setting) -> engine.Verdict:
    missing, blocking = engine.unmet(facts, setting)
    if missing:
        raise Malformed(
            "admission.incomplete",
            _("This can't be closed yet. Missing: %(missing)s."),
            mend=_("Fill in the steps that are named."),
            missing=_Told(missing),
        )
    verdict = engine.verdict(facts, setting)
    if facts["decision"]["outcome"] not in verdict.outcomes:
        raise NotAllowed(
            "admission.outcome",
            _("This outcome isn't allowed here: %(why)s."),
            mend=_("Look at the decision again: what was found has changed since."),
            why=_Reasons(verdict.reasons),
        )
    raise_all(
        [
            NotAllowed(
                f"admission.{rule.id}",
                _("%(rule)s (%(source)s)."),
                rule=_Reasons([rule]),
                source=rule.source,
            )
            for rule in blocking
        ]
    )
    return verdict


class _Told:
    """What is missing, in the language of whoever reads it."""

    def __init__(self, gaps: list[engine.Gap]) -> None:
        self._gaps = gaps

    def __str__(self) -> str:
        return "；".join(words_of_gap(gap) for gap in self._gaps)


def words_of_gap(gap: engine.Gap) -> str:
    """Something missing, in the reader's language."""
    return gap.within(get_language() or "")


class _Reasons:
    """Titles of rules, in the language of whoever reads them."""

    def __init__(self, found: list[Any]) -> None:
        self._found = found

    def __str__(self) -> str:
        return "；".join(words(one.title) for one in self._found) or "—"


def _take_turn(organization_id: int) -> None:
    """One admission at a time is closed in a facility, and none beside a sheet of people: so the second of
    two sees the first's person.
    """
    codefendants.take_turn(organization_id)


def _require_not_here_already(facts: engine.Facts, organization_id: int) -> None:
    identity = facts["identity"]
    known.require_new(
        organization_id,
        name=identity["name"],
        sex=identity["sex"],
        born=identity["born"],
        identity_number=str(identity.get("identity_number") or ""),
        somebody_else=facts["file"].get("same_name") or "",
    )


def _admit(facts: engine.Facts, acting: Any) -> Any:
    papers, identity = facts["documents"], facts["identity"]
    seen = cells.confirmed(facts["cell"]["cell_seen"])
    assert seen is not None  # the step isn't whole without it
    return stays.admit(
        name=identity["name"],
        sex=identity["sex"],
        born=identity["born"],
        basis=papers["basis"],
        basis_number=papers["basis_number"],
        number=facts["file"]["number"],
        arrived_at=papers["arrived_at"],
        cell=facts["cell"]["cell"],
        by=acting.actor,
        reason=facts["cell"].get("cell_reason") or "",
        apart=cells.pairings(facts, acting.organization),
        case_number=papers.get("case_number") or "",
        never_alone=facts["screening"].get("never_alone") == "yes",
        seen=seen.token,
        offered=seen.offered,
        somebody_else=facts["file"].get("same_name") or "",
    )


def _photos_to_attach(draft: Draft) -> list[StoredFile]:
    return [
        StoredFile(photo.sha256, photo.name, photo.media_type, photo.size)
        for photo in photos_of(draft)
    ]


def _write(
    facts: engine.Facts, about: Subject, deed: Deed, by: Actor, photos: list[StoredFile]
) -> None:
    papers, injuries = facts["documents"], facts["injuries"]
    without = {"basis": ""} if papers["basis"] == engine.NO_DOCUMENT else {}
    deed.append(
        payload(kinds.DocumentsChecked, {**papers, **without}),
        about=about,
        by=by,
        occurred_at=papers["arrived_at"],
        ground="看守所条例 第9条",
    )
    looked = payload(kinds.InjuriesRecorded, injuries, list_of=injuries.get("list") or [])
    deed.append(
        looked,
        about=about,
        by=by,
        occurred_at=injuries["looked_at"],
        ground="人民检察院刑事诉讼规则 第656条",
        attachments=photos,
    )


def _write_of_the_admitted(facts: engine.Facts, about: Subject, deed: Deed, by: Actor) -> None:
    arrived: datetime = facts["documents"]["arrived_at"]
    for kind, step, moment in (
        (kinds.Searched, "search", "searched_at"),
        (kinds.PropertyTaken, "property", ""),
        (kinds.RightsTold, "rights", "told_at"),
        (kinds.FamilyNotice, "family", ""),
        (kinds.Pictured, "picture", ""),
    ):
        happened = facts[step].get(moment)
        deed.append(payload(kind, facts[step]), about=about, by=by, occurred_at=happened)
    if facts["identity"]["nationality"] != engine.HOME:
        deed.append(payload(kinds.ConsularNotice, facts["consular"]), about=about, by=by)
    for due, step in (
        (kinds.FirstLookTaken, "screening"),
        (kinds.RiskDue, "risk"),
        (kinds.TalkDue, "talk"),
    ):
        told = payload(due, facts[step], due_at=arrived + _length(step))
        deed.append(told, about=about, by=by)


def _length(step: str) -> timedelta:
    due = rules().step(step).due
    assert due is not None  # these three steps have one
    return due.length


def _order_company(facts: engine.Facts, stay: UUID, by: Actor) -> None:
    """What the officer decided after the first look: never alone, until a clinician has looked."""
    look = facts["screening"]
    if look.get("never_alone") != "yes":
        return
    separating.never_alone(
        stay,
        attended=False,
        review_by=clock.now() + NEVER_ALONE_FIRST,
        reason=look.get("watch_words") or gettext("Thoughts of self-harm at the first look"),
        by=by,
    )


def _write_for_others(
    facts: engine.Facts, about: Subject, acting: Any, draft: Draft, stay: UUID | None
) -> None:
    """What whoever closes the admission doesn't read: for clinicians, and for the resident prosecutor.

    The scope is widened for the writing alone; the clinical entries are by the clinician who filled in
    the step.
    """
    health, injuries = facts.get("health", {}), facts["injuries"]
    own = scope.current()
    audiences = own.audiences | {Audience.CLINICAL, Audience.SEALED_COMPLAINT}
    with scope.entered(replace(own, audiences=frozenset(audiences))), record.deed() as deed:
        if not engine.blank(health.get("checked_at")):
            by = _clinician_of(draft)
            deed.append(
                payload(kinds.HealthChecked, health),
                about=about,
                by=by,
                occurred_at=health["checked_at"],
                ground="看守所条例 第10条",
            )
            deed.append(payload(kinds.CareInstructed, health), about=about, by=by)
            if stay:
                gathered.keep_care(facts, stay, by)
        if injuries.get("ill_treated") == "yes":
            told = kinds.IllTreatmentTold(words=injuries["ill_treated_what"])
            deed.append(told, about=about, by=acting.actor, ground="人民检察院刑事诉讼规则 第656条")


def _clinician_of(draft: Draft) -> Actor:
    saved = draft.steps["health"]
    return Actor(ActorKind.STAFF, saved["ref"], Post(saved["post"]), StaffKind.CLINICIAN)
