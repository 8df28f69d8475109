"""Arrivals as tests make them: whole answers for each step, as the forms take and give them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import QueryDict

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import services as stays
from custos.foundation.database import scope
from custos.foundation.organizations import queries as organizations
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft
from custos.management.reception.admission import cells, engine, services

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)

#: The document that opens each kind of facility in these tests.
BASES = {
    "KSS": "拘留证",
    "JLS": "行政拘留决定书",
    "QJS": "强制隔离戒毒决定书",
    "SQJ": "强制隔离戒毒决定书",
    "QFC": "拘留审查决定书",
}

#: What a detention centre refuses somebody for on a doctor's word.
ILL: dict[str, dict[str, Any]] = {
    "health": {"found": ["mental_illness"], "conclusion": "unfit"},
    "decision": {
        "outcome": "refused", "reason_code": "KR-10-MENTAL", "notice_received_by": "李警官",
        "words": "幻听-4471",
    },
}  # fmt: skip


def at(kind: str) -> engine.Setting:
    """A facility of a kind, at noon in Beijing."""
    return engine.Setting(kind, NOW, TODAY)


def facts(kind: str = "KSS", **changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Whole facts of a man who may be accepted, with what `changed` says of a step."""
    hour = timedelta(hours=1)
    whole: dict[str, dict[str, Any]] = {
        "documents": {
            "arrived_at": NOW - hour, "basis": BASES[kind], "basis_number": "2026-17",
            "authority": "市公安局", "authority_kind": "police", "reason": "盗窃",
            "seized_at": NOW - 5 * hour,
            "seized_place": "火车站", "issued_on": TODAY, "seal": "yes", "names_match": "yes",
            "papers": [], "escort": "李警官 城关派出所",
            "second_officer": "赵警官",
        },
        "identity": {
            "name": "王小川", "sex": "1", "born": date(1990, 5, 1), "verified_by": "document",
            "nationality": "CN", "accommodation": "no",
        },
        "health": {
            "checked_at": NOW - hour / 2, "doctor": "孙医生", "blood_pressure": "120/80",
            "blood_count": "正常", "ecg": "正常", "ultrasound": "正常", "chest_xray": "正常",
            "state": "良好", "history": "无", "allergies": "青霉素", "medicines": "无",
            "found": [], "conclusion": "fit",
        },
        "injuries": {
            "looked_at": NOW - hour / 2, "injured": "no", "ill_treated": "no", "list": [],
        },
        "decision": {"outcome": "accepted"},
        "screening": {"self_harm": "no", "withdrawal": "no", "confused": "no"},
        "search": {"searched_at": NOW - hour / 3, "searcher": "赵警官", "searcher_sex": "1"},
        "property": {"inventory": "手机一部", "money": Decimal("0"), "inventory_signed": "王小川"},
        "rights": {
            "told_at": NOW - hour / 4, "told_in": "汉语", "in_writing": True, "read_aloud": True,
            "lawyer_told": True, "complaints_told": True, "rights_signed": "王小川",
        },
        "family": {"notified": "handler"},
        "consular": {},
        "dependants": {
            "has_dependants": "no", "contact_given": "yes", "contact_name": "王秀英",
            "contact_relation": "52", "contact_phone": "13800000000",
        },
        "picture": {"photo": "taken"},
        "file": {"number": "101001001202611240001"},
        "cell": {"cell": "x", "cell_seen": "x"},
        "risk": {},
        "talk": {},
    }  # fmt: skip
    if kind == "KSS":
        whole["documents"]["arrival_written"] = True
    return {step: {**answers, **changed.get(step, {})} for step, answers in whole.items()}


def typed(
    kind: str, cell: UUID | str, **changed: dict[str, Any]
) -> dict[str, dict[str, list[str]]]:
    """The same as somebody types it now, step by step."""
    shift = clock.now() - NOW
    local = timezone(timedelta(hours=8))

    def words(value: Any) -> list[str]:
        if isinstance(value, list):
            return [str(one) for one in value]
        if isinstance(value, datetime):
            return [(value + shift).astimezone(local).strftime("%Y-%m-%dT%H:%M")]
        if value is TODAY:  # the day of the arrival, which just after midnight is yesterday
            arrived: datetime = facts(kind)["documents"]["arrived_at"]
            return [(arrived + shift).astimezone(local).date().isoformat()]
        return ["on"] if value is True else [str(value)]

    told = facts(kind, **{"cell": {"cell": cell}, **changed})
    return {
        step: {name: words(value) for name, value in answers.items()}
        for step, answers in told.items()
    }


def looked(draft: Draft, cell: str, officer: Acting) -> str:
    """What the box confirms once both sides of a cell were looked at."""
    answers = wizard.answers_of(wizard.stands(draft, officer))
    place = organizations.cell(UUID(cell))
    person = cells.arriving(answers, place.organization)
    shown = stays.considered_arrival(person, place, clock.now())
    return f"{cell}.{shown.token}"


def fill(
    draft: Draft, told: dict[str, dict[str, list[str]]], officer: Acting, doctor: Acting
) -> Draft:
    """Save each step as whoever fills it in."""
    for step in wizard.wizard(services.NAME).ordered():
        data = QueryDict(mutable=True)
        for name, several in told.get(step.name, {}).items():
            data.setlist(name, several)
        if step.name == "cell" and data.get("cell_seen"):
            data["cell_seen"] = looked(draft, data["cell"], officer)
        acting = doctor if step.name == "health" else officer
        version = draft.steps.get(step.name, {}).get("version", 0)
        with scope.entered(acting.scope):
            draft = wizard.save(draft, step, data, version=version, acting=acting)
    return draft
