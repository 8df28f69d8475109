"""What a notice about a limit says: proposed from what is known, looked through by whoever issues it."""

from datetime import date
from typing import Any

from custos.foundation.custody.people import queries as people
from custos.foundation.custody.queries import PersonShown
from custos.foundation.limits.walk import Stage
from custos.foundation.record.parties import Post
from custos.management.timelimits import engine, forms, queries
from custos.management.timelimits.queries import WarningShown

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
    result, _facts = queries.result_of(person.custody_id)
    stage = engine.effective(result)
    papers = [one for one in queries.papers_of(person.custody_id) if one.counts]
    last = papers[-1] if papers else None
    authority = next((one.authority for one in reversed(papers) if one.authority), "")
    known = held.of("authority")
    authority = authority or (known[0].words.split(" · ")[0] if known else "")
    charges = "、".join(one.words for one in held.of("charge"))
    rule = stage.rule if stage is not None else None
    given = {
        "to": authority,
        "charge": charges,
        "basis": " ".join(part for part in (person.basis, person.basis_number) if part),
        "limit": rule.title.zh if rule is not None else "",
        "article": rule.source if rule is not None else "",
    }
    if last is not None and last.number:
        given["basis"] = f"{last.number} {last.title}"
    if warning.notice == "D10":
        given |= {"authority": authority, "to": "", "done": ""}
    return given


def said(warning: WarningShown, person: PersonShown, typed: dict[str, Any]) -> dict[str, Any]:
    """What the paper says: what was typed, and what is known of the person and the clock. Two queries."""
    result, _facts = queries.result_of(person.custody_id)
    stage: Stage | None = engine.effective(result)
    first = result.stages[0] if result.stages else None
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
        **typed,
    }


def may_issue(code: str | None, post: Post) -> bool:
    """Whether a post issues this notice."""
    return code is not None and post in ISSUING.get(code, ())
