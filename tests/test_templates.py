"""Templates keep to the strict content security policy and load nothing from outside."""

import re
from pathlib import Path

import pytest

import custos

TEMPLATES = sorted(Path(custos.__file__).parent.rglob("templates/**/*.html"))
MODULES = sorted(Path(custos.__file__).parent.rglob("static/*/*.js"))

FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\b(src|type=\"application/json\")\b)[^>]*>"),
    "an inline style sheet": re.compile(r"<style\b(?![^>]*nonce)"),
    "something from outside": re.compile(r"(src|href|action)\s*=\s*[\"'](https?:)?//"),
    "code that htmx would evaluate": re.compile(r"\shx-on|hx-vals\s*=\s*[\"']js:"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what):
    found = [str(file) for file in TEMPLATES if FORBIDDEN[what].search(file.read_text("utf-8"))]
    assert found == []


def test_no_module_of_ours_builds_code_or_styles_from_text():
    risky = re.compile(r"\beval\(|new Function\(|\.cssText\b|setAttribute\(\s*[\"']style")
    modules = [file for file in MODULES if "vendor" not in file.parts]
    assert modules
    assert [str(file) for file in modules if risky.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("what", "example"),
    [
        ("a style attribute", '<p style="color:red">'),
        ("an inline handler", '<a onclick="x()">'),
        ("an inline script", "<script>x()</script>"),
        ("something from outside", '<img src="https://example.org/x.png">'),
    ],
)
def test_the_scan_finds_what_it_is_for(what, example):
    assert FORBIDDEN[what].search(example)
