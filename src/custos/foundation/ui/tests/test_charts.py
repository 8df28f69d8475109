import json

import pytest
from django.template import Context, Template
from django.utils import translation

from custos.foundation.ui.charts import Chart, Series, Threshold

CHART = Chart(
    "crowding",
    "People by area",
    "Area two is full.",
    "%",
    ["One", "Two"],
    [Series("Occupancy", [92, None])],
    threshold=Threshold(100, "Certified places", "base record of 2026"),
    label_title="Area",
)


def shown():
    with translation.override("en"):
        return Template("{% load ui %}{% chart chart %}").render(Context({"chart": CHART}))


def test_the_numbers_stand_behind_it_and_what_is_missing_is_no_zero():
    html = shown()
    assert '<details class="behind" open>' in html
    assert "92" in html
    assert "missing</span>" in html
    assert "1 value is missing" in html
    assert ">0<" not in html


def test_the_threshold_comes_with_its_source():
    assert "Certified places 100 % · base record of 2026" in shown()


def test_the_browser_gets_the_gap_as_a_gap():
    spec = CHART.spec("missing")
    assert spec["label_title"] == "Area"
    assert spec["series"] == [{"title": "Occupancy", "values": [92, None]}]
    assert json.loads(json.dumps(spec)) == spec


def test_a_series_must_have_a_value_for_each_label():
    with pytest.raises(ValueError, match="Occupancy"):
        Chart("x", "", "", "", ["One"], [Series("Occupancy", [1, 2])])
