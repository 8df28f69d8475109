"""Facts that don't fit: each has its code, says which fact, what is wrong and how to mend it."""

from typing import Any

import pytest

from custos.foundation.limits import engine, facts, law, results
from custos.foundation.limits.tests.cases import case, codes, event, last_days, shown

E = event
ARREST = E("arrest", "2024-03-05")
FIRST = {"months": 1, "ground": "complex", "approver": "procuratorate_next_higher"}
SERVING = E("sentence", "2024-03-05", kind="fixed_term", from_="2024-01-05", years=1)
AS_OF = "2024-05-01"

#: Each code, and facts that bring it about.
WRONG: dict[str, list[Any]] = {
    "EVENTS_MISSING": [],
    "EVENT_UNREADABLE": ["arrest"],
    "TYPE_MISSING": [{"at": "2024-03-05"}],
    "TYPE_UNKNOWN": [E("arested", "2024-03-05")],
    "AT_MISSING": [{"type": "arrest"}],
    "DATE_UNREADABLE": [E("arrest", "5 March 2024")],
    "DATE_DOES_NOT_EXIST": [E("arrest", "2024-04-31")],
    "NOT_A_LEAP_YEAR": [E("arrest", "2023-02-29")],
    "DATE_IMPLAUSIBLE": [E("arrest", "1024-03-05")],
    "TIME_ZONE_MISSING": [E("arrest", "2024-03-05T09:30")],
    "FIELD_UNKNOWN": [E("arrest", "2024-03-05", grond="complex")],
    "FIELD_MISSING": [E("administrative_detention", "2024-03-05")],
    "NUMBER_UNREADABLE": [E("administrative_detention", "2024-03-05", days="ten")],
    "NUMBER_TOO_LARGE": [E("administrative_detention", "2024-03-05", days=99_999)],
    "FLAG_UNREADABLE": [E("summons", "2024-03-05T08:00+08:00", complex="yes")],
    "CODE_UNKNOWN": [ARREST, E("extension", "2024-04-20", months=1, ground="difficult")],
    "UNIT_UNKNOWN": [ARREST, E("extension", "2024-04-20", weeks=2)],
    "OTHER_PERSON": [E("arrest", "2024-03-05", person="B2")],
    "DUPLICATE": [ARREST, ARREST],
    "OUT_OF_ORDER": [E("prosecution_received", "2024-04-20"), ARREST],
    "FUTURE_EVENT": [E("arrest", "2024-06-05")],
    "TWO_BASES": [ARREST, E("foreigner_review", "2024-04-01")],
    "DOES_NOT_FOLLOW": [ARREST, E("trial_accepted", "2024-04-01")],
    "NOTHING_RUNS": [E("extension", "2024-03-05", months=1)],
    "NOT_IN_THIS_STAGE": [ARREST, E("arrest_refused", "2024-04-01")],
    "DETENTION_MISSING": [E("arrest_request_received", "2024-03-05")],
    "ARREST_REQUEST_MISSING": [
        E("criminal_detention", "2024-03-05T09:30+08:00"),
        E("arrest", "2024-03-07"),
    ],
    "TIME_OF_DETENTION_MISSING": [E("criminal_detention", "2024-03-05")],
    "HELD_PAST_DUE": [E("prosecution_received", "2024-03-05"), E("trial_accepted", "2024-04-06")],
    "HOUR_OF_END_MISSING": [
        E("criminal_detention", "2024-03-05T09:30+08:00"),
        E("arrest_request_received", "2024-03-08"),
    ],
    "HOUR_MISSING": [
        E("criminal_detention", "2024-03-05T09:30+08:00"),
        E("extension", "2024-03-08", days=4, ground="other", approver="county_police_head"),
    ],
    "RETURNED_TOO_OFTEN": [
        E("prosecution_received", "2024-03-05"),
        E("returned_for_investigation", "2024-03-08"),
        E("prosecution_received", "2024-03-10"),
        E("returned_for_investigation", "2024-03-12"),
        E("prosecution_received", "2024-03-14"),
        E("returned_for_investigation", "2024-03-16"),
    ],
    "AMOUNT_MISSING": [ARREST, E("extension", "2024-04-20", ground="complex")],
    "AMOUNT_ASSUMED": [
        E("prosecution_received", "2024-03-05", procedure="fast_track"),
        E("extension", "2024-03-10", ground="more_than_one_year_likely"),
    ],
    "TWO_AMOUNTS": [ARREST, E("extension", "2024-04-20", months=1, days=5)],
    "UNIT_DOES_NOT_FIT": [
        E("prosecution_received", "2024-03-05"),
        E("extension", "2024-03-20", months=1),
    ],
    "EXTENSION_AFTER_END": [
        E("prosecution_received", "2024-03-05"),
        E("extension", "2024-04-06", days=15),
    ],
    "EXTENSION_TOO_LONG": [ARREST, E("extension", "2024-04-20", **(FIRST | {"months": 2}))],
    "NO_EXTENSION_HERE": [
        E("arrest_request_received", "2024-03-05"),
        E("extension", "2024-03-07", days=2),
    ],
    "EXTENSION_USED_UP": [
        E("prosecution_received", "2024-03-05"),
        E("extension", "2024-03-20", days=15, ground="complex"),
        E("extension", "2024-03-21", days=15, ground="complex"),
    ],
    "EXTENSION_SKIPS_STEP": [
        ARREST,
        E("extension", "2024-04-20", months=2, ground="severe_four_classes"),
    ],
    "GROUND_MISSING": [
        ARREST,
        E("extension", "2024-04-20", months=1, approver="procuratorate_next_higher"),
    ],
    "GROUND_DOES_NOT_FIT": [ARREST, E("extension", "2024-04-20", **(FIRST | {"ground": "gang"}))],
    "APPROVER_MISSING": [ARREST, E("extension", "2024-04-20", months=1, ground="complex")],
    "APPROVER_NOT_ENTITLED": [
        ARREST,
        E("extension", "2024-04-20", **(FIRST | {"approver": "county_police_head"})),
    ],
    "RESTART_AFTER_END": [E("arrest", "2024-01-05"), E("new_major_crime", "2024-03-06")],
    "APPROVAL_MISSING": [ARREST, E("new_major_crime", "2024-04-01")],
    "APPROVAL_LATE": [ARREST, E("new_major_crime", "2024-04-01", approved_on="2024-04-07")],
    "PAUSE_AFTER_END": [E("arrest", "2024-01-05"), E("psychiatric_exam_started", "2024-03-06")],
    "PAUSE_TWICE": [
        ARREST,
        E("psychiatric_exam_started", "2024-04-01"),
        E("psychiatric_exam_started", "2024-04-02"),
    ],
    "PAUSE_WITHOUT_START": [ARREST, E("psychiatric_exam_ended", "2024-04-01")],
    "IDENTITY_OPEN": [ARREST, E("identity_unknown", "2024-04-01")],
    "IDENTITY_NOT_COUNTED": [
        E("criminal_detention", "2024-03-05T09:30+08:00"),
        E("identity_unknown", "2024-03-06"),
    ],
    "TRAVEL_NOT_DEDUCTED": [E("arrest", "2024-03-05", travel_days=2)],
    "PAPER_DIFFERS": [E("arrest", "2024-03-05", until="2024-05-06")],
    "LAW_UNKNOWN": [E("prosecution_received", "2017-03-05")],
    "DAYS_OVER_MAXIMUM": [E("administrative_detention", "2024-03-05", days=16, decisions=1)],
    "COMBINED_NOT_SAID": [E("administrative_detention", "2024-03-05", days=16)],
    "CREDIT_OVER_TERM": [E("administrative_detention", "2024-03-05", days=3, credit_days=3)],
    "NOT_CARRIED_OUT": [
        E("administrative_detention", "2024-03-05", days=3, pregnant_or_nursing=True)
    ],
    "DECIDED_AFTER_INTAKE": [E("compulsory_treatment", "2024-03-05", decided_on="2024-03-06")],
    "TERM_MISSING": [E("sentence", "2024-03-05", kind="fixed_term", from_="2024-01-05")],
    "TERM_OUT_OF_RANGE": [
        E("sentence", "2024-03-05", kind="fixed_term", from_="2024-01-05", years=16)
    ],
    "CONTROL_IS_NOT_CUSTODY": [
        E("sentence", "2024-03-05", kind="control", from_="2024-01-05", months=6)
    ],
    "MUST_BE_DELIVERED": [
        E("judgment_effective", "2024-03-01"),
        E("execution_notice_received", "2024-03-04"),
        SERVING,
    ],
    "COMMUTATION_LENGTHENS": [SERVING, E("commutation", "2024-04-01", until="2025-06-01")],
    "NO_END_NAMED": [E("temporary_boarding", "2024-03-05")],
    "ESCAPE_KEEPS_END": [ARREST, E("escaped", "2024-04-01"), E("recaptured", "2024-04-10")],
    "ESCAPE_RULING_MISSING": [
        SERVING,
        E("outside_service", "2024-03-20", ground="serious_illness"),
        E("escaped", "2024-04-01"),
        E("recaptured", "2024-04-10"),
    ],
    "RECAPTURE_WITHOUT_ESCAPE": [ARREST, E("recaptured", "2024-04-10")],
    "HALF_MISSING": [ARREST, E("transfer_of_custody", "2024-04-10", half="received")],
    "NOTICE_LATE": [
        E("prosecution_received", "2024-03-05"),
        E("extension", "2024-04-01", days=15, ground="complex"),
        E("changed_limit_notice", "2024-04-06"),
    ],
    "PERMIT_TWICE": [
        ARREST,
        E("permit_issued", "2024-03-06", until="2024-05-05"),
        E("permit_issued", "2024-03-07", until="2024-05-05"),
    ],
}
#: What a case can lack before there are facts.
OF_THE_CASE = {"CASE_UNREADABLE", "AS_OF_MISSING"}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_has_its_code_and_words_in_both_languages(code: str) -> None:
    found = results.as_json(
        engine.compute(facts.read(case(*WRONG[code], as_of=AS_OF, person="A1")))
    )
    (problem, *_) = [one for one in found["problems"] if one["code"] == code]
    assert problem["event"] == (None if code == "EVENTS_MISSING" else problem["event"])
    assert code == "EVENTS_MISSING" or problem["event"] is not None
    for text in (problem["message"], problem["message_zh"]):
        assert "{" not in text
        assert "–" not in text


