"""What a reader gets instead of the page: refusals in words, and the plain page of an outage.

Every answer says what happened, what was kept and what to do, with a number that support can find
in the log. Browsers get a page; htmx and the API get a problem (RFC 9457), shown in place.
"""

import errno
import html
import json
import logging
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg.errors import DiskFull
from psycopg_pool import PoolTimeout

from custos.foundation.errors import CustosError
from custos.foundation.ui import methods

log = logging.getLogger(__name__)

_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNWRITABLE = _FULL | {errno.EROFS}


def number() -> str:
    """A number that a reader can tell support by telephone."""
    return f"{secrets.randbelow(10**8):08d}"


def wants_data(request: HttpRequest) -> bool:
    """Whether the answer is read by a program: htmx, the live screens, or the API."""
    return (
        request.headers.get("HX-Request") == "true"
        or request.path.startswith("/api/")
        or request.headers.get("Accept", "").startswith("application/json")
    )


def problem(
    status: int,
    code: str,
    title: str,
    detail: str = "",
    *,
    support: str = "",
    field: str = "",
    errors: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """An answer for programs, in the form of RFC 9457; `errors` are all findings where several."""
    body: dict[str, Any] = {
        "type": f"about:blank#{code}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    more = {"number": support, "field": field, "errors": list(errors)}
    body |= {name: value for name, value in more.items() if value}
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )


def answer(request: HttpRequest, error: CustosError) -> HttpResponse:
    """The page or problem for a refusal that a service raised."""
    if wants_data(request):
        several = error.findings if len(error.findings) > 1 else ()
        errors = [
            {"code": one.code, "title": one.message, "detail": one.mend, "field": one.field}
            for one in several
        ]
        return problem(
            error.status, error.code, error.message, error.mend, field=error.field, errors=errors
        )
    return page(request, error.status, error.message, error.mend)


def page(
    request: HttpRequest, status: int, title: str, mend: str, *, support: str = "", back: str = ""
) -> HttpResponse:
    """A refusal as a page of the shell, with the way `back` where there is one."""
    shown = {"refused": title, "mend": mend, "number": support, "back": back}
    return render(request, "ui/refused.html", shown, status=status)


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is away or the disk full, which no page can mend."""
    return any(
        isinstance(one, OperationalError | InterfaceError | PoolTimeout)
        or (isinstance(one, OSError) and one.errno in _UNWRITABLE)
        for one in _behind(error)
    )


def is_full(error: BaseException | None) -> bool:
    """Whether it is the disk, the server's or ours, that is full."""
    return any(
        isinstance(one, DiskFull) or (isinstance(one, OSError) and one.errno in _FULL)
        for one in _behind(error)
    )


def outage(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The plain page of an outage: needs no database, no template and no session."""
    support = number()
    log.error("outage", extra={"number": support}, exc_info=error)
    full = is_full(error)
    words = _FULL_DISK if full else _OUTAGE
    if wants_data(request):
        english = (get_language() or "").startswith("en")
        title, *rest = words["en" if english else "zh-Hans"]
        detail = (" " if english else "").join(rest)
        return problem(503, "disk.full" if full else "outage", title, detail, support=support)
    answer = HttpResponse(_plain(words, support), status=503)
    answer["Retry-After"] = "5"
    answer["Cache-Control"] = "no-store"
    return answer


#: What happened, what was kept, what to do. Not in the catalogue: both languages stand on one page,
#: which must also come where catalogues can't be read.
_OUTAGE = {
    "zh-Hans": (
        "系统暂时无法读写数据",
        "数据库没有应答，或磁盘已满。此前已显示“已保存”的内容都在；刚才提交的这一次多半没有保存，恢复后请先核对再重新提交。",
        "紧急情况请直接使用电话、对讲和纸质登记。约一分钟后重试；仍不行时，请把下面的编号告诉技术支持。",
    ),
    "en": (
        "Custos can't read or write data just now",
        "The database doesn't answer, or the disk is full. Everything that was shown as saved is"
        " kept; what was sent just now is most likely not: look before you send it again.",
        "In an emergency use the telephone, the radio and the paper register. Try again in about a"
        " minute; if that fails, tell support the number below.",
    ),
}
#: The same where it is known that the disk is full.
_FULL_DISK = {
    "zh-Hans": (
        "磁盘已满，现在什么都无法保存",
        "此前已显示“已保存”的内容都在；刚才提交的这一次没有保存，腾出空间后请重新提交。",
        "请立即告诉系统管理员：服务器磁盘已满，需要腾出空间，并报出下面的编号。紧急情况请直接使用电话、对讲和纸质登记。",
    ),
    "en": (
        "The disk is full: nothing can be saved just now",
        "Everything that was shown as saved is kept. What was sent just now is not: send it again when"
        " there is room.",
        "Tell the system administrator at once that the server's disk is full and needs room, and the"
        " number below. In an emergency use the telephone, the radio and the paper register.",
    ),
}
_NUMBER = {"zh-Hans": "编号", "en": "Number"}
_AGAIN = {"zh-Hans": "重试", "en": "Try again"}


def _plain(words: Mapping[str, Sequence[str]], support: str) -> str:
    parts = "".join(
        f'<section lang="{language}"><h{rank}>{html.escape(title)}</h{rank}>'
        f"<p>{html.escape(kept)}</p><p>{html.escape(mend)}</p>"
        f"<p>{_NUMBER[language]} <strong>{support}</strong></p>"
        f'<p><a href="">{_AGAIN[language]}</a></p></section>'
        for rank, (language, (title, kept, mend)) in enumerate(words.items(), start=1)
    )
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(words['zh-Hans'][0])}</title>"
        f'<link rel="stylesheet" href="{static("ui/outage.css")}"></head>'
        f"<body><main>{parts}</main></body></html>"
    )


# Django's own handlers; config.urls names them.


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, and 413 for a form that is larger than a form may be."""
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 2**20
        return _said(
            request,
            413,
            _("What was sent is too large, and nothing was saved."),
            _("A form takes %(limit)s MB at most: go back and shorten the text.")
            % {"limit": f"{limit:g}"},
        )
    return _said(
        request,
        400,
        _("The server couldn't read this request."),
        _("Go back, load the page again and send it once more."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403"""
    return _said(
        request,
        403,
        _("Your post doesn't allow this."),
        _("Switch to a post that does, or ask whoever holds it."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was not sent from a page of ours, or from one of an earlier sign-in."""
    log.warning("csrf", extra={"reason": reason})
    return _said(
        request,
        403,
        _("This form is out of date, and nothing was saved."),
        _("Load the page again and send the form once more."),
        back=_page_before(request),
    )


def _page_before(request: HttpRequest) -> str:
    """The page of ours from which a form came, else that to which its address belongs."""
    before = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, request.is_secure())
    return before if ours else methods.own_address(request)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404"""
    return _said(
        request,
        404,
        _("There is no such page, or it isn't in your range."),
        _("Check the address, or go on from the first page."),
    )


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405: the address takes what a form sends, or shows something and takes nothing."""
    return _said(
        request,
        405,
        _("This address can't be opened like this."),
        _("Go on from the first page."),
    )


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, and every refusal or outage that was raised outside a view."""
    error = sys.exc_info()[1]
    if is_outage(error):
        return outage(request, error)
    if isinstance(error, CustosError):
        return answer(request, error)
    support = number()
    log.error("failed", extra={"number": support}, exc_info=error)
    try:
        return _said(
            request,
            500,
            _("Something went wrong in Custos."),
            _("Nothing of this step was saved. Try once more; if it fails again, tell support."),
            support,
        )
    except Exception as second:
        # The frame itself may be what fails; the plain page needs nothing.
        return outage(request, second)


def _said(
    request: HttpRequest, status: int, title: str, mend: str, support: str = "", back: str = ""
) -> HttpResponse:
    if wants_data(request):
        return problem(status, str(status), title, mend, support=support)
    return page(request, status, title, mend, support=support, back=back)
