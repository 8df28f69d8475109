"""What a notice about a limit says: proposed from what is known, looked through by whoever issues it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import translation

from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.queries import PersonFile
from custos.foundation.custody.queries import PersonShown
from custos.foundation.limits import law
from custos.foundation.limits.dates import DAY
from custos.foundation.limits.engine import Result
from custos.foundation.limits.walk import Stage
from custos.foundation.record.parties import Post
from custos.management.timelimits import catalogue, engine, forms, queries
from custos.management.timelimits.computing import Facts
from custos.management.timelimits.queries import PaperShown, WarningShown

#: Who issues which notice: the report goes out under a leader's name.
ISSUING: dict[str, tuple[Post, ...]] = {
    "D09": (Post.CASE_OFFICER, Post.ADMISSION, Post.DUTY_LEADER, Post.LEADER),
    "D10": (Post.DUTY_LEADER, Post.LEADER),
}


def form_of(warning: WarningShown) -> type[forms.NoticeForm]:
    """The form of the notice that a warning asks for."""
    return forms.ReportForm if warning.notice == "D10" else forms.NoticeForm


def proposed(warning: WarningShown, person: PersonShown) -> dict[str, Any]:
    """What stands in the form at first. Three queries."""
    held = people.file_of(person.custody_id, person.records)
    result, facts = queries.result_of(person.custody_id)
    stage = engine.effective(result)
    known = {str(one.id): one for one in queries.papers_of(person.custody_id) if one.counts}
    authority = _authority(warning.state, held, known.values())
    prosecutors = f"驻{person.facility}检察室"
    rule = stage.rule if stage is not None else None
    basis = _document(result, facts, known) if stage is not None else None
    given = {
        "to": authority,
        "charge": "、".join(one.words for one in held.of("charge")),
        "basis": " ".join(part for part in (person.basis, person.basis_number) if part),
        "limit": rule.title.zh if rule is not None else "",
        "article": _article(stage) if stage is not None else "",
    }
    if basis is not None:
        given["basis"] = _paper(basis)
    if warning.notice == "D10":
        return given | {"authority": authority, "to": prosecutors, "done": ""}
    copied = "resident_prosecutor" in catalogue.rules().named(warning.rule).to
    return given | {"copy_to": prosecutors if copied else ""}


def _paper(basis: PaperShown) -> str:
    """What a document is called in a Chinese one, with its number: 《逮捕证》（甲公捕字〔2026〕9号）.

    One of which nobody said what it is bears no title: the event that it tells of is none.
    """
    sort = str((basis.event or {}).get("document", ""))
    if not sort:
        return f"法律文书（{basis.number}）"
    with translation.override("zh-hans"):
        # A sort of several papers is called by the first; whoever issues the notice looks it through.
        called = str(forms.code_title(sort))
        return f"《{called.partition('、')[0]}》（{basis.number}）"


#: Reasons of a stage by whose paper custody stands: what opened, restarted or lengthened it.
_BASES = frozenset({"opened", "restarted", "extended", "combined", "commuted", "counted_from"})


def _document(result: Result, facts: Facts, known: Mapping[str, PaperShown]) -> PaperShown | None:
    """The document on which custody stands now: the last with a number that opened or lengthened a stage.

    An event without a number is none, and custody goes on by the document of before it.
    """
    for stage in reversed(result.stages):
        for reason in reversed(stage.reasons):
            paper = known.get(facts.papers[reason[1].index]) if reason[0] in _BASES else None
            if paper is not None and paper.number:
                return paper
    return None


def _article(stage: Stage) -> str:
    """The law of a limit: that of its last extension, or else of the stage."""
    steps = [one[2] for one in stage.reasons if one[0] == "extended"]
    rule = law.shipped().named(steps[-1]) if steps else stage.rule
    return str(rule.source) if rule is not None else ""


#: Sorts of authority in a person's file (`custos.authority`) that may have a case of the police's stages.
_SORTS = {"police": frozenset({"police", "state_security", "border"})}


def _authority(state: str, held: PersonFile, papers: Iterable[PaperShown]) -> str:
    """The name of the authority that has the case at a stage, and of no other; empty where nobody knows.

    It stands in the person's file, or as the issuer of the last paper that opened a stage of that
    authority: who approved an extension, or has a stage before, isn't the one to be told.
    """
    wanted = catalogue.authority_of(state)
    sorts = _SORTS.get(wanted, frozenset({wanted}))
    for one in reversed(held.of("authority")):
        if one.fact.kind in sorts:
            return str(one.fact.name)
    issuers = [
        paper.authority
        for paper in papers
        if paper.authority
        and (opened := law.events()[paper.type].opens) is not None
        and catalogue.authority_of(opened) == wanted
    ]
    return issuers[-1] if issuers else ""


def said(warning: WarningShown, person: PersonShown, typed: dict[str, Any]) -> dict[str, Any]:
    """What the paper says: what was typed, and what is known of the person and the clock. Two queries."""
    result, _facts = queries.result_of(person.custody_id)
    stage: Stage | None = engine.effective(result)
    first = result.stages[0] if result.stages else None
    due = stage.due if stage is not None else None
    return {
        "stage": warning.state or (stage.state if stage is not None else ""),
        "person": {
            "name": person.name,
            "sex": person.sex,
            "born": person.born,
            "number": person.number,
        },
        "began_on": engine.day_at(first.at) if first is not None else None,
        "ends_on": date.fromordinal(stage.last_day)
        if stage is not None and stage.last_day
        else None,
        "ends_hour": _hour(due) if due is not None else "",
        **typed,
    }


def _hour(due: int) -> str:
    """The hour of an end that is not midnight: "9时30分"."""
    hour, minute = divmod(due % DAY // 60, 60)
    if not hour and not minute:
        return ""
    return f"{hour}时{minute:02}分" if minute else f"{hour}时"


def may_issue(code: str | None, post: Post) -> bool:
    """Whether a post issues this notice."""
    return post in issuing(code)


def issuing(code: str | None) -> tuple[Post, ...]:
    """The posts that issue this notice; none where there is none to issue."""
    return ISSUING.get(code, ()) if code else ()