def test_every_code_has_its_facts() -> None:
    assert set(WRONG) | OF_THE_CASE == set(law.problems())


@pytest.mark.parametrize("given", [None, 7, [], "arrest"])
def test_what_is_no_case_gives_a_result_too(given: Any) -> None:
    found = results.as_json(engine.compute(facts.read(given)))
    assert [one["code"] for one in found["problems"]] == ["CASE_UNREADABLE"]
    assert (found["stages"], found["current"], found["status"]) == ([], None, "no_basis")


def test_without_an_instant_nothing_is_computed() -> None:
    found = results.as_json(engine.compute(facts.read({"id": 1, "events": [ARREST]})))
    assert [one["code"] for one in found["problems"]] == ["AS_OF_MISSING"]
    assert found["status"] == "no_basis"


def test_a_problem_names_its_fact_by_its_place_in_the_input() -> None:
    late = shown(
        E("prosecution_received", "2024-03-05"),
        E(
            "extension",
            "2024-04-06",
            days=15,
            ground="complex",
            approver="procuratorate_same_level",
        ),
    )
    (problem,) = late["problems"]
    assert (problem["code"], problem["event"], problem["refused"]) == (
        "EXTENSION_AFTER_END",
        1,
        True,
    )
    assert problem["message"].startswith("extension of 2024-04-06 comes after")
    assert "2024-04-05 24:00" in problem["message"]
    assert "2024年4月5日24:00" in problem["message_zh"]


