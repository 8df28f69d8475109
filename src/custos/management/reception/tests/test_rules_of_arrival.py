"""The rows of law about the door and the cell, each with the rules that hold it and a test that names them.

`ROWS` was typed by hand from the texts: documents that open the door, who may not be received, the steps
of an admission, Nelson Mandela Rule 7, and who may not share a cell. Each rule named here is proved by a
case that comes out otherwise once the rule is switched off: in the tables of the tests of the engines, and
for what a step must hold in `test_what_a_step_must_hold_keeps_an_admission_open`.
"""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from custos.foundation.custody import arrival
from custos.foundation.custody import engine as separation
from custos.foundation.custody.tests import test_arrival, test_separation_rules
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Post
from custos.foundation.ui import wizard
from custos.management.reception.admission import engine, services
from custos.management.reception.admission.rules import Step, rules
from custos.management.reception.tests import test_admission_engine as admission
from custos.management.reception.tests.admissions import at, facts

#: What opens the door (B.1): rules, and fields as `step.field`.
DOCUMENTS = {
    "any document: type, number, authority, seal, match, times, basis not expired": [
        "KR-9-DOCUMENT", "KR-9-MATCH", "B1-SEAL", "B1-TIMES", "B1-EXPIRED", "ABOLISHED",
        "documents.basis", "documents.basis_number", "documents.authority", "documents.authority_kind",
        "documents.reason", "documents.issued_on", "documents.seal", "documents.names_match",
    ],
    "刑事拘留、逮捕: time of arrival on the warrant, 24 hours": [
        "documents.arrival_written", "documents.arrived_at", "documents.seized_at", "CPL-85-24H",
    ],
    "临时寄押: approval": ["B1-APPROVAL"],
    "异地羁押、指定管辖: approval": ["B1-APPROVAL"],
    "网上逃犯: identity check": ["B1-WANTED"],
    "一审实刑: judgment with the decision of arrest": ["B1-PAPERS"],
    "收监执行: decision with the notice of execution": ["B1-PAPERS"],
    "留所服刑: four papers, three months at most": ["B1-PAPERS", "CPL-264"],
    "行政、司法拘留: decision; elsewhere with approval": ["KR-9-DOCUMENT", "B1-APPROVAL"],
    "拘留审查": ["KR-9-DOCUMENT"],
    "强制隔离戒毒": ["KR-9-DOCUMENT"],
}  # fmt: skip

#: Who may or must not be received (B.2).
PEOPLE = {
    "mental illness, acute infection": [
        "KR-10-MENTAL", "KR-10-INFECTIOUS", "DR-19-ILLNESS", "DR-19-INFECTIOUS", "DL-TREAT",
        "DL-ISOLATE",
    ],
    "other serious illness": [
        "KR-10-SERIOUS", "KR-10-SELF-CARE", "DR-19-LIFE", "DREG-31", "EE-61-ILLNESS",
    ],
    "pregnant or nursing": [
        "KR-10-PREGNANT", "KR-10-NURSING", "SL-23-PREGNANT", "SL-23-NURSING", "DL-39-PREGNANT",
        "DL-39-NURSING", "EE-61-PREGNANT", "EE-61-NURSING",
    ],
    "seventy": ["HE-70", "SL-23-70", "EE-61-70"],
    "14 to 16, 16 to 18 for the first time": ["SL-23-16", "SL-23-18-FIRST", "DL-39-16", "EE-61-16"],
    "under 14": ["CL-17-14", "CL-17-CHILD"],
    "deputies": ["MPSC-164-DEPUTY"],
    "wrong person, no document": ["KR-9-MATCH", "KR-9-DOCUMENT"],
}  # fmt: skip

#: The sixteen steps (B.3).
STEPS = {
    "1 documents, two officers": ["KI-6-TWO", "documents.second_officer", "documents.escort"],
    "2 identity": [
        "identity.name", "identity.sex", "identity.nationality", "identity.verified_by",
        "identity.accommodation",
    ],
    "3 health": [
        "HEALTH-FIRST", "HOSPITAL-FIRST", "health.checked_at", "health.doctor", "health.blood_pressure",
        "health.blood_count", "health.ecg", "health.ultrasound", "health.chest_xray", "health.state",
        "health.history", "health.allergies", "health.medicines", "health.conclusion",
    ],
    "4 injuries": ["SPP-656-EXPLAINED", "SPP-656-SIGNED", "SPP-656-LISTED"],
    "5 screen": ["screening.self_harm", "screening.withdrawal", "screening.confused"],
    "6 search": ["KR-11-SEX", "search.searched_at", "search.searcher", "search.searcher_sex"],
    "7 property": ["property.inventory", "property.money", "property.inventory_signed"],
    "8 rights": [
        "rights.told_at", "rights.told_in", "rights.in_writing", "rights.read_aloud",
        "rights.lawyer_told", "rights.complaints_told", "rights.rights_signed",
    ],
    "9 family": ["family.notified"],
    "10 consul": ["consular.passport", "consular.consular_wish"],
    "11 dependants": ["dependants.has_dependants", "dependants.contact_given"],
    "12 photo": ["picture.photo"],
    "13 number": ["file.number"],
    "14 cell": ["cell.cell", "cell.cell_seen"],
}  # fmt: skip

