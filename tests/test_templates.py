"""Templates keep to the strict content security policy and load nothing from outside."""

import ast
import re
from pathlib import Path

import pytest

import custos

TEMPLATES = sorted(Path(custos.__file__).parent.rglob("templates/**/*.html"))
MODULES = sorted(Path(custos.__file__).parent.rglob("static/*/*.js"))

FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\b(src\b|type=\"application/json\"))[^>]*>"),
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


def files():
    everything = sorted(Path(custos.__file__).parent.rglob("*.py"))
    return [file for file in everything if "tests" not in file.parts]


def sources():
    return ((file, ast.parse(file.read_text("utf-8"))) for file in files())


def test_no_pattern_is_built_from_what_somebody_says():
    """Of each call of `re` the pattern is written in the program: a literal, or parts of its own."""
    of_re = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}

    def is_written(node):
        if isinstance(node, ast.JoinedStr):
            named = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            return all(isinstance(one, ast.Name) and one.id.isupper() for one in named)
        if isinstance(node, ast.BinOp):
            return is_written(node.left) and is_written(node.right)
        return isinstance(node, ast.Constant)

    found = [
        f"{file}:{call.lineno}"
        for file, tree in sources()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "re"
        and call.func.attr in of_re
        and not is_written(call.args[0])
    ]
    assert found == []
    lookups = re.compile(r"__i?regex\b")
    assert [str(file) for file in files() if lookups.search(file.read_text("utf-8"))] == []


def test_no_module_of_ours_calls_other_servers():
    """Database and broker aside, nothing is reached: nobody can have the server ask for an address."""
    clients = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "urllib3", "ftplib"}
    imported = [
        (str(file), name)
        for file, tree in sources()
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert imported
    # The supervisor asks the web process that it started itself whether it is ready; a demo's shift is
    # played over its API. Both know no address but this machine's.
    found = {(file, name) for file, name in imported if name in clients}
    assert {(Path(file).name, name) for file, name in found} == {
        ("supervisor.py", "http.client"),
        ("client.py", "http.client"),
    }


def test_no_module_of_ours_takes_messages_of_other_windows_or_merges_foreign_objects():
    risky = re.compile(
        r"\bwindow\.(?:on)?message\b|(?<![.\w])addEventListener\(\s*[\"']message"
        r"|window\.addEventListener\(\s*[\"']message|Object\.assign\(|__proto__"
        r"|\[\s*[\"']constructor"
    )
    modules = [file for file in MODULES if "vendor" not in file.parts]
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