def test_facts_out_of_order_are_put_in_order_and_said_to_be() -> None:
    events = [E("prosecution_received", "2024-04-20"), ARREST]
    assert last_days(*events) == [("S20", "2024-05-05"), ("S30", "2024-05-20")]
    assert codes(*events) == ["OUT_OF_ORDER"]


def test_a_duplicate_paper_extends_nothing_twice() -> None:
    longer = E("extension", "2024-04-20", **FIRST)
    assert last_days(ARREST, longer, longer) == [("S20", "2024-06-05")]
    assert codes(ARREST, longer, longer) == ["DUPLICATE"]


@pytest.mark.parametrize(
    "at", ["2024-W10-2", "20240305", "2024-03-05T25:00+08:00", "2024/03/05", 20240305]
)
def test_a_date_that_stands_on_no_paper_is_refused(at: Any) -> None:
    assert codes(E("arrest", at)) == ["DATE_UNREADABLE"]


def test_a_paper_of_the_very_instant_of_the_end_is_late() -> None:
    detained = E("criminal_detention", "2026-03-10T09:30+08:00")
    longer = {"days": 4, "ground": "other", "approver": "county_police_head"}
    assert codes(detained, E("extension", "2026-03-13T09:29+08:00", **longer)) == []
    assert codes(detained, E("extension", "2026-03-13T09:30+08:00", **longer)) == [
        "EXTENSION_AFTER_END"
    ]
    # One of that day without its time isn't known to have come before, and lengthens nothing.
    unsure = [detained, E("extension", "2026-03-13", **longer)]
    assert codes(*unsure) == ["HOUR_MISSING"]
    assert last_days(*unsure) == [("S10", "2026-03-13")]
    assert codes(detained, E("extension", "2026-03-12", **longer)) == []
    assert codes(detained, E("extension", "2026-03-14", **longer)) == ["EXTENSION_AFTER_END"]