#: Nelson Mandela Rule 7, by its letters.
RULE_7 = {
    "a": ["identity.name", "identity.sex", "identity.nationality", "identity.verified_by"],
    "b": [
        "documents.basis", "documents.basis_number", "documents.authority", "documents.reason",
        "documents.seized_at", "documents.seized_place",
    ],
    "c": ["documents.arrived_at"],
    "d": ["injuries.looked_at", "injuries.injured", "injuries.ill_treated"],
    "e": ["property.inventory", "property.money", "property.inventory_signed"],
    "f": ["dependants.has_dependants"],
    "g": ["dependants.contact_given"],
}  # fmt: skip

#: Who may not share a cell (B.4).
CELLS = {
    "men and women": ["KR-14-SEX"],
    "minors and adults": ["CPL-280-MINORS"],
    "co-defendants": ["KR-14-CODEFENDANTS", "KR-14-CODEFENDANTS-YARD"],
    "convicted and unconvicted": ["SPP-659-CONVICTED"],
    "administrative and criminal": ["DR-34-ADMINISTRATIVE"],
    "infection, by medical order": ["DR-18-MEDICAL"],
    "threat, assault, informants": ["NMR-12-KEEP-APART"],
    "never alone": ["RISK-NEVER-ALONE"],
    "a bound above the certified capacity": ["CELL-HARD-LIMIT"],
}

#: What is asked on once an answer makes it needed (B.2 to B.4), with that answer: `step.field` → outcome,
#: other answers of the step.
ASKED_ON = {
    "identity.accommodation_kind": ("accepted", {"accommodation": "yes"}),
    "identity.accommodation_what": ("accepted", {"accommodation": "yes"}),
    "injuries.ill_treated_what": ("accepted", {"ill_treated": "yes"}),
    "injuries.prosecutor_told_at": ("accepted", {"injured": "yes"}),
    "screening.never_alone": ("accepted", {"self_harm": "yes"}),
    "family.notified_who": ("accepted", {"notified": "yes"}),
    "family.not_notified_why": ("accepted", {"notified": "no"}),
    "dependants.dependants": ("accepted", {"has_dependants": "yes"}),
    "dependants.contact_name": ("accepted", {"contact_given": "yes"}),
    "dependants.contact_none_why": ("accepted", {"contact_given": "no"}),
    "decision.reason_code": ("refused", {}),
    "decision.notice_received_by": ("refused", {}),
    "decision.hospital": ("deferred", {}),
    "decision.deferred_until": ("deferred", {}),
    "decision.approved_by": ("exceptional", {}),
    "decision.approval_document": ("exceptional", {}),
}  # fmt: skip

#: By when a step is done by whoever does it (B.3), in hours after the arrival.
DUE = {"screening": 2, "risk": 24, "talk": 24}
#: The steps that never wait for the papers of the case: care, and what the person is told and asked.
CARE = {"health", "injuries", "screening", "rights", "family", "consular", "dependants"}
#: Whose step it is where that isn't the admitting posts' alone (B.3).
OTHERS = {
    "health": ["medical"],
    "injuries": ["admission", "duty_leader", "medical"],
    "screening": ["admission", "duty_leader", "medical"],
    "property": ["admission", "duty_leader", "finance"],
    "family": ["admission", "duty_leader", "case_officer"],
    "dependants": ["admission", "duty_leader", "case_officer"],
    "risk": ["admission", "duty_leader", "case_officer"],
    "talk": ["admission", "duty_leader", "case_officer"],
}

ROWS = DOCUMENTS | PEOPLE | STEPS | RULE_7 | CELLS
NAMED = {name for names in ROWS.values() for name in names}
FIELDS = sorted(name for name in NAMED if "." in name)

#: What the tests of the engines switch off, by the tables that they are made of.
PROVED = {
    *(name for name, *_rest in (*admission.REFUSING, *admission.BLOCKING, *admission.RECEIVED)),
    *(name for name, _changed in admission.EXAMINED),
    *test_separation_rules.HARD,
    *(name for name, *_rest in test_arrival.PROVED),
    # each has a test of its own name in `test_admission_engine`
    "ABOLISHED", "CPL-85-24H", "HOSPITAL-FIRST",
}  # fmt: skip


def test_every_rule_that_a_row_names_is_proved_by_a_case() -> None:
    assert {name for name in NAMED if "." not in name} <= PROVED


