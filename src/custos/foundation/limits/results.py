"""A result in the form of `docs/reference/limits.md`."""

from datetime import date
from typing import Any

from custos.foundation.limits import explaining, windows
from custos.foundation.limits import law as laws
from custos.foundation.limits.dates import DAY
from custos.foundation.limits.engine import Result
from custos.foundation.limits.facts import Problem
from custos.foundation.limits.walk import Stage


def iso(at: int) -> str:
    """An instant in ISO 8601 with +08:00."""
    day, second = divmod(at, DAY)
    hour, rest = divmod(second, 3600)
    minute, second = divmod(rest, 60)
    return f"{date.fromordinal(day)}T{hour:02}:{minute:02}:{second:02}+08:00"


def iso_day(day: int) -> str:
    """A day in ISO 8601."""
    return date.fromordinal(day).isoformat()


def as_json(result: Result, *, explained: bool = True) -> dict[str, Any]:
    """The result as JSON's values; `explained=False` leaves out the explanations, which take longest."""
    shown: dict[str, Any] = {
        "id": result.case.id,
        "stages": [_stage(stage, explained) for stage in result.stages],
        "current": result.current,
        "status": result.status,
        "windows": [_window(window) for window in windows.of(result)],
        "totals": [_total(total) for total in windows.totals(result)],
        "problems": [_problem(one) for one in result.problems],
    }
    if result.sentence is not None:
        last = result.sentence.last_day
        shown["sentence"] = {
            "kind": result.sentence.kind,
            "from": iso_day(result.sentence.start),
            "last_day": iso_day(last) if last is not None else None,
        }
    return shown


def _stage(stage: Stage, explained: bool) -> dict[str, Any]:
    last = stage.last_day
    shown: dict[str, Any] = {
        "state": stage.state,
        "started_at": iso_day(stage.at // DAY) if stage.whole_day else iso(stage.at),
        "due_at": iso(stage.due) if stage.due is not None else None,
        "last_day": iso_day(last) if last is not None else None,
        "ended_at": iso(stage.ended) if stage.ended is not None else None,
        "ended_by": stage.ended_by,
        "ends": [{"rule": name, "at": iso(at)} for name, at in stage.ends],
        "basis": _basis(stage),
    }
    if explained:
        shown["explanation"] = {
            language: explaining.words(stage, language)
            for language in (explaining.ZH, explaining.EN)
        }
    return shown


def _basis(stage: Stage) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for held in stage.basis:
        source = held.rule.source
        seen[held.rule.id] = {
            "rule": held.rule.id,
            "version": held.version,
            "source": source,
            "source_en": laws.english(source),
        }
    return list(seen.values())


def _window(window: windows.Window) -> dict[str, Any]:
    rule = window.rule
    shown: dict[str, Any] = {
        "rule": rule.id,
        "kind": rule.kind,
        "due_at": iso(window.at),
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "stage": window.stage,
        "event": window.event,
        "who": rule.who,
        "answered": window.answered,
    }
    if rule.document is not None:
        shown["document"] = rule.document
    if rule.blocks is not None:
        shown["blocks"] = rule.blocks
    if rule.repeats is not None:
        shown["repeats"] = {key: value for key, value in rule.repeats.model_dump().items() if value}
    return shown


def _total(total: windows.Total) -> dict[str, Any]:
    return {
        "rule": total.rule.id,
        "from": iso_day(total.first),
        "last_day": iso_day(total.last_day),
        "exceeded": total.exceeded,
    }


def _problem(one: Problem) -> dict[str, Any]:
    return {
        "code": one.code,
        "message": explaining.problem(one, explaining.EN),
        "message_zh": explaining.problem(one, explaining.ZH),
        "event": one.event,
        "refused": laws.problems()[one.code].refused,
    }
