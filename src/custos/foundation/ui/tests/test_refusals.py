import errno
import html
import json
import sys

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DiskFull

from custos.foundation.errors import Conflict, raise_all
from custos.foundation.ui import refusals
from custos.foundation.ui.middleware import PlainOutagePage


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def ask(**headers):
    return RequestFactory().get("/tasks/", headers=headers)


def answered(error, **headers):
    return PlainOutagePage(lambda _request: None).process_exception(ask(**headers), error)


TAKEN = Conflict("task.taken", _("Level 1"), mend=_("Search"), field="task")


def test_a_refusal_is_a_page_with_its_status_and_how_to_mend_it():
    answer = answered(TAKEN)
    assert answer.status_code == 409
    assert "Level 1" in answer.content.decode()
    assert "Search" in answer.content.decode()


def test_htmx_gets_a_problem_to_show_in_place():
    answer = answered(TAKEN, hx_request="true")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert (problem["title"], problem["detail"]) == ("Level 1", "Search")
    assert problem["field"] == "task"


def test_several_findings_are_one_problem_that_lists_them():
    with pytest.raises(Conflict) as refusal:
        raise_all([Conflict("a", _("Level 1"), field="x"), Conflict("b", _("Level 2"), field="y")])
    problem = json.loads(answered(refusal.value, accept="application/json").content)
    assert problem["title"] == "Level 1"
    assert [(e["code"], e["title"], e["field"]) for e in problem["errors"]] == [
        ("a", "Level 1", "x"),
        ("b", "Level 2", "y"),
    ]
    raise_all([])


@pytest.mark.parametrize(
    ("message", "mend", "words"),
    [
        ("It is full.", "Choose another.", "It is full. Choose another."),
        ("监室已满。", "请另选监室。", "监室已满。请另选监室。"),
        ("监室已满。", "", "监室已满。"),
    ],
)
def test_sentences_follow_each_other_as_the_language_has_it(message, mend, words):
    assert Conflict("a", message, mend=mend).words == words


def test_a_refusal_reads_in_the_readers_language():
    with translation.override("zh-hans"):
        assert "一级" in answered(TAKEN).content.decode()


def full() -> OperationalError:
    """As Django raises what PostgreSQL says of its disk."""
    error = OperationalError("could not extend file")
    error.__cause__ = DiskFull("could not extend file")
    return error


AWAY = ("系统暂时无法读写数据", "read or write data just now")
FULL = ("磁盘已满，现在什么都无法保存", "The disk is full: nothing can be saved just now")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("gone"), AWAY),
        (OSError(errno.EROFS, "ro"), AWAY),
        (OSError(errno.ENOSPC, "full"), FULL),
        (OSError(errno.EDQUOT, "full"), FULL),
        (full(), FULL),
    ],
)
def test_an_outage_is_a_plain_page_in_both_languages(error, said):
    answer = answered(error)
    page = answer.content.decode()
    assert answer.status_code == 503
    for words in (*AWAY, *FULL):
        assert (words in page) == (words in said)
    assert "<script" not in page
    assert "style=" not in page


def test_an_outage_names_a_number_that_the_log_has_too(caplog):
    answer = answered(OperationalError("gone"), hx_request="true")
    number = json.loads(answer.content)["number"]
    assert any(getattr(record, "number", "") == number for record in caplog.records)


def test_a_program_reads_that_the_disk_is_full():
    problem = json.loads(answered(full(), hx_request="true").content)
    assert (problem["type"], problem["status"]) == ("about:blank#disk.full", 503)
    assert problem["title"] in FULL


def test_an_error_of_another_kind_is_left_to_django():
    assert answered(KeyError("x")) is None
    assert answered(OSError(errno.ENOENT, "none")) is None


def test_an_outage_behind_another_error_is_still_an_outage():
    error = RuntimeError("no page")
    error.__cause__ = OperationalError("gone")
    assert refusals.is_outage(error)


@pytest.mark.parametrize(("error", "status"), [(OperationalError(), 503), (TAKEN, 409)])
def test_what_other_middleware_raises_is_answered_too(error, status):
    try:
        raise error
    except Exception:
        assert sys.exc_info()[1] is error
        assert refusals.server_error(ask()).status_code == status


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (refusals.bad_request, 400),
        (refusals.permission_denied, 403),
        (refusals.page_not_found, 404),
    ],
)
def test_every_refusal_of_django_is_a_page_in_words(handler, status):
    answer = handler(ask(), exception=Exception())
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()
    assert handler(ask(hx_request="true"), exception=Exception()).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("read_by_csrf_first", [True, False])
def test_a_form_that_is_too_large_is_told_so_with_the_limit(read_by_csrf_first):
    browser = Client(
        enforce_csrf_checks=read_by_csrf_first,
        raise_request_exception=False,
        headers={"Accept-Language": "en"},
    )
    browser.get("/account/login/")
    path, form = "/account/login/", "application/x-www-form-urlencoded"
    large = "login=" + "x" * 6 * 2**20
    answer = browser.post(path, large, content_type=form)
    assert answer.status_code == 413
    assert "What was sent is too large, and nothing was saved." in html.unescape(
        answer.content.decode()
    )
    assert "2.5 MB at most" in answer.content.decode()
    told = browser.post(path, large, content_type=form, headers={"HX-Request": "true"})
    assert (told.status_code, json.loads(told.content)["status"]) == (413, 413)


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/reception/admit/", "http://testserver/reception/admit/"),
        ("https://elsewhere.example/", "/tasks/"),
        ("", "/tasks/"),
    ],
)
def test_a_form_out_of_date_leads_back_to_its_page(referer, back):
    answer = refusals.csrf_failure(ask(referer=referer))
    assert answer.status_code == 403
    assert f'<a class="btn btn-primary" href="{back}">' in answer.content.decode()