def test_every_rule_that_blocks_or_bars_stands_in_a_row() -> None:
    hard = {one.id for one in rules().rules if one.effect == "block"}
    hard |= {one.id for one in rules().groups}
    hard |= {one.id for one in separation.rules().rules if one.effect == "block"}
    hard |= {one.id for one in arrival.rules().rules if one.under_years}
    assert hard <= NAMED


def test_what_rule_7_asks_is_marked_as_such_and_nothing_else_is_left_out() -> None:
    marked: dict[str, list[str]] = {}
    for step in rules().steps:
        for field in step.fields:
            if field.rule7 and not field.when:
                marked.setdefault(field.rule7, []).append(f"{step.id}.{field.id}")
    assert {letter: sorted(names) for letter, names in marked.items()} == {
        letter: sorted(names) for letter, names in RULE_7.items()
    }


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_step_must_hold_keeps_an_admission_open(name: str) -> None:
    step, _dot, field = name.partition(".")
    foreign = {"identity": {"nationality": "VN"}} if step == "consular" else {}
    whole = {"passport": "C1", "consular_wish": "no"} if step == "consular" else {}
    told = facts(**foreign, **{step: {**whole, **foreign.get(step, {}), field: None}})
    if name == "identity.nationality":
        told["consular"] = {"passport": "C1", "consular_wish": "no"}
    found, _blocking = engine.unmet(told, at("KSS"))
    assert (step, field) in [(gap.step.id, gap.field.id) for gap in found]
    left, _blocking = engine.unmet(told, at("KSS"), admission.without_field(step, field))
    assert (step, field) not in [(gap.step.id, gap.field.id) for gap in left]


@pytest.mark.parametrize("name", ASKED_ON)
def test_what_an_answer_makes_needed_keeps_an_admission_open(name: str) -> None:
    step, _dot, field = name.partition(".")
    outcome, answers = ASKED_ON[name]
    told = facts(decision={"outcome": outcome}, **_of(step, {**answers, field: None}))
    found = engine.gaps(told, outcome, "KSS", steps=[step])
    assert field in [gap.field.id for gap in found]
    left = engine.gaps(told, outcome, "KSS", admission.without_field(step, field), [step])
    assert field not in [gap.field.id for gap in left]
    # Asked only then: of whoever gave the other answer it isn't.
    if answers:
        assert field not in [
            gap.field.id for gap in engine.gaps(facts(), outcome, "KSS", steps=[step])
        ]


def _of(step: str, answers: dict[str, object]) -> dict[str, dict[str, object]]:
    return {} if step == "decision" else {step: answers}


def test_every_field_that_must_be_held_stands_in_a_row() -> None:
    """Whoever marks a field as needed, or as needed no more, has to type it here from the text."""
    held = {
        f"{step.id}.{field.id}"
        for step in rules().steps
        for field in step.fields
        if field.needed != "no" and f"{step.id}.{field.id}" != "decision.outcome"
    }
    assert held == {*FIELDS, *ASKED_ON}


def test_the_steps_are_whose_and_due_when_the_law_says() -> None:
    steps = rules().steps
    due = {one.id: one.due.length for one in steps if one.due}
    assert due == {step: timedelta(hours=hours) for step, hours in DUE.items()}
    assert {one.id for one in steps if one.care} == CARE
    whose = {one.id: [str(post.value) for post in one.posts] for one in steps}
    assert {
        step: posts for step, posts in whose.items() if posts != ["admission", "duty_leader"]
    } == OTHERS


def test_no_cell_can_be_dark_or_constantly_lit_on_the_record() -> None:
    """Nelson Mandela Rule 43(c): a cell has no property by which it could be, and no rule that sets one."""
    held = {field.name for field in Cell._meta.get_fields() if not field.is_relation}
    assert held == {
        "id", "name", "sex", "kind", "capacity", "square_metres", "out_of_use", "out_of_use_reason",
        "expected_return",
    }  # fmt: skip
    assert set(Cell.KINDS) == {"transition", "ordinary", "segregation", "medical"}


def test_no_post_is_held_by_somebody_in_custody() -> None:
    """Nelson Mandela Rule 40; 看守所条例实施办法: nobody held here has authority over others."""
    words = ("detainee", "inmate", "prisoner", "trusty")
    assert not any(word in post.value for post in Post for word in words)


@pytest.mark.parametrize("step", rules().steps, ids=lambda step: step.id)
def test_a_step_says_its_deadline_and_its_law_in_the_readers_language(step: Step) -> None:
    hint = wizard.step_of(services.NAME, step.id).hint
    with translation.override("en"):
        assert not re.search(r"[\u3400-\u9fff]", str(hint))
    with translation.override("zh-hans"):
        assert step.source in str(hint)
