"""The Chinese is complete, and no template holds words that can't be translated."""

from babel.messages.catalog import Catalog

from custos.foundation.ui import translations


def test_every_string_is_translated_soundly():
    assert translations.faults() == []


def test_no_template_holds_untranslated_words():
    assert translations.untranslated() == []


def test_no_code_holds_untranslated_words():
    assert translations.untranslated_in_code() == []


def fault_of(english, chinese, **flags):
    wanted, old = Catalog(), Catalog(locale="zh_Hans")
    message = wanted.add(english)
    old.add(english, chinese, **flags)
    return list(translations._faults_of(message, old))


def test_the_check_finds_what_it_is_for():
    assert fault_of("%(n)s beds", "%(n)s 张床位") == []
    assert "missing" in fault_of("Bed", "")[0]
    assert "fuzzy" in fault_of("Bed", "床位", flags=["fuzzy"])[0]
    assert "places" in fault_of("%(n)s beds", "床位")[0]
    assert "half-width" in fault_of("Bed, please", "床位,请")[0]


def test_two_apps_that_put_one_string_differently_are_found():
    one, other = Catalog(locale="zh_Hans"), Catalog(locale="zh_Hans")
    one.add("Code", "代码")
    other.add("Code", "验证码")
    apps = dict(zip(translations.apps(), (one, other), strict=False))
    (fault,) = translations._at_odds(apps)
    assert "代码" in fault
    assert "验证码" in fault
    other["Code"].string = "代码"
    assert list(translations._at_odds(apps)) == []
    other.add("Code", "罪名代码", context="a charge")
    assert list(translations._at_odds(apps)) == []


def test_the_scan_finds_words_outside_translation_tags(tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}<p title="Bare">{% trans "Fine" %} {{ name }} loose'
        "{% blocktrans %}also fine{% endblocktrans %}</p>",
        encoding="utf-8",
    )
    monkeypatch.setattr(translations, "SOURCE", tmp_path)
    monkeypatch.setattr(translations, "_sources", lambda: iter([(page, tmp_path)]))
    assert translations.untranslated() == ["page.html: 'Bare'", "page.html: 'loose'"]


def test_the_scan_finds_bare_words_in_code(tmp_path, monkeypatch):
    module = tmp_path / "services.py"
    module.write_text(
        """
class Moved(Kind):
    name, version, title = "moved", 1, "Bare title"
class Step(TextChoices):
    OPEN = "open", "Bare choice"
    SHUT = "shut", _("Fine")
class Form:
    field = CharField(label="Bare label", help_text=_("Fine"), widget=Input(attrs={"type": "text"}))
def move(cell):
    if cell:
        raise Conflict("cell.full", "Bare words", mend=f"Bare {cell} mend")
    raise errors.Missing("cell.gone", _("Fine"), mend="")
""",
        encoding="utf-8",
    )
    monkeypatch.setattr(translations, "SOURCE", tmp_path)
    monkeypatch.setattr(translations, "_sources", lambda: iter([(module, tmp_path)]))
    found = sorted(translations.untranslated_in_code())
    assert found == [
        "services.py: 'Bare  mend'",
        "services.py: 'Bare choice'",
        "services.py: 'Bare label'",
        "services.py: 'Bare title'",
        "services.py: 'Bare words'",
    ]


def test_a_call_without_an_entry_in_the_catalogue_is_found(monkeypatch):
    app = translations.apps()[0]
    found = translations.extracted()
    found.setdefault(app, Catalog()).add("A sentence that nobody has translated.")
    monkeypatch.setattr(translations, "extracted", lambda: found)
    (fault,) = translations.faults()
    assert "missing: 'A sentence that nobody has translated.'" in fault
    assert translations.main(["check"]) == 1
