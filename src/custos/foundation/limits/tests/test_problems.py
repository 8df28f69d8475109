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
    "END_BEFORE_START": [
        ARREST,
        E("psychiatric_exam_ended", "2024-03-16"),
        E("psychiatric_exam_started", "2024-04-01"),
    ],
    "END_UNREADABLE": [
        ARREST,
        E("psychiatric_exam_started", "2024-04-01"),
        E("psychiatric_exam_ended", "2024-04-31"),
    ],
    "IDENTITY_OPEN": [ARREST, E("identity_unknown", "2024-04-01")],
    "IDENTITY_NEVER_UNKNOWN": [ARREST, E("identity_established", "2024-04-01")],
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
OF_THE_CASE = {"CASE_UNREADABLE", "AS_OF_MISSING", "PERSONS_MIXED"}


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


TRIAL = E("trial_accepted", "2024-03-05")
SECOND = E("second_instance_accepted", "2024-03-05")
DETAINED = E("administrative_detention", "2024-03-05", days=10)
SENTENCED = E("sentence", "2024-03-05", kind="fixed_term", from_="2024-03-05", months=10)

#: What begins and ends by papers of its own: in which custody, both papers, and its end without any pause.
PAIRS: list[tuple[dict[str, Any], str, str, str]] = [
    (ARREST, "psychiatric_exam_started", "psychiatric_exam_ended", "2024-05-05"),
    (TRIAL, "psychiatric_exam_started", "psychiatric_exam_ended", "2024-05-05"),
    (ARREST, "identity_unknown", "identity_established", "2024-05-05"),
    (
        E("foreigner_review", "2024-03-05"),
        *("identity_unknown", "identity_established"),
        "2024-04-04",
    ),
    (TRIAL, "trial_suspended", "trial_resumed", "2024-05-05"),
    (SECOND, "file_review_started", "file_review_ended", "2024-05-05"),
    (DETAINED, "leave_started", "leave_ended", "2024-03-15"),
    (
        TRIAL,
        *("supplementary_investigation_started", "supplementary_investigation_ended"),
        "2024-05-05",
    ),
    # CL 47, SPC 202: ten months from 5 March end on 4 January; a fixed term, as half a year is the least.
    (SENTENCED, "escaped", "recaptured", "2025-01-04"),
]


@pytest.mark.parametrize(("basis", "begins", "ends", "last"), PAIRS)
@pytest.mark.parametrize("ended", ["2024-03-01", "2024-03-07", "2024-03-10"])
def test_what_ends_before_it_begins_is_open_for_no_day(
    basis: dict[str, Any], begins: str, ends: str, last: str, ended: str
) -> None:
    """Contradictory dates: neither of them lengthens custody, nor does anybody count as away."""
    late = "2024-03-10T09:00+08:00" if ended == "2024-03-10" else "2024-03-10"
    ended = "2024-03-10T08:00+08:00" if ended == "2024-03-10" else ended
    found = shown(basis, E(begins, late), E(ends, ended), as_of="2026-01-01")
    assert [(one["state"], one["last_day"]) for one in found["stages"]][-1:] == [
        (found["stages"][0]["state"], last)
    ]
    assert found["status"] == "overdue"
    assert [one["event"] for one in found["problems"] if one["code"] == "END_BEFORE_START"] == [1]
    known = "IDENTITY_NEVER_UNKNOWN" in {one["code"] for one in found["problems"]}
    assert {one["event"] for one in found["problems"] if one["refused"]} == (
        {1} if known else {1, 2}
    )


@pytest.mark.parametrize(("basis", "begins", "ends", "last"), PAIRS)
def test_what_was_ended_by_a_paper_that_cannot_be_read_is_not_open_for_ever(
    basis: dict[str, Any], begins: str, ends: str, last: str
) -> None:
    found = shown(basis, E(begins, "2024-03-10"), E(ends, "2024-03-32"), as_of="2026-01-01")
    assert [one["last_day"] for one in found["stages"]] == [last]
    assert [one["code"] for one in found["problems"]][:2] == [
        "DATE_DOES_NOT_EXIST",
        "END_UNREADABLE",
    ]
    assert found["status"] == "overdue"


def test_only_the_beginning_whose_end_cannot_be_read_is_left_out() -> None:
    events = [
        ARREST,
        E("psychiatric_exam_started", "2024-03-10"),
        E("psychiatric_exam_ended", "2024-03-20"),
        E("psychiatric_exam_started", "2024-04-01"),
        E("psychiatric_exam_ended", "2024-04-31"),
    ]
    assert last_days(*events) == [("S20", "2024-05-15")]


def test_identity_that_was_never_unknown_and_is_established_counts_by_the_earlier_end() -> None:
    """CPL 160: two months from 20 June, had it been unknown; five months from 5 March otherwise."""
    four = {"months": 2, "ground": "severe_four_classes", "approver": "procuratorate_province"}
    longer = [E("extension", "2024-04-20", **FIRST), E("extension", "2024-05-20", **four)]
    known = E("identity_established", "2024-06-20")
    assert last_days(ARREST, *longer) == [("S20", "2024-06-05"), ("S21", "2024-08-05")]
    assert last_days(ARREST, *longer, known)[-1] == ("S21", "2024-08-05")
    early = known | {"at": "2024-06-01"}
    assert last_days(ARREST, *longer, early) == [("S20", "2024-06-05"), ("S21", "2024-08-01")]
    # What stands on papers that contradict each other isn't later than what either of them says.
    stray, unknown = E("identity_established", "2024-03-01"), E("identity_unknown", "2024-05-25")
    assert last_days(ARREST, *longer, unknown, early)[-1] == ("S20", "2024-08-01")
    assert last_days(stray, ARREST, *longer, unknown, early)[-1] == ("S21", "2024-08-01")


