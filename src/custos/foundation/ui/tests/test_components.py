from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from custos.foundation import clock
from custos.foundation.ui.forms import Form

NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon_in_english():
    with translation.override("en"), clock.set_to(NOW):
        yield


def shown(source, **context):
    return Template("{% load i18n ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("level", "shape", "word"),
    [(1, "M8 1.5", "Level 1"), (2, "M8 .8", "Level 2"), (3, "<circle", "Level 3")],
)
def test_a_severity_is_a_shape_and_a_word_and_a_colour(level, shape, word):
    html = shown("{% severity level %}", level=level)
    assert shape in html
    assert word in html
    assert f"severity-{level}" in html


def test_information_has_no_shape():
    assert "<svg" not in shown("{% severity 4 %}")


def test_a_state_has_a_sign_and_a_word():
    html = shown("{% state 'done' 'Answered' %}")
    assert "#check" in html
    assert "Answered" in html


def test_what_a_state_says_is_never_markup():
    assert "<b>" not in shown("{% state 'done' text %}", text="<b>Answered</b>")


def test_a_moment_is_shown_both_ways():
    html = shown("{% moment at %}", at=NOW - timedelta(minutes=3))
    assert "11:57" in html
    assert "3 min ago" in html
    assert 'datetime="2026-03-05T03:57:00+00:00"' in html
    assert "2026-03-05 11:57:00 +0800" in html


def test_an_overdue_deadline_says_by_how_much():
    html = shown("{% deadline at %}", at=NOW - timedelta(minutes=40))
    assert "40 min over" in html
    assert "moment-late" in html


def test_a_moment_that_isnt_known_is_a_dash():
    assert "—" in shown("{% moment at %}", at=None)


def test_a_chip_shows_who_and_where_and_what_they_need():
    person = SimpleNamespace(
        name="王小川",
        facility_name="甲东市看守所",
        cell_name="B1-02",
        tail="1271",
        needs=["Interpreter"],
    )
    html = shown("{% chip person href='/p/' %}", person=person)
    for part in ("王小川", "甲东市看守所", "B1-02", "…1271", "Interpreter", 'href="/p/"', ">川<"):
        assert part in html


def test_a_name_is_never_markup():
    person = SimpleNamespace(name="<script>alert(1)</script>")
    assert "<script>" not in shown("{% chip person %}", person=person)


def row(**fields):
    plain = {"occurred_at": NOW, "recorded_at": NOW, "title": "Temperature", "text": "37.8"}
    return SimpleNamespace(**(plain | fields))


def test_a_timeline_names_the_writer_by_the_names_given():
    html = shown("{% timeline rows names %}", rows=[row(by_ref="7")], names={"7": "陈安平"})
    assert "Temperature" in html
    assert "陈安平" in html


def test_a_timeline_names_both_officers_of_an_act_of_two():
    two = [row(by_ref="7", second_ref="8")]
    html = shown("{% timeline rows names %}", rows=two, names={"7": "陈安平", "8": "周行远"})
    assert "<span>together with 周行远</span>" in html
    unknown = shown("{% timeline rows names %}", rows=two, names={"7": "陈安平"})
    assert "<span>together with a second officer</span>" in unknown
    assert "together" not in shown("{% timeline rows %}", rows=[row(by_ref="7")])


def test_a_timeline_says_when_something_was_recorded_late():
    late = row(occurred_at=NOW - timedelta(hours=2))
    assert "Recorded" in shown("{% timeline rows %}", rows=[late])
    assert "Recorded" not in shown("{% timeline rows %}", rows=[row()])


def test_a_timeline_marks_corrected_and_erased_lines():
    html = shown("{% timeline rows %}", rows=[row(corrected=True), row(erased=True)])
    assert "Corrected later" in html
    assert "lawfully erased" in html
    assert html.count("37.8") == 1


def test_an_empty_timeline_says_so_and_when_it_was_asked():
    html = shown("{% timeline rows %}", rows=[])
    assert "No entries yet" in html
    assert "12:00" in html


class Short(forms.Form):
    name = forms.CharField(help_text="As on the warrant")
    alias = forms.CharField(required=False)


def test_a_field_ties_label_help_and_error_to_its_input():
    html = shown("{% field form.name %}", form=Short({}))
    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name-help id_name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name-error"' in html


def test_a_fields_help_is_shown_where_its_input_says_it_stands():
    html = shown("{% field form.name %}", form=Short())
    assert 'aria-describedby="id_name-help"' in html
    assert '<p class="field-help" id="id_name-help">As on the warrant</p>' in html
    assert "help" not in shown("{% field form.name helped=False %}", form=Short())


def test_a_field_that_may_stay_empty_says_so():
    assert "optional" in shown("{% field form.alias %}", form=Short())


class Named(Form):
    name = forms.CharField(label="姓名")
    cell = forms.ChoiceField(label="监室", choices=[("1", "101")])


def test_an_empty_field_says_by_name_what_is_to_be_done():
    with translation.override("zh-hans"):
        assert Named({}).errors == {"name": ["请填写姓名。"], "cell": ["请选择监室。"]}


def test_what_is_wrong_with_a_form_leads_to_the_fields():
    assert 'href="#id_name"' in shown("{% form_errors form %}", form=Short({}))


def test_two_forms_that_are_sent_together_say_in_one_box_what_is_wrong():
    html = shown("{% form_errors form proof %}", form=Short({}), proof=Named({}))
    assert html.count("Nothing was saved yet") == 1
    assert "监室" in html
    assert shown("{% form_errors form proof %}", form=Short(), proof=None).strip() == ""


def test_facts_say_what_isnt_known():
    html = shown("{% facts pairs %}", pairs=[("Alias", ""), ("Admitted", NOW)])
    assert "not known" in html
    assert "just now" in html


def test_facts_say_a_day_as_everywhere():
    assert "2026-12-01" in shown("{% facts pairs %}", pairs=[("Valid from", date(2026, 12, 1))])


def test_paging_keeps_the_other_parameters():
    page = Paginator(range(63), 20).page(2)
    request = RequestFactory().get("/", {"q": "王", "page": "2"})
    html = shown("{% pages page %}", page=page, request=request)
    assert "21 to 40 of 63" in html
    assert "?q=%E7%8E%8B&amp;page=3" in html


def test_a_decision_says_what_will_happen_to_whom_and_why():
    html = shown(
        "{% decision 'go' title='Withdraw' action='/w/' submit='Withdraw it' what='The task ends'"
        " where='B1-03' ground='Rule 1' undoes='Nothing' %}<input name='why'>{% enddecision %}"
    )
    for part in ('<dialog class="decision" id="go"', "The task ends", "B1-03", "Rule 1", "why"):
        assert part in html