def test_a_paper_of_the_last_day_without_its_time_is_in_time_where_the_day_ends_at_midnight() -> (
    None
):
    assert codes(ARREST, E("extension", "2024-05-05", **FIRST)) == []
    assert codes(ARREST, E("extension", "2024-05-06", **FIRST)) == ["EXTENSION_AFTER_END"]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-13T09:00+08:00", []),
        ("2026-03-13", ["HOUR_OF_END_MISSING"]),
        ("2026-03-13T10:00+08:00", ["HELD_PAST_DUE"]),
        ("2026-03-14", ["HELD_PAST_DUE"]),
    ],
)
def test_what_follows_on_the_last_day_without_its_time_is_not_taken_for_in_time(
    at: str, found: list[str]
) -> None:
    """CPL 91, HX2006 4: three days of 24 hours from 9:30 are over at 9:30."""
    detained = E("criminal_detention", "2026-03-10T09:30+08:00")
    assert codes(detained, E("arrest_request_received", at)) == found


CRIME = {"approved_on": "2024-04-03", "approver": "county_police_head"}


@pytest.mark.parametrize(
    ("fields", "last", "found"),
    [
        (CRIME, "2024-06-01", []),
        # Without its approval it is counted, and said to lack it.
        ({}, "2024-06-01", ["APPROVAL_MISSING", "APPROVER_MISSING"]),
        ({"approved_on": "2024-04-03"}, "2024-06-01", ["APPROVER_MISSING"]),
        ({"approver": "county_police_head"}, "2024-06-01", ["APPROVAL_MISSING"]),
        # One whose approval contradicts the law restarts nothing.
        (CRIME | {"approver": "procuratorate_same_level"}, "2024-05-05", ["APPROVER_NOT_ENTITLED"]),
        (CRIME | {"approved_on": "2024-04-07"}, "2024-05-05", ["APPROVAL_LATE"]),
    ],
)
def test_another_major_crime_restarts_by_the_approval_of_the_county_police(
    fields: dict[str, Any], last: str, found: list[str]
) -> None:
    """MPS-C 151: within five days of discovery, by the head of the police of a county or above."""
    events = [ARREST, E("new_major_crime", "2024-04-01", **fields)]
    assert last_days(*events)[-1] == ("S20", last)
    assert codes(*events) == found


def test_in_the_procuratorates_own_case_another_crime_is_not_for_the_police_to_approve() -> None:
    """SPP 315 to 317."""
    own = [E("procuratorate_detention", "2024-03-01"), E("arrest", "2024-03-05")]
    for approver, found in (
        ("procuratorate_same_level", []),
        ("county_police_head", ["APPROVER_NOT_ENTITLED"]),
    ):
        crime = E("new_major_crime", "2024-04-01", **(CRIME | {"approver": approver}))
        assert codes(*own, crime) == found


