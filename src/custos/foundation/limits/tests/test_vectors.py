"""The worked dates of the reference: inputs and ends as they stand in its table of test vectors."""

from datetime import date, timedelta
from typing import Any

import pytest

from custos.foundation.limits.tests.cases import codes, computed, event, last_days, shown

FIRST = {"months": 1, "ground": "complex", "approver": "procuratorate_next_higher"}
SECOND = {"months": 2, "ground": "severe_four_classes", "approver": "procuratorate_province"}
THIRD = {"months": 2, "ground": "ten_years_likely", "approver": "procuratorate_province"}


def _ends(one: dict[str, Any]) -> dict[str, str]:
    return {end["rule"]: end["at"][:16] for end in one["ends"]}


def _arrested(on: str, *decided: str) -> list[dict[str, Any]]:
    steps = [
        event("extension", at, **step)
        for at, step in zip(decided, (FIRST, SECOND, THIRD), strict=False)
    ]
    return [event("arrest", on), *steps]


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def test_tv_01_arrest_with_every_extension() -> None:
    assert last_days(*_arrested("2024-03-05")) == [("S20", "2024-05-05")]
    assert last_days(*_arrested("2024-03-05", "2024-04-25")) == [("S20", "2024-06-05")]
    assert last_days(*_arrested("2024-03-05", "2024-04-25", "2024-05-25", "2024-07-25")) == [
        ("S20", "2024-06-05"),
        ("S21", "2024-08-05"),
        ("S22", "2024-10-05"),
    ]
    (stage,) = shown(*_arrested("2024-03-05"))["stages"]
    assert _ends(stage) == {"SPC-202": "2024-05-06T00:00", "HX2006-4": "2024-05-06T00:00"}
    assert codes(*_arrested("2024-03-05", "2024-04-25", "2024-05-25", "2024-07-25")) == []


def test_tv_02_arrest_on_the_last_day_of_january() -> None:
    stages = last_days(*_arrested("2024-01-31", "2024-03-20", "2024-04-20", "2024-06-20"))
    assert last_days(*_arrested("2024-01-31")) == [("S20", "2024-03-31")]
    assert [day for _, day in stages] == ["2024-04-30", "2024-06-30", "2024-08-31"]


def test_tv_03_two_months_into_a_leap_february() -> None:
    (stage,) = shown(*_arrested("2023-12-30"))["stages"]
    assert set(_ends(stage).values()) == {"2024-03-01T00:00"}
    assert stage["last_day"] == "2024-02-29"


def test_tv_05_anchored_is_earlier_than_chained() -> None:
    (stage,) = shown(*_arrested("2023-12-30", "2024-02-20"))["stages"]
    assert _ends(stage) == {
        "SPC-202": "2024-03-31T00:00",
        "HX2006-4": "2024-03-31T00:00",
        "SPC-202-CHAINED": "2024-04-01T00:00",
    }
    assert stage["last_day"] == "2024-03-30"


def test_tv_06_the_last_day_of_a_short_month() -> None:
    (stage,) = shown(*_arrested("2024-11-30"))["stages"]
    assert _ends(stage) == {"SPC-202": "2025-02-01T00:00", "HX2006-4": "2025-01-31T00:00"}
    assert stage["last_day"] == "2025-01-30"


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ({}, "2026-03-13"),
        ({"days": 4, "ground": "other", "approver": "county_police_head"}, "2026-03-17"),
        ({"days": 27, "ground": "gang", "approver": "county_police_head"}, "2026-04-09"),
    ],
)
def test_tv_08_detention_by_hours_and_by_days(more: dict[str, Any], day: str) -> None:
    events = [event("criminal_detention", "2026-03-10T09:30+08:00")]
    if more:
        events.append(event("extension", "2026-03-12", **more))
    (stage,) = shown(*events)["stages"]
    assert _ends(stage)["HX2006-4-HOURS"] == f"{day}T09:30"
    midnight = f"{_next(day)}T00:00"
    assert _ends(stage)["CPL-105"] == midnight
    assert stage["due_at"] == f"{day}T09:30:00+08:00"


def test_tv_08_the_class_of_thirty_days_needs_no_extension() -> None:
    events = [event("criminal_detention", "2026-03-10T09:30+08:00", class_="up_to_30_days")]
    assert last_days(*events) == [("S10", "2026-04-09")]


def test_tv_10_thirty_and_seven_days() -> None:
    stages = shown(
        event("criminal_detention", "2026-03-10T09:30+08:00", class_="up_to_30_days"),
        event("arrest_request_received", "2026-04-09T09:00+08:00"),
    )
    assert stages["stages"][1]["last_day"] == "2026-04-16"
    (police,) = [one for one in stages["totals"] if one["rule"] == "MAX-POLICE"]
    assert police["last_day"] == "2026-04-16"
    assert stages["problems"] == []


