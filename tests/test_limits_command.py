"""What is promised to others: the command, the schemas, the page of codes."""

import json
from pathlib import Path
from random import Random

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from custos.config import program, rule_files
from custos.foundation.limits import engine, facts, law, results, schema, windows
from custos.foundation.limits.tests import cases
from custos.foundation.limits.tests.cases import computed, event

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def _computed(lines: str) -> list[dict]:
    ran = CliRunner().invoke(program.main, ["limits", "compute", "-"], input=lines)
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.output.splitlines()]


def test_a_line_in_is_a_line_out() -> None:
    case = json.dumps(cases.case(event("arrest", "2024-03-05"), as_of="2024-04-01"))
    first, broken, other = _computed(f"{case}\n\nnot json\n[1]\n")
    assert first["stages"][0]["last_day"] == "2024-05-05"
    assert first["id"] == "A1"
    assert [one["code"] for one in broken["problems"] + other["problems"]] == [
        "CASE_UNREADABLE"
    ] * 2


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"id": "\xff"}',
        b'{"id": NaN}',
        b'{"as_of": "2024-04-01", "as_of": "2025-04-01", "events": []}',
    ],
    ids=["nested too deep", "no UTF-8", "no number", "said twice"],
)
def test_a_line_that_is_no_case_costs_no_other_line_its_result(line: bytes, tmp_path: Path) -> None:
    case = json.dumps(cases.case(event("arrest", "2024-03-05"), as_of="2024-04-01")).encode()
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + case + b"\n" + line + b"\n" + case + b"\n")
    ran = CliRunner().invoke(program.main, ["limits", "compute", str(file)])
    first, broken, last = (json.loads(one) for one in ran.output.splitlines())
    assert first == last
    assert first["problems"] == []
    assert [one["code"] for one in broken["problems"]] == ["CASE_UNREADABLE"]


def test_half_of_a_pair_comes_back_as_it_was_sent() -> None:
    (result,) = _computed('{"id": "\\ud800", "as_of": "2024-04-01", "events": []}\n')
    assert result["id"] == "\ud800"


def test_a_file_of_cases_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(cases.case(event("arrest", "2024-03-05"))) + "\n", encoding="utf-8")
    ran = CliRunner().invoke(program.main, ["limits", "compute", str(file)])
    assert json.loads(ran.output)["status"] == "overdue"


@pytest.mark.parametrize("what", ["case", "result"])
def test_the_schema_in_the_reference_is_the_one_of_the_rules(what: str) -> None:
    written = json.loads((REFERENCE / f"limits-{what}.schema.json").read_text(encoding="utf-8"))
    ran = CliRunner().invoke(program.main, ["limits", "schema", what])
    assert json.loads(ran.output) == written


def test_cases_and_results_conform_to_their_schemas() -> None:
    of_case = jsonschema_rs.validator_for(schema.case())
    of_result = jsonschema_rs.validator_for(schema.result())
    random = Random(3)
    for _ in range(200):
        case = cases.made(random)
        of_case.validate(case)
        of_result.validate(results.as_json(engine.compute(facts.read(case))))


def test_the_page_has_every_fact_code_problem_and_rule() -> None:
    page = (REFERENCE / "limits.md").read_text(encoding="utf-8")
    named = [*law.events(), *law.problems(), *(one.rule.id for one in law.shipped().held)]
    named += [code for values in law.codes().values() for code in values]
    assert [name for name in named if f"`{name}`" not in page] == []


def _draft(folder: Path, old: str, new: str) -> Path:
    text = (law.RULES / "stages.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "stages.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return folder


def _compared(folder: Path, *given: dict) -> Result:
    lines = "".join(json.dumps(one) + "\n" for one in given)
    return CliRunner().invoke(
        program.main, ["limits", "compare", "-", "--rules", str(folder)], input=lines
    )


def test_a_draft_of_the_law_is_compared_before_it_takes_effect(tmp_path: Path) -> None:
    folder = _draft(
        tmp_path,
        "limit: {months: 2}\n    readings: [SPC-202, HX2006-4]",
        "limit: {months: 3}\n    readings: [SPC-202, HX2006-4]",
    )
    arrested = cases.case(event("arrest", "2024-03-05"), as_of="2024-05-20")
    ran = _compared(folder, arrested, cases.case(event("prosecution_received", "2024-03-05")))
    (changed,) = (json.loads(line) for line in ran.output.splitlines())
    assert changed["now"] == {
        "status": "overdue",
        "stages": [{"state": "S20", "due_at": "2024-05-06T00:00:00+08:00"}],
    }
    assert changed["draft"] == {
        "status": "running",
        "stages": [{"state": "S20", "due_at": "2024-06-06T00:00:00+08:00"}],
    }


def test_a_draft_that_is_wrong_is_refused_in_words(tmp_path: Path) -> None:
    ran = _compared(_draft(tmp_path, "readings: [DR-32]", "readings: [DR-33]"))
    assert ran.exit_code == 1
    assert "there is no rule DR-33" in ran.output


def test_the_rules_are_among_those_that_are_checked() -> None:
    assert "custos.foundation.limits.law" in rule_files.LOADERS


def test_two_versions_of_a_rule_are_never_in_force_on_one_day() -> None:
    with pytest.raises(ValueError, match="two versions"):
        law._beside_each_other([*law.shipped().held, law.shipped().held[0]])


# ---------------------------------------------------------------------- what later work calls


def test_interrogation_is_blocked_once_the_limit_is_past() -> None:
    result = computed(event("arrest", "2024-03-05"), as_of="2024-05-06")
    due = result.stages[0].due
    assert due is not None
    assert [one.rule.id for one in windows.interrogation_blocked(result, due)] == ["AL-5"]
    assert windows.interrogation_blocked(result, due - 1) == []


def test_interrogation_is_blocked_until_both_halves_of_the_transfer_have_come() -> None:
    events = [
        event("prosecution_received", "2024-03-05"),
        event("transfer_of_custody", "2024-03-06", half="sent"),
    ]
    result = computed(*events, as_of="2024-03-10")
    at = result.stages[0].at + 5 * 86_400
    assert [one.rule.id for one in windows.interrogation_blocked(result, at)] == ["AL-3"]
    events.append(event("transfer_of_custody", "2024-03-07", half="received"))
    assert windows.interrogation_blocked(computed(*events, as_of="2024-03-10"), at) == []
