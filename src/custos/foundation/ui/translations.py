"""Extract, check and compile the translations, without the system's gettext.

    python -m custos.foundation.ui.translations extract   writes each app's django.po anew
    python -m custos.foundation.ui.translations check     says what is missing, old or unsound
    python -m custos.foundation.ui.translations compile   makes the .mo files that Django reads

After `extract` may stand the apps that are meant, as in `prevention/duty`.

Source strings are English; each app keeps its Chinese in `locale/zh_Hans/LC_MESSAGES/django.po`.
What stands outside an app (settings, errors) belongs to `foundation/ui`. Browser code holds no
words: the server renders them into the page.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parents[2]
LOCALE = "zh_Hans"
PO = Path("locale") / LOCALE / "LC_MESSAGES" / "django.po"

_KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
_COMMENT = "Translators:"
_PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
#: Chinese text has full-width punctuation.
_HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”][,;:?!(]")


def apps() -> list[Path]:
    """The folders of all apps, `foundation/ui` last: it takes what belongs to no other."""
    own = Path(__file__).resolve().parent
    found = sorted(file.parent for file in SOURCE.rglob("apps.py"))
    return [app for app in found if app != own] + [own]


def _sources() -> Iterator[tuple[Path, Path]]:
    """Every file that may hold strings, with the app it belongs to."""
    homes = apps()
    for file in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/**/*.html")]):
        parts = file.relative_to(SOURCE).parts
        if "tests" in parts or "migrations" in parts:
            continue
        yield file, next((app for app in homes if file.is_relative_to(app)), homes[-1])


def _messages(file: Path) -> Iterator[tuple[object, list[str], str | None]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        text = _as_python(text, file)
    for _line, message, comments, context in extract(
        "python", BytesIO(text.encode()), keywords=_KEYWORDS, comment_tags=[_COMMENT]
    ):
        yield message, comments, context


def _as_python(text: str, file: Path) -> str:
    """A template as Django turns it into something that a Python tokenizer reads."""
    from django.utils.translation.template import templatize

    # Line by line: what stands outside the calls is filler, whose indentation means nothing.
    lines = templatize(text, origin=str(file)).splitlines()
    return "\n".join(line.strip() for line in lines) + "\n"


def extracted() -> dict[Path, Catalog]:
    """The strings in use, by app; references name files without lines, so that diffs stay small."""
    catalogs = {app: Catalog(charset="utf-8") for app in apps()}
    for file, app in _sources():
        where = [(file.relative_to(SOURCE).as_posix(), None)]
        for message, comments, context in _messages(file):
            catalogs[app].add(
                message,  # type: ignore[arg-type]
                locations=where,  # type: ignore[arg-type]
                auto_comments=comments,
                context=context,
            )
    return {app: catalog for app, catalog in catalogs.items() if len(catalog)}


def kept(app: Path) -> Catalog:
    """The app's Chinese catalogue; empty where it has none."""
    if not (app / PO).exists():
        return Catalog(locale=LOCALE)
    with (app / PO).open("rb") as stream:
        return read_po(stream, locale=LOCALE)


def write(names: Collection[str] = ()) -> None:
    """Bring the catalogues of some apps (of all) up to date; what is translated stays as it is."""
    found = extracted()
    for app in apps():
        if names and app.relative_to(SOURCE).as_posix() not in names:
            continue
        if app not in found:
            (app / PO).unlink(missing_ok=True)
            continue
        catalog = Catalog(locale=LOCALE, charset="utf-8", fuzzy=False, header_comment=_HEADER)
        old = kept(app)
        for message in found[app]:
            if not message.id:
                continue
            known = old.get(message.id, message.context)
            catalog.add(
                message.id,
                known.string if known else None,
                locations=message.locations,
                auto_comments=message.auto_comments,
                context=message.context,
            )
        (app / PO).parent.mkdir(parents=True, exist_ok=True)
        with (app / PO).open("wb") as stream:
            write_po(stream, catalog, width=96, sort_output=True, omit_header=True)
        text = (app / PO).read_text(encoding="utf-8")
        (app / PO).write_text(_HEADER + _fields() + "\n" + text, encoding="utf-8")


_HEADER = "# Chinese of Custos, from the English source strings.\n"


def _fields() -> str:
    # Without dates and tool versions, which change with every run.
    fields = (
        "Project-Id-Version: Custos",
        "Language: zh_Hans",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "Plural-Forms: nplurals=1; plural=0;",
    )
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{field}\\n"\n' for field in fields)


def faults() -> list[str]:
    """What is wrong with the catalogues, a sentence each; none where all is well."""
    found = extracted()
    wrong = []
    for app in apps():
        name = app.relative_to(SOURCE).as_posix()
        wanted, old = found.get(app, Catalog()), kept(app)
        for message in wanted:
            if message.id:
                wrong += [f"{name}: {fault}" for fault in _faults_of(message, old)]
        for message in old:
            if message.id and wanted.get(message.id, message.context) is None:
                wrong.append(f"{name}: no longer used: {message.id!r}")
        wrong += [f"{name}: obsolete entry: {key!r}" for key in old.obsolete]
    return wrong + list(_at_odds({app: kept(app) for app in apps()}))