def test_tv_11_review_for_prosecution_into_a_holiday() -> None:
    received = event("prosecution_received", "2026-03-16")
    assert last_days(received) == [("S30", "2026-04-16")]
    longer = event(
        "extension", "2026-04-10", days=15, ground="complex", approver="procuratorate_same_level"
    )
    assert last_days(received, longer) == [("S30", "2026-05-01")]


def test_tv_14_the_year_rule_is_not_the_month_rule() -> None:
    begun = {"kind": "fixed_term", "from_": "2023-02-28"}
    assert last_days(event("sentence", "2023-06-01", years=1, **begun)) == [("S81", "2024-02-27")]
    assert last_days(event("sentence", "2023-06-01", months=12, **begun)) == [("S81", "2024-02-28")]


@pytest.mark.parametrize(
    ("term", "day"),
    [({"months": 6}, "2024-07-14"), ({"years": 1}, "2025-01-14"), ({"years": 2}, "2026-01-14")],
)
def test_tv_15_sentences(term: dict[str, int], day: str) -> None:
    sentence = event("sentence", "2024-01-15", kind="fixed_term", from_="2024-01-15", **term)
    assert last_days(sentence, as_of="2024-02-01") == [("S81", day)]


def test_tv_18_an_appeal_may_be_filed_after_the_holiday_and_custody_does_not_move() -> None:
    found = shown(event("judgment_received", "2026-04-23"), as_of="2026-05-03")
    assert found["stages"][0]["last_day"] == "2026-05-03"
    filing = [one["due_at"] for one in found["windows"] if one["rule"] == "CPL-230-FILING"]
    # 6 May 2026 is the first working day: 1 to 5 May are the holiday of that year's notice.
    assert filing == ["2026-05-07T00:00:00+08:00"]


@pytest.mark.parametrize(
    ("days", "day"), [(5, "2026-03-15"), (10, "2026-03-20"), (15, "2026-03-25"), (20, "2026-03-30")]
)
def test_tv_19_administrative_detention(days: int, day: str) -> None:
    found = shown(event("administrative_detention", "2026-03-10", days=days, decisions=2))
    assert found["stages"][0]["last_day"] == day
    assert found["problems"] == []


def test_tv_21_drug_treatment_from_its_decision() -> None:
    begun = event("compulsory_treatment", "2026-05-22", decided_on="2026-05-20")
    assert last_days(begun) == [("compulsory_treatment", "2028-05-19")]
    longer = event("extension", "2028-05-01", months=12)
    assert last_days(begun, longer) == [("compulsory_treatment", "2029-05-19")]
    asked = [one["due_at"] for one in shown(begun)["windows"] if one["rule"] == "AL-11"]
    assert asked[1] == "2027-05-20T00:00:00+08:00"  # the end of 19 May, a year from the decision


def test_tv_25_a_psychiatric_examination_is_not_counted() -> None:
    found = shown(
        event("arrest", "2024-03-05"),
        event("psychiatric_exam_started", "2024-04-01"),
        event("psychiatric_exam_ended", "2024-04-16"),
    )
    (stage,) = found["stages"]
    assert stage["last_day"] == "2024-05-20"
    assert _ends(stage)["PAUSE-INCLUSIVE"] == "2024-05-22T00:00"


# ---------------------------------------------------------------------- the form of a result


def test_a_result_names_what_runs_and_what_it_rests_on() -> None:
    found = shown(event("arrest", "2024-03-05"), as_of="2024-04-01")
    assert (found["current"], found["status"]) == (0, "running")
    (stage,) = found["stages"]
    assert stage["started_at"] == "2024-03-05"
    assert stage["due_at"] == "2024-05-06T00:00:00+08:00"
    assert {k: stage["basis"][0][k] for k in ("rule", "version")} == {
        "rule": "CPL-156",
        "version": 1,
    }
    assert "刑事诉讼法 第156条" in stage["basis"][0]["source"]
    assert "Criminal Procedure Law art. 156" in stage["basis"][0]["source_en"]
    assert "2024年5月5日" in stage["explanation"]["zh"]
    assert "2024-05-05" in stage["explanation"]["en"]


def test_an_extension_says_from_which_day_its_whole_is_counted() -> None:
    """Three months by the higher court follow three, not two: six in all (CPL 208)."""
    longer = {"months": 3, "ground": "death_or_civil", "approver": "court_next_higher"}
    (stage,) = shown(
        event("trial_accepted", "2026-03-16"),
        event("extension", "2026-05-10", **longer),
        as_of="2026-05-10",
    )["stages"]
    assert "加3个月，自2026年3月16日起共6个月。" in stage["explanation"]["zh"]
    assert "3 months more, 6 months in all from 2026-03-16." in stage["explanation"]["en"]
    assert stage["last_day"] == "2026-09-16"


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2024-05-04", "running"),
        ("2024-05-05", "due"),
        ("2024-05-05T23:59:59+08:00", "due"),
        ("2024-05-06", "overdue"),
    ],
)
def test_the_status_follows_the_earliest_end(as_of: str, status: str) -> None:
    assert shown(event("arrest", "2024-03-05"), as_of=as_of)["status"] == status


