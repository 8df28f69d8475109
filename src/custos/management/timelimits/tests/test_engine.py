"""What a result means for the facility: pure, with dates typed from the law page's vectors."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.limits import engine as limits
from custos.foundation.limits import law
from custos.foundation.limits.tests import cases
from custos.management.timelimits import catalogue, engine

ARREST = {"type": "arrest", "at": "2024-03-05"}
EXTENSION = {
    "type": "extension",
    "at": "2024-04-25",
    "months": 1,
    "ground": "complex",
    "approver": "procuratorate_next_higher",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def computed(*events: dict[str, Any], now: str) -> limits.Result:
    ordered = [events[place] for place in engine.in_order(events)]
    return limits.compute(engine.case_of(ordered, at(now)))


def said(*events: dict[str, Any], now: str, file: Any = None) -> dict[str, int]:
    result = computed(*events, now=now)
    papers = [str(place) for place in range(len(events))]
    return {one.rule.id: one.step for one in engine.to_say(result, papers, at(now), file)}


def test_instants_are_those_of_beijing() -> None:
    moment = datetime(2024, 5, 5, 16, tzinfo=UTC)
    assert engine.moment_of(engine.instant_of(moment)) == moment
    assert engine.instant_of(moment) == date(2024, 5, 6).toordinal() * 86_400


def test_a_clock_that_runs_names_its_end_and_who_has_the_case() -> None:
    stands = engine.standing(computed(ARREST, now="2024-04-01T10:00"))
    assert (stands.standing, stands.state, stands.authority) == ("running", "S20", "police")
    assert stands.last_day == date(2024, 5, 5)
    assert stands.due_at == at("2024-05-06T00:00")


def test_the_end_of_what_was_granted_counts_before_it_begins() -> None:
    second = EXTENSION | {
        "at": "2024-05-20",
        "months": 2,
        "ground": "severe_four_classes",
        "approver": "procuratorate_province",
    }
    stands = engine.standing(computed(ARREST, EXTENSION, second, now="2024-05-25T10:00"))
    assert (stands.state, stands.last_day) == ("S20", date(2024, 8, 5))


@pytest.mark.parametrize(
    ("now", "step"),
    [("2024-04-28T23:59", 0), ("2024-04-29T00:00", 1), ("2024-05-01T00:00", 2),
     ("2024-05-03T00:00", 3), ("2024-05-05T00:00", 4)],
)  # fmt: skip
def test_al_2_is_said_seven_days_before_and_again_at_five_three_and_one(
    now: str, step: int
) -> None:
    # The limit of an arrest of 5 March ends on 5 May at 24:00 (TV-01); seven days before is 29 April 0:00.
    assert said(ARREST, now=now).get("AL-2", 0) == step


def test_al_1_is_said_three_days_before_thirty_days_of_detention_end() -> None:
    detained = {
        "type": "criminal_detention",
        "at": "2026-03-10T09:30:00+08:00",
        "class": "up_to_30_days",
    }
    assert "AL-1" not in said(detained, now="2026-04-06T09:29")
    assert said(detained, now="2026-04-06T09:30")["AL-1"] == 1
    assert said(detained, now="2026-04-08T09:30")["AL-1"] == 2


def test_al_1_is_said_a_day_before_three_days_of_detention_end() -> None:
    detained = {"type": "criminal_detention", "at": "2026-03-10T09:30:00+08:00"}
    assert "AL-1" not in said(detained, now="2026-03-12T09:29")
    assert said(detained, now="2026-03-12T09:30")["AL-1"] == 1


def test_al_3_is_said_when_the_case_changed_hands_without_a_transfer() -> None:
    received = {"type": "prosecution_received", "at": "2024-05-05"}
    assert "AL-3" in said(ARREST, received, now="2024-05-06T08:00")
    transfer = {"type": "transfer_of_custody", "at": "2024-05-05", "half": "both"}
    assert "AL-3" not in said(ARREST, received, transfer, now="2024-05-06T08:00")


def test_al_4_is_said_at_the_end_of_the_last_day_and_not_before() -> None:
    assert "AL-4" not in said(ARREST, now="2024-05-05T23:59:59")
    assert "AL-4" in said(ARREST, now="2024-05-06T00:00:00")


def test_once_a_limit_has_ended_nothing_says_that_it_is_about_to() -> None:
    assert set(said(ARREST, now="2024-05-05T23:59:59")) == {"AL-2"}
    assert set(said(ARREST, now="2024-05-06T00:00:00")) == {"AL-4"}
    # AL-12 gives way to the word that somebody should be out.
    review = {"type": "foreigner_review", "at": "2026-03-01"}
    assert set(said(review, now="2026-03-31T23:59")) == {"AL-12"}
    assert set(said(review, now="2026-04-01T00:00")) == {"OUT"}


def test_a_file_in_which_a_warning_replaces_one_that_there_is_not_is_refused() -> None:
    for name in ("AL-4", "OUT"):
        with pytest.raises(ValueError, match="to be replaced"):
            catalogue.checked(catalogue.rules().without(*catalogue.rules().named(name).replaces))


def test_al_6_is_said_a_day_after_an_application_came() -> None:
    application = {
        "type": "application_received",
        "at": "2024-04-01T10:00:00+08:00",
        "kind": "change_measure",
    }
    assert "AL-6" not in said(ARREST, application, now="2024-04-02T09:59")
    assert "AL-6" in said(ARREST, application, now="2024-04-02T10:00")


SENTENCED = (
    {"type": "judgment_effective", "at": "2024-06-01"},
    {
        "type": "sentence",
        "at": "2024-06-01",
        "kind": "fixed_term",
        "from": "2024-01-15",
        "months": 8,
    },
    {"type": "execution_notice_received", "at": "2024-06-20"},
)


def test_al_7_is_said_thirty_seven_and_one_days_before_a_sentence_ends() -> None:
    # Eight months from 15 January end on 14 September (TV-15's rule).
    assert engine.standing(computed(*SENTENCED, now="2024-07-01T08:00")).last_day == date(
        2024, 9, 14
    )
    assert "AL-7" not in said(*SENTENCED, now="2024-08-15T23:00")
    assert said(*SENTENCED, now="2024-08-16T00:00")["AL-7"] == 1
    assert said(*SENTENCED, now="2024-09-14T00:00")["AL-7"] == 3


def test_due_out_is_said_when_the_day_of_release_is_over() -> None:
    assert "OUT" not in said(*SENTENCED, now="2024-09-14T12:00")
    assert "OUT" in said(*SENTENCED, now="2024-09-15T00:00")


def test_due_out_is_said_two_hours_after_bail() -> None:
    bail = {"type": "bail", "at": "2024-04-01T10:00:00+08:00"}
    assert "OUT" not in said(ARREST, bail, now="2024-04-01T11:59")
    assert "OUT" in said(ARREST, bail, now="2024-04-01T12:00")


def test_al_8_is_said_twenty_and_twenty_eight_days_after_the_execution_notice() -> None:
    effective = {"type": "judgment_effective", "at": "2024-06-01"}
    notice = {"type": "execution_notice_received", "at": "2024-06-05"}
    assert "AL-8" not in said(effective, notice, now="2024-06-25T23:00")
    assert said(effective, notice, now="2024-06-26T00:00")["AL-8"] == 1
    assert said(effective, notice, now="2024-07-04T00:00")["AL-8"] == 2


@pytest.mark.parametrize(
    ("term", "stays"),
    [
        # 刑事诉讼法 第264条: three months left or less on the day of the notice, or criminal detention.
        ({"kind": "fixed_term", "from": "2023-09-06", "years": 1}, True),
        ({"kind": "criminal_detention_term", "from": "2024-04-01", "months": 6}, True),
        ({"kind": "fixed_term", "from": "2023-09-06", "years": 1, "months": 1}, False),
    ],
)
@pytest.mark.parametrize("sentence_first", [True, False])
def test_al_8_is_not_said_of_who_serves_the_sentence_here(
    term: dict[str, Any], stays: bool, sentence_first: bool
) -> None:
    effective = {"type": "judgment_effective", "at": "2024-06-01"}
    notice = {"type": "execution_notice_received", "at": "2024-06-05"}
    sentence = {"type": "sentence", "at": "2024-06-02" if sentence_first else "2024-06-06"} | term
    papers = [sentence, notice] if sentence_first else [notice, sentence]
    assert ("AL-8" in said(effective, *papers, now="2024-07-04T00:00")) != stays


def test_al_9_is_said_when_custody_reaches_the_sentence_of_first_instance() -> None:
    events = (
        {"type": "trial_accepted", "at": "2024-02-01"},
        {"type": "judgment_received", "at": "2024-03-25", "paper": "judgment"},
        {"type": "sentence", "at": "2024-03-25", "kind": "criminal_detention_term",
         "from": "2023-10-01", "months": 6},
    )  # fmt: skip
    # Six months from 1 October end on 31 March.
    assert "AL-9" not in said(*events, now="2024-03-31T12:00")
    assert "AL-9" in said(*events, now="2024-04-01T00:00")


def test_a_sentence_that_ends_before_its_papers_of_execution_came_is_said_and_asks_to_let_go() -> (
    None
):
    """刑法 第47条: six months from 9 September 2023 end on 8 March, before the ten days of 第264条 do."""
    effective = {"type": "judgment_effective", "at": "2024-03-05"}
    sentence = {"type": "sentence", "at": "2024-03-05", "kind": "fixed_term",
                "from": "2023-09-09", "months": 6}  # fmt: skip
    assert not {"AL-9", "OUT"} & set(said(effective, sentence, now="2024-03-08T23:59"))
    assert {"AL-9", "OUT"} <= set(said(effective, sentence, now="2024-03-09T00:00"))


def test_where_the_ten_days_of_the_papers_end_first_nobody_is_said_to_be_due_out() -> None:
    """刑事诉讼法 第264条: the end of those days frees nobody; the end of the sentence is told by AL-9."""
    effective = {"type": "judgment_effective", "at": "2024-03-05"}
    sentence = {"type": "sentence", "at": "2024-03-05", "kind": "fixed_term",
                "from": "2023-09-20", "months": 6}  # fmt: skip
    assert not {"AL-9", "OUT"} & set(said(effective, sentence, now="2024-03-19T23:59"))
    found = said(effective, sentence, now="2024-03-20T00:00")
    assert ("AL-9" in found, "OUT" in found) == (True, False)


def test_al_4_is_said_when_a_temporary_boarding_is_over() -> None:
    """公安机关办理刑事案件程序规定 第153条: three days from 5 March, as its paper says."""
    boarding = {"type": "temporary_boarding", "at": "2024-03-05", "days": 3}
    assert said(boarding, now="2024-03-08T23:59") == {}
    assert said(boarding, now="2024-03-09T00:00") == {"AL-4": 1}


def test_al_10_is_said_ten_days_after_a_judgment_without_an_execution_notice() -> None:
    effective = {"type": "judgment_effective", "at": "2024-06-01"}
    assert "AL-10" not in said(effective, now="2024-06-11T23:00")
    assert "AL-10" in said(effective, now="2024-06-12T00:00")


def test_al_11_is_said_after_eleven_months_of_treatment() -> None:
    # TV-21: decided on 20 May 2026, a year is over with 19 May 2027; eleven months with 19 April.
    treated = {"type": "compulsory_treatment", "at": "2026-05-21", "decided_on": "2026-05-20"}
    assert "AL-11" not in said(treated, now="2027-04-19T23:59")
    assert said(treated, now="2027-04-20T00:00")["AL-11"] == 1


def test_al_12_is_said_seven_and_three_days_before_a_review_ends() -> None:
    review = {"type": "foreigner_review", "at": "2026-03-01"}
    assert "AL-12" not in said(review, now="2026-03-24T23:00")
    assert said(review, now="2026-03-25T00:00")["AL-12"] == 1
    assert said(review, now="2026-03-29T00:00")["AL-12"] == 2


def test_extradition_31_is_warned_of_seven_and_three_days_before_its_thirty_days_end() -> None:
    """引渡法 第31条: thirty days, and fifteen more."""
    detained = {"type": "extradition_detention", "at": "2026-03-01"}
    assert said(detained, now="2026-03-24T23:59") == {}
    assert said(detained, now="2026-03-25T00:00") == {"EXTRADITION-NEAR": 1}
    assert said(detained, now="2026-03-29T00:00") == {"EXTRADITION-NEAR": 2}
    # Past it the person leaves, and the procuratorate is told of custody beyond the limit (KR 43).
    assert said(detained, now="2026-04-01T00:00") == {"AL-4": 1, "OUT": 1}
    longer = {"type": "extension", "at": "2026-03-26", "days": 15}
    assert said(detained, longer, now="2026-04-08T23:59") == {}
    assert said(detained, longer, now="2026-04-09T00:00") == {"EXTRADITION-NEAR": 1}


def test_a_difference_of_dates_is_said_and_the_earlier_one_counts() -> None:
    paper = ARREST | {"until": "2024-05-08"}
    assert "DIFFERS" in said(paper, now="2024-04-01T08:00")
    assert engine.standing(computed(paper, now="2024-04-01T08:00")).last_day == date(2024, 5, 5)
    earlier = ARREST | {"until": "2024-05-02"}
    assert engine.standing(computed(earlier, now="2024-04-01T08:00")).last_day == date(2024, 5, 2)


SAID_BY = {
    "AL-1": ({"type": "criminal_detention", "at": "2026-03-10T09:30:00+08:00"},),
    "AL-2": (ARREST,),
    "AL-3": (ARREST, {"type": "prosecution_received", "at": "2024-05-05"}),
    "AL-4": (ARREST,),
    "OUT": SENTENCED,
    "DIFFERS": (ARREST | {"until": "2024-05-08"},),
}


@pytest.mark.parametrize("name", SAID_BY)
def test_a_warning_that_is_switched_off_is_not_said(name: str) -> None:
    events, now = SAID_BY[name], "2024-05-02T08:00" if name == "AL-2" else "2026-03-13T08:00"
    assert name in said(*events, now=now)
    assert name not in said(*events, now=now, file=catalogue.rules().without(name))


def test_a_holiday_moves_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit of TV-11 ends on Labour Day, 1 May 2026.
    received = {"type": "prosecution_received", "at": "2026-03-16"}
    longer = {"type": "extension", "at": "2026-04-10", "days": 15, "ground": "complex",
              "approver": "procuratorate_same_level"}  # fmt: skip
    assert engine.standing(computed(received, longer, now="2026-04-20T08:00")).last_day == date(
        2026, 5, 1
    )
    assert "AL-4" in said(received, longer, now="2026-05-02T00:00")
    assert law.next_working_day(date(2026, 5, 1).toordinal()) != date(2026, 5, 1).toordinal()


def test_a_clock_is_looked_at_when_its_next_step_comes() -> None:
    result = computed(ARREST, now="2024-04-01T08:00")
    assert engine.look_again(result, ["0"], at("2024-04-01T08:00")) == at("2024-04-29T00:00")


def test_a_clock_that_stands_still_is_looked_at_each_midnight() -> None:
    exam = {"type": "psychiatric_exam_started", "at": "2024-03-10"}
    result = computed(ARREST, exam, now="2024-03-12T08:00")
    assert engine.look_again(result, ["0", "1"], at("2024-03-12T08:00")) == at("2024-03-13T00:00")


@given(st.randoms(use_true_random=False))
def test_whatever_is_to_come_is_said_at_the_moment_that_was_foretold(random: Any) -> None:
    case = cases.made(random)
    result = limits.compute(engine.cases.read(case))
    if result.case.as_of is None:
        return
    now = engine.moment_of(result.case.as_of)
    papers = [str(place) for place in range(len(case["events"]))]
    following = engine.look_again(result, papers, now)
    assert following is None or following > now
    for one in engine.to_say(result, papers, now):
        assert one.at <= now


def test_every_stage_has_an_authority() -> None:
    assert [state for state in law.shipped().stages if not catalogue.authority_of(state)] == []


def test_facts_of_one_day_without_a_time_stay_where_they_stood() -> None:
    events = [
        {"at": "2024-03-05T10:00:00+08:00"},
        {"at": "2024-03-05"},
        {"at": "2024-03-05T09:00:00+08:00"},
        {"at": "2024-03-04"},
    ]
    assert engine.in_order(events) == [3, 2, 0, 1]
