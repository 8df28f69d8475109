"""A day is written one way in both languages, and taken in the ways in which people write it."""

from datetime import date, datetime, time

import pytest
from django import forms
from django.utils import timezone, translation

from custos.foundation.ui.dates import DAY, DayField, MomentField, TimeField, spelled


class When(forms.Form):
    day = DayField(required=False)
    moment = MomentField(required=False)
    time = TimeField(required=False)


def cleaned(name, text, language="en"):
    with translation.override(language):
        form = When({name: text})
        assert form.is_valid(), form.errors
        return form.cleaned_data[name]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03",
        " 2026-11-3 ",
        "2026/11/3",
        "2026.11.03",
        "20261103",
        "2026年11月3日",
        "\uff12\uff10\uff12\uff16\uff0d\uff11\uff11\uff0d\uff10\uff13",  # full width
    ],
)
def test_a_day_is_taken_as_people_write_it(text, language):
    assert cleaned("day", text, language) == date(2026, 11, 3)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03 14:05",
        "2026-11-03T14:05",
        "2026-11-03 14:05:00",
        "2026/11/3 14:05",
        "20261103 14:05",
        "202611031405",
        "2026年11月3日 14时05分",
        "2026-11-03T14:05+08:00",
    ],
)
def test_a_moment_is_taken_as_people_write_it(text, language):
    found = cleaned("moment", text, language)
    assert found == timezone.make_aware(datetime(2026, 11, 3, 14, 5))


@pytest.mark.parametrize("text", ["8:05", "08:05", "0805", "8时05分", "08:05:00"])
def test_a_time_is_taken_as_people_write_it(text):
    assert cleaned("time", text) == time(8, 5)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("day", "11/03/2026"),
        ("day", "03.11.2026"),
        ("day", "2026-02-30"),
        ("day", "2026-11"),
        ("day", "Nov. 3, 2026"),
        ("moment", "2026-11-03"),
        ("moment", "20261103"),
        ("moment", "2026-11-03 25:00"),
        ("time", "25:00"),
        ("time", "8"),
    ],
)
def test_what_could_mean_two_days_or_none_is_refused_with_the_form_that_is_right(
    name, text, language
):
    right = {"day": "2026-11-30", "moment": "2026-11-30 14:30", "time": "14:30"}[name]
    with translation.override(language):
        (error,) = When({name: text}).errors[name]
    assert right in error


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_browser_gives_a_field_a_form_of_its_own(language):
    with translation.override(language):
        said = timezone.make_aware(datetime(2026, 11, 3, 14, 5))
        html = When(initial={"day": date(2026, 11, 3), "moment": said, "time": time(8, 5)}).as_p()
    assert html.count('type="text"') == 3
    for shown in ('value="2026-11-03"', 'value="2026-11-03 14:05"', 'value="08:05"'):
        assert shown in html
    assert html.count("data-calendar=") == 2


def test_what_was_typed_comes_back_as_it_is_read_and_what_is_wrong_as_it_was():
    html = When({"day": "2026/11/3", "moment": "2026-11-03T14:05", "time": "soon<"}).as_p()
    assert 'value="2026-11-03"' in html
    assert 'value="2026-11-03 14:05"' in html
    assert 'value="soon&lt;"' in html


def test_digits_alone_are_not_guessed():
    assert spelled("2026113", DAY) == "2026113"