def test_an_examination_that_fits_counts_once_the_contradiction_is_put_right() -> None:
    stray = E("psychiatric_exam_ended", "2024-03-16")
    whole = [E("psychiatric_exam_started", "2024-04-01"), E("psychiatric_exam_ended", "2024-04-16")]
    assert last_days(ARREST, *whole) == [("S20", "2024-05-20")]
    # A start before the stray end gives it what it ends: both examinations count.
    begun = E("psychiatric_exam_started", "2024-03-11")
    assert last_days(ARREST, begun, stray, *whole) == [("S20", "2024-05-25")]
    # After the contradiction, the next examination that begins is one again.
    again = [E("psychiatric_exam_started", "2024-04-20"), E("psychiatric_exam_ended", "2024-04-30")]
    assert last_days(ARREST, stray, whole[0], *again) == [("S20", "2024-05-15")]


@pytest.mark.parametrize(
    "refused",
    [
        # It began after the end; its own end, which comes too, contradicts nothing later.
        [E("psychiatric_exam_started", "2024-05-06"), E("psychiatric_exam_ended", "2024-05-07")],
        # The examination went with custody, and so did its end.
        [
            E("psychiatric_exam_started", "2024-04-01"),
            E("bail", "2024-04-10"),
            E("arrest", "2024-05-05"),
            E("psychiatric_exam_ended", "2024-05-07"),
        ],
    ],
)
def test_the_end_of_what_was_not_counted_contradicts_no_later_beginning(
    refused: list[dict[str, Any]],
) -> None:
    """CPL 172: a month from 8 May; the ten days of the later examination are left out."""
    later = [
        E("prosecution_received", "2024-05-08"),
        E("psychiatric_exam_started", "2024-05-20"),
        E("psychiatric_exam_ended", "2024-05-30"),
    ]
    assert last_days(ARREST, *refused, *later)[-1] == ("S30", "2024-06-18")


def test_who_comes_back_from_service_outside_is_held_though_a_recapture_stands_before() -> None:
    events = [
        SENTENCED,
        E("recaptured", "2024-03-20"),
        E("outside_service", "2024-04-01", ground="serious_illness"),
        E("escaped", "2024-05-01"),
        E("recaptured", "2024-05-10", excluded_days=9),
    ]
    # CPL 268: nine days by the ruling, from 4 January.
    assert last_days(*events)[-1] == ("S81", "2025-01-13")
    assert shown(*events, as_of="2024-06-01")["status"] == "running"


def test_who_escaped_from_service_outside_and_is_arrested_anew_is_held() -> None:
    events = [
        SENTENCED,
        E("outside_service", "2024-04-01", ground="serious_illness"),
        E("escaped", "2024-05-01"),
        E("arrest", "2024-05-10"),
    ]
    assert shown(*events, as_of="2024-06-01")["status"] == "running"
    assert shown(*events, as_of="2024-07-11")["status"] == "overdue"


def test_papers_of_two_people_of_whom_nobody_says_whose_case_it_is_are_not_computed() -> None:
    mixed = [
        E("arrest", "2024-03-05", person="A1"),
        E("psychiatric_exam_started", "2024-04-01", person="B2"),
    ]
    found = shown(*mixed)
    assert [(one["code"], one["event"]) for one in found["problems"]] == [("PERSONS_MIXED", 1)]
    assert "A1, B2" in found["problems"][0]["message"]
    assert "A1, B2" in found["problems"][0]["message_zh"]
    assert (found["stages"], found["status"]) == ([], "no_basis")
    # Of one person, or where the case says whose it is, they are.
    assert codes(mixed[0], mixed[1] | {"person": "A1"}) == []
    named = results.as_json(engine.compute(facts.read(case(*mixed, person="A1"))))
    assert [one["code"] for one in named["problems"]] == ["OTHER_PERSON"]


def test_a_papers_earlier_end_of_what_was_granted_counts_before_that_begins() -> None:
    """DA-14: of paper and computation the earlier date drives alarms, from the day of the paper on."""
    longer = E("extension", "2024-04-20", **FIRST)
    granted = {"months": 2, "ground": "severe_four_classes", "approver": "procuratorate_province"}
    until = E("extension", "2024-05-20", **granted, until="2024-06-01")
    events = [ARREST, longer, until]
    assert last_days(*events) == [("S20", "2024-06-01"), ("S21", "2024-06-01")]
    for as_of, status in (
        ("2024-05-31", "running"),
        ("2024-06-01", "due"),
        ("2024-06-02", "overdue"),
    ):
        assert shown(*events, as_of=as_of)["status"] == status
    assert "2024-06-01" in shown(*events)["stages"][0]["explanation"]["en"]
    # A later date of it leaves the stage before as it was: that ends with 5 June.
    later = E("extension", "2024-05-20", **granted, until="2024-08-01")
    assert last_days(ARREST, longer, later) == [("S20", "2024-06-05"), ("S21", "2024-08-01")]
    # One that was mended by a later paper bounds what was granted, and what stood before it, no more.
    npcsc = {"ground": "special_npcsc", "approver": "supreme_procuratorate"}
    wrong = E("extension", "2024-05-20", **npcsc, months=3, until="2024-06-01")
    right = E("extension", "2024-05-25", **npcsc, months=1, until="2024-09-30")
    assert last_days(ARREST, longer, wrong, right) == [("S20", "2024-06-05"), ("S23", "2024-09-30")]


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
