import errno
import json
import sys

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from custos.foundation.errors import Conflict
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


def test_a_refusal_reads_in_the_readers_language():
    with translation.override("zh-hans"):
        assert "一级" in answered(TAKEN).content.decode()


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), OSError(errno.ENOSPC, "full"), OSError(errno.EROFS, "ro")]
)
def test_an_outage_is_a_plain_page_in_both_languages(error):
    answer = answered(error)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "系统暂时无法读写数据" in page
    assert "read or write data just now" in page
    assert "<script" not in page
    assert "style=" not in page


def test_an_outage_names_a_number_that_the_log_has_too(caplog):
    answer = answered(OperationalError("gone"), hx_request="true")
    number = json.loads(answer.content)["number"]
    assert any(getattr(record, "number", "") == number for record in caplog.records)


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
