"""What may happen to an assessment: an officer answers a figure of theirs, a leader replies and signs."""

from dataclasses import replace
from datetime import datetime
from typing import NoReturn, cast
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Audience, Post, Subject
from custos.prevention.duty.assessment import plan, queries
from custos.prevention.duty.assessment.models import FigureAnswer, FigureReply, SignedMonth
from custos.prevention.duty.assessment.plan import MeasureId, Month
from custos.prevention.duty.assessment.queries import MonthShown
from custos.prevention.duty.kinds import AnswerSigned, FigureAnswered, FigureReplied, MonthSigned

#: Who reads the figures of others, and who signs them.
READERS, SIGNERS = (Post.LEADER, Post.OVERSIGHT), (Post.LEADER,)
LONGEST_WORDS = 1000


def answer(
    facility: Organization, month: Month, measure: str, text: str, *, by: Actor
) -> FigureAnswer:
    """An officer says something to a figure of their own; the leaders read it beside the figure.

    Also after the signing, which it doesn't change. Raises `Malformed` for no words or too many, `Missing`
    where one has no such figure in that month.
    """
    words = _words(text)
    record.require_writer(FigureAnswered, by)
    with record.deed() as deed:
        found = queries.own(facility, month, by, deed.at)
        figure = found.row.figures.get(cast(MeasureId, measure))
        if figure is None:
            raise Missing(
                "assessment.no_figure", _("You have no such figure in this month."), field="measure"
            )
        payload = FigureAnswered(
            month=month.first,
            measure=cast(MeasureId, measure),
            cases=figure.cases,
            kept=figure.kept,
            text=words,
        )
        # Whoever answers need not be among those who read what officers answer.
        own = scope.current()
        with scope.entered(replace(own, audiences=own.audiences | {int(Audience.LEADERS)})):
            header = deed.append(payload, about=Subject(facility.pk), by=by)
        return FigureAnswer.objects.create(
            organization_id=facility.pk,
            month=month.first,
            staff_ref=by.ref,
            measure=measure,
            cases=figure.cases,
            kept=figure.kept,
            text=words,
            at=deed.at,
            entry_id=header.id,
        )


def reply(answer_id: UUID, text: str, *, by: Actor) -> FigureReply:
    """A leader replies to what an officer said to a figure, once.

    Raises `Conflict` where it has a reply, naming whose, `NotAllowed` for one's own word and for others
    than a leader, `Malformed` for no words or too many, `Missing` out of scope.
    """
    words = _words(text)
    record.require_writer(FigureReplied, by)
    with record.deed() as deed:
        row = FigureAnswer.objects.visible_to(scope.current()).filter(pk=answer_id).first()
        if row is None:
            raise Missing("assessment.no_answer", _("There is no such answer to a figure."))
        if row.staff_ref == by.ref:
            raise NotAllowed(
                "assessment.own", _("This is your own word; another leader replies to it.")
            )
        header = deed.append(
            FigureReplied(
                month=row.month,
                measure=cast(MeasureId, row.measure),
                officer=row.staff_ref,
                answer=row.pk,
                text=words,
            ),
            about=Subject(row.organization_id),
            by=by,
            because=row.entry_id,
        )
        made = FigureReply(
            organization_id=row.organization_id,
            answer=row,
            by_ref=by.ref,
            text=words,
            at=deed.at,
            entry_id=header.id,
        )
        # Waits for another who replies just now, and then adds nothing.
        FigureReply.objects.bulk_create([made], ignore_conflicts=True)
        kept = FigureReply.objects.get(answer=row)
        if kept.pk != made.pk:
            name = accounts.names_of({kept.by_ref}).get(kept.by_ref, "")
            _was_first("assessment.replied", _("%(name)s replied at %(time)s."), name, kept.at)
    return made


def sign(
    facility: Organization, month: Month, digest: str, *, by: Actor, proven_at: datetime | None
) -> SignedMonth:
    """A leader signs a month's figures with what officers said and the replies; they stand from then on.

    `digest` is of what the leader saw. Raises `Conflict` where the month isn't over, is signed, has changed
    since, or an officer's word has no reply yet; `NotAllowed` for others than a leader of the police and
    without a fresh proof of who one is.
    """
    record.require_writer(MonthSigned, by)
    confirmations.require_fresh(proven_at)
    with record.deed() as deed:
        found = queries.month_of(facility, month, deed.at)
        _require_ready(found, digest, by)
        figures = plan.said(found.sheet)
        answers = [
            AnswerSigned(officer=one.staff_ref, measure=one.measure, text=one.text, reply=one.reply)
            for one in found.answers
        ]
        header = deed.append(
            MonthSigned(
                month=month.first,
                rules_version=plan.rules().version,
                fewest=plan.rules().fewest,
                figures=figures,
                answers=answers,
                digest=digest,
            ),
            about=Subject(facility.pk),
            by=by,
        )
        made = SignedMonth(
            organization_id=facility.pk,
            month=month.first,
            rules_version=plan.rules().version,
            figures=[row.model_dump() for row in figures],
            digest=digest,
            signed_by=by.ref,
            signed_at=deed.at,
            entry_id=header.id,
        )
        # Waits for another who signs just now, and then adds nothing.
        SignedMonth.objects.bulk_create([made], ignore_conflicts=True)
        kept = SignedMonth.objects.get(organization_id=facility.pk, month=month.first)
        if kept.pk != made.pk:
            _already(accounts.names_of({kept.signed_by}).get(kept.signed_by, ""), kept.signed_at)
    return made


def _require_ready(found: MonthShown, digest: str, by: Actor) -> None:
    if found.signed:
        _already(found.signed.by, found.signed.at)
    if not found.is_over:
        raise Conflict(
            "assessment.not_over",
            _("This month isn't over yet."),
            mend=_("It is signed once its last day is over."),
        )
    # A leader who is the only one can't reply to themselves; what they said is signed as it stands.
    waiting = [one for one in found.unreplied if one.staff_ref != by.ref]
    if waiting:
        raise Conflict(
            "assessment.unreplied",
            _("%(count)s answers of officers have no reply yet."),
            mend=_("Reply to each first; they are signed with the figures."),
            count=len(waiting),
        )
    if found.digest != digest:
        raise Conflict(
            "assessment.changed",
            _("The figures or the answers have changed since you opened this page."),
            mend=_("Look at them again, then sign."),
        )


def _already(name: str, at: datetime) -> NoReturn:
    _was_first("assessment.signed", _("%(name)s signed this month at %(time)s."), name, at)


def _was_first(code: str, words: object, name: str, at: datetime) -> NoReturn:
    raise Conflict(
        code,
        words,
        mend=_("Nothing is left to do here."),
        name=name or gettext("A colleague"),
        time=f"{at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}",
    )


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise Malformed(
            "assessment.no_words",
            _("This cannot be empty."),
            field="text",
            mend=_("Say it in words."),
        )
    if len(words) > LONGEST_WORDS:
        raise Malformed(
            "assessment.too_long",
            _("At most %(limit)s characters."),
            field="text",
            limit=LONGEST_WORDS,
        )
    return words