def test_who_was_released_is_in_no_stage() -> None:
    found = shown(event("arrest", "2024-03-05"), event("released", "2024-04-01"))
    assert (found["current"], found["status"]) == (None, "ended")
    assert found["stages"][0]["ended_at"] == "2024-04-01T00:00:00+08:00"


@pytest.mark.parametrize(("notice", "state"), [("2026-03-19", "S81"), ("2026-03-18", "S80")])
def test_three_months_left_are_served_here_and_a_day_more_is_not(notice: str, state: str) -> None:
    sentence = event("sentence", "2026-03-17", kind="fixed_term", from_="2025-12-20", months=6)
    found = shown(
        event("judgment_effective", "2026-03-16"),
        sentence,
        event("execution_notice_received", notice),
    )
    assert found["sentence"]["last_day"] == "2026-06-19"
    assert found["stages"][-1]["state"] == state


def test_the_stage_that_runs_is_found_among_granted_ones() -> None:
    events = _arrested("2024-03-05", "2024-04-25", "2024-05-25")
    assert computed(*events, as_of="2024-05-30").current == 0
    assert computed(*events, as_of="2024-06-06").current == 1


def test_what_was_granted_and_never_began_is_no_stage() -> None:
    events = [
        *_arrested("2024-03-05", "2024-04-25", "2024-05-25"),
        event("prosecution_received", "2024-06-01"),
    ]
    assert last_days(*events) == [("S20", "2024-06-05"), ("S30", "2024-07-01")]


def test_wrongful_custody_ends_within_hours_whatever_was_granted() -> None:
    events = [
        *_arrested("2024-03-05", "2024-04-25", "2024-05-25"),
        event("wrongful_custody_found", "2024-05-30T08:00+08:00"),
    ]
    found = shown(*events, as_of="2024-05-31")
    assert found["status"] == "overdue"
    assert {one["due_at"] for one in found["stages"]} == {"2024-05-30T20:00:00+08:00"}


def test_years_and_months_together_keep_both_doubtful_ends() -> None:
    # 29 February 2024 and a year end on 28 February 2025, which is a month's last day.
    sentence = event(
        "sentence", "2024-06-01", kind="fixed_term", from_="2024-02-29", years=1, months=1
    )
    (stage,) = shown(sentence)["stages"]
    assert [end["at"][:10] for end in stage["ends"]] == ["2025-03-28", "2025-03-31"]
    assert stage["last_day"] == "2025-03-27"


TEN_YEARS = event("sentence", "2024-03-05", kind="fixed_term", from_="2024-01-05", years=10)
SIX_OFF = event("commutation", "2026-03-05", months=6, approver="court_intermediate")


def test_a_second_commutation_is_taken_off_what_the_first_left() -> None:
    again = event("commutation", "2028-03-05", months=8, approver="court_intermediate")
    assert last_days(TEN_YEARS) == [("S81", "2034-01-04")]
    assert last_days(TEN_YEARS, SIX_OFF) == [("S81", "2033-07-04")]
    assert last_days(TEN_YEARS, SIX_OFF, again) == [("S81", "2032-11-04")]


def test_a_commutation_after_an_escape_keeps_the_days_of_escape() -> None:
    away = [event("escaped", "2025-04-01"), event("recaptured", "2025-04-11")]
    assert last_days(TEN_YEARS, *away, SIX_OFF) == [("S81", "2033-07-14")]


def test_a_sentence_of_which_only_the_end_is_known_is_commuted_from_its_end() -> None:
    known = event(
        "sentence", "2024-03-05", kind="fixed_term", from_="2024-01-05", until="2034-01-04"
    )
    assert last_days(known, SIX_OFF) == [("S81", "2033-07-04")]


def test_nobody_waits_for_a_second_judgment_beyond_the_sentence_of_the_first() -> None:
    judged = [
        event("judgment_received", "2026-04-23"),
        event("sentence", "2026-04-23", kind="fixed_term", from_="2025-11-28", months=6),
    ]
    for accepted in (
        event("second_instance_accepted", "2026-05-03"),
        event("trial_accepted", "2026-05-03", instance="second"),
    ):
        assert last_days(*judged, accepted)[-1] == ("S60", "2026-05-27")


def test_what_is_due_at_once_after_midnight_is_due_then_and_not_a_day_later() -> None:
    ordered = shown(event("death_order_received", "2026-03-16T00:00+08:00"))
    told = [one["due_at"] for one in ordered["windows"] if one["rule"] == "SPC-505"]
    assert told == ["2026-03-16T00:00:00+08:00"]