def _at_odds(catalogs: dict[Path, Catalog]) -> Iterator[str]:
    """Strings whose Chinese differs from app to app.

    Django merges the catalogues: one of the two would be shown everywhere. Where a word means two
    things, each call says which (pgettext).
    """
    chinese: dict[tuple[object, str | None], dict[tuple[str, ...], str]] = {}
    for app, catalog in catalogs.items():
        for message in catalog:
            if message.id and message.string:
                said = chinese.setdefault((message.id, message.context), {})
                said.setdefault(_texts(message.string), app.relative_to(SOURCE).as_posix())
    for (english, _context), said in chinese.items():
        if len(said) > 1:
            ways = "; ".join(f"{app} {texts[-1]!r}" for texts, app in said.items())
            yield f"one string, more than one Chinese: {english!r}: {ways}"


def _faults_of(message: Message, old: Catalog) -> Iterator[str]:
    known = old.get(message.id, message.context)
    if known is None or not known.string or not all(_texts(known.string)):
        yield f"missing: {message.id!r}"
        return
    if known.fuzzy:
        yield f"fuzzy: {message.id!r}"
    wanted = set(_PLACES.findall(_texts(message.id)[-1]))
    for text in _texts(known.string):
        places = set(_PLACES.findall(text))
        if places != wanted:
            yield f"places {sorted(places)} instead of {sorted(wanted)}: {message.id!r}"
        if _HALF_WIDTH.search(text):
            yield f"half-width punctuation in Chinese: {text!r}"


def _texts(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def compile_all() -> int:
    """Write the .mo beside every .po; returns how many."""
    made = 0
    for app in apps():
        if (app / PO).exists():
            with (app / PO).with_suffix(".mo").open("wb") as stream:
                write_mo(stream, kept(app))
            made += 1
    return made


class _Words(HTMLParser):
    """Collects what a reader would see of a template that isn't translated."""

    #: Attributes that are read out or shown.
    SHOWN = frozenset({"title", "alt", "placeholder", "aria-label", "content"})
    SILENT = frozenset({"script", "style", "code", "kbd"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self._within.append(tag)
        for name, value in attrs:
            if name in self.SHOWN and tag != "meta":
                self.handle_data(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data.replace("Custos", "")).strip()
        if not self._within and re.search(r"[^\W\d_]", text):
            self.found.append(text)


_TRANSLATED = re.compile(
    r"{%\s*(blocktrans\w*)\b.*?%}.*?{%\s*end\1\s*%}"
    r"|{%\s*comment.*?endcomment\s*%}"
    # A block that holds the classes of an element.
    r"|{%\s*block\s+\w+_class\s*%}.*?{%\s*endblock.*?%}",
    re.DOTALL,
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|&\w+;", re.DOTALL)


def untranslated() -> list[str]:
    """Words in templates that stand outside translation tags, with their file."""
    found = []
    for file, _app in _sources():
        if file.suffix == ".html":
            words = _Words()
            words.feed(_TAG.sub(" ", _TRANSLATED.sub(" ", file.read_text(encoding="utf-8"))))
            name = file.relative_to(SOURCE).as_posix()
            found += [f"{name}: {text!r}" for text in words.found]
    return found


#: Where Python names what people read: errors' sentences, and these keywords.
_ERRORS = frozenset({"NotAllowed", "Conflict", "Missing", "Malformed"})
_READ = frozenset({"message", "mend", "title", "label", "help_text"})
#: Examples in the API's description, which is in English; and the one name that needs no translation.
_EXAMPLE, _NAME = "like", "Custos"
_A_WORD = re.compile(r"[^\W\d_]{2}")


def untranslated_in_code() -> list[str]:
    """Words in Python that people would read and no catalogue could hold, with their file."""
    found = []
    for file, _app in _sources():
        if file.suffix == ".py":
            name = file.relative_to(SOURCE).as_posix()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                found += [f"{name}: {text!r}" for text in map(_bare, _shown(node)) if text]
    return found


def _shown(node: ast.AST) -> Iterator[ast.expr]:
    """What of a piece of Python is for people to read."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        name = called.id if isinstance(called, ast.Name) else called
        if name == _EXAMPLE:
            return
        if name in _ERRORS:
            yield from node.args[1:2]
        yield from (one.value for one in node.keywords if one.arg in _READ)
    elif isinstance(node, ast.ClassDef):
        choices = any(ast.unparse(base).endswith("Choices") for base in node.bases)
        for line in node.body:
            if isinstance(line, ast.Assign):
                yield from _assigned(line)
                if choices and isinstance(line.value, ast.Tuple):
                    yield line.value.elts[-1]


def _assigned(line: ast.Assign) -> Iterator[ast.expr]:
    for target in line.targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and name.id == "title":
                yield value


def _bare(value: ast.expr) -> str:
    """The words of a string that stands there as it is; "" of anything else."""
    if isinstance(value, ast.JoinedStr):
        parts = [part.value for part in value.values if isinstance(part, ast.Constant)]
    else:
        parts = [value.value] if isinstance(value, ast.Constant) else []
    text = "".join(part for part in parts if isinstance(part, str))
    return text if _A_WORD.search(text) and text != _NAME else ""


def main(arguments: list[str]) -> int:
    """The command line; the exit status says whether all is well."""
    from django.conf import settings

    if not settings.configured:
        # templatize asks for the settings' character set and nothing else.
        settings.configure()
    match arguments:
        case ["extract", *names]:
            write(names)
            return 0
        case ["compile"]:
            print(f"{compile_all()} catalogues compiled")
            return 0
        case ["check"]:
            wrong = faults() + untranslated() + untranslated_in_code()
            print("\n".join(wrong) or "all strings are translated")
            return 1 if wrong else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