def test_what_is_owed_within_a_day_of_detention_stays_owed_when_the_stage_changes() -> None:
    """CPL 85, 86: family and questioning, whoever has the case by then; nobody once the person is free."""
    detained = E("criminal_detention", "2026-03-10T09:30+08:00")
    moved = [detained, E("arrest_request_received", "2026-03-10T18:00+08:00")]
    freed = [*moved, E("released", "2026-03-10T20:00+08:00")]

    def answered(*events: dict[str, Any]) -> dict[str, bool]:
        found = shown(*events, as_of="2026-03-10T23:00+08:00")["windows"]
        return {one["rule"]: one["answered"] for one in found if one["stage"] == 0}

    assert answered(*moved) | {"CPL-85": False, "CPL-86": False} == answered(*moved)
    assert answered(*moved)["AL-4"], "an alarm about an end goes with its stage"
    assert all(answered(*freed).values())


def test_instants_of_other_zones_are_the_same_instants() -> None:
    (ours,), (theirs,) = (
        shown(E("criminal_detention", at))["stages"]
        for at in ("2026-03-10T01:30+08:00", "2026-03-09T17:30+00:00")
    )
    assert ours["due_at"] == theirs["due_at"] == "2026-03-13T01:30:00+08:00"


def test_a_detention_on_29_february_has_a_next_year() -> None:
    sentence = E("sentence", "2024-05-01", kind="fixed_term", from_="2024-02-29", years=1)
    assert last_days(sentence) == [("S81", "2025-02-27")]


def test_custody_on_a_basis_without_an_end_is_an_alarm_itself() -> None:
    assert shown(E("temporary_boarding", "2024-03-05"))["status"] == "no_basis"
    assert shown(E("prosecution_received", "2017-03-05"))["status"] == "no_basis"


def test_a_stay_on_two_bases_keeps_the_first_and_says_so() -> None:
    found = shown(ARREST, E("foreigner_review", "2024-04-01"))
    assert [(one["state"], one["last_day"]) for one in found["stages"]] == [("S20", "2024-05-05")]
    assert found["problems"][0]["code"] == "TWO_BASES"


def test_the_earlier_of_paper_and_computation_alarms() -> None:
    assert last_days(E("arrest", "2024-03-05", until="2024-05-03")) == [("S20", "2024-05-03")]
    assert last_days(E("arrest", "2024-03-05", until="2024-05-07")) == [("S20", "2024-05-05")]


def test_an_extension_without_ground_and_approver_still_counts_and_says_so() -> None:
    events = [ARREST, E("extension", "2024-04-20", months=1)]
    assert last_days(*events) == [("S20", "2024-06-05")]
    assert codes(*events) == ["GROUND_MISSING", "APPROVER_MISSING"]


def test_an_arrest_refused_leaves_nothing_to_wait_for() -> None:
    events = [E("arrest_request_received", "2024-03-05"), E("arrest_refused", "2024-03-08")]
    assert last_days(*events) == [("S11", "2024-03-08")]
    assert shown(*events, as_of="2024-03-09")["status"] == "overdue"


def test_a_detention_to_thirty_days_is_compared_with_thirty_days() -> None:
    begun = E("criminal_detention", "2026-03-10T09:30+08:00", class_="up_to_30_days")
    assert codes(begun | {"until": "2026-04-09"}) == []
    assert codes(begun | {"until": "2026-04-10"}) == ["PAPER_DIFFERS"]


def test_a_second_decision_brings_its_own_last_day() -> None:
    first = E("administrative_detention", "2026-03-10", days=5, until="2026-03-15")
    second = E("administrative_detention", "2026-03-12", days=7, until="2026-03-22")
    assert last_days(first, second) == [("administrative_detention", "2026-03-22")]
    assert codes(first, second) == []
    assert codes(first, second | {"until": "2026-03-21"}) == ["PAPER_DIFFERS"]
