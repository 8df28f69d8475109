"""Pictures of every page, as the roles of a running demo see it, for people who look at them.

    make demo DEMO="--port 8444"                                       in one terminal
    .venv/bin/python -m tests.shots http://localhost:8444 OUT          in another

Walks the demo as each role, by links, until each route of the program that is a page was seen once, and
takes it at 1440, 1024 and 390 px in both languages, and in the dark at 1440. Says which pages no link
led to. Options: `--languages zh`, `--widths 1440,390`, `--light` (no dark ones), `--routes duty,people`.
"""

import argparse
import os
import re
from collections import deque
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.urls import Resolver404, resolve  # noqa: E402
from playwright.sync_api import APIRequestContext, Browser, Page, sync_playwright  # noqa: E402

from custos.foundation.accounts.queries import demo_roles  # noqa: E402
from tests.browsers import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.test_access_matrix import ROUTES  # noqa: E402
from tests.visitors import EXCEPT  # noqa: E402

LOCALES = {"zh": "zh-CN", "en": "en-US"}
#: A role is not followed further than this, nor after so many pages that brought nothing new.
MOST_PAGES, MOST_IN_VAIN = 60, 15
#: A longer page is cut off: what stands there is more of a list.
MOST_HIGH = 4000
#: Of links to the same route, so many are tried.
_OF_ONE_ROUTE = 2
_LINK = re.compile(r'href="([^"#]+)"')
#: What no link of a page leads to.
_BEGIN = ("/ui/object/", "/account/factors/", "/account/password/change/", "/confirmations/")
#: What nobody signed in opens.
_OPEN_TO_ALL = ("/account/login/", "/board/enroll/")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was found: its route, its address, and as which role; "" for nobody."""

    route: str
    path: str
    role: str


#: Every page that somebody looks at.
PAGES = {
    name
    for name, row in ROUTES.items()
    if "GET" in row.get("methods", ())
    and row["open_to"] != "nobody"
    and not any(name in routes for routes in EXCEPT.values())
}


def _route(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return ""


def _signed_in(browser: Browser, site: str, role: str, locale: str, width: int) -> Page:
    context = browser.new_context(
        base_url=site,
        locale=locale,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/account/login/")
    if role:
        page.locator(f"button[value='{role}']").click()
        page.wait_for_url(lambda url: "/login/" not in url)
    return page


def _walk(request: APIRequestContext, begin: list[str], role: str, left: set[str]) -> list[Seen]:
    """Follow links from some pages; the first page of each route that is still wanted."""
    found: list[Seen] = []
    waiting, known, counts = deque(begin), set(begin), dict[str, int]()
    asked = in_vain = 0
    while waiting and left and asked < MOST_PAGES and in_vain < MOST_IN_VAIN:
        path = waiting.popleft()
        answer = request.get(path, max_redirects=3)
        asked, in_vain = asked + 1, in_vain + 1
        here = urlsplit(answer.url)
        if "text/html" not in answer.headers.get("content-type", "") or answer.status >= 400:
            continue
        route = _route(here.path)
        if route in left:
            left.discard(route)
            in_vain = 0
            found.append(Seen(route, here.path + (f"?{here.query}" if here.query else ""), role))
        for link in _LINK.findall(answer.text()):
            to = urlsplit(urljoin(answer.url, unescape(link)))
            name = _route(to.path)
            if to.netloc != here.netloc or name not in PAGES:
                continue
            address = to.path + (f"?{to.query}" if to.query else "")
            most = _OF_ONE_ROUTE if name not in left else 6
            if address not in known and counts.get(name, 0) < most:
                counts[name] = counts.get(name, 0) + 1
                known.add(address)
                # What was not seen yet first.
                (waiting.appendleft if name in left else waiting.append)(address)
    return found


def _take(page: Page, seen: Seen, out: Path, language: str, widths: list[int], dark: bool) -> None:
    page.goto(seen.path)
    page.evaluate("document.fonts.ready")
    name = seen.route.replace(":", "-")
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
        if width < 600:
            # A bar at the foot of the window would stand in the midst of a longer picture.
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(max(whole, 844), MOST_HIGH)})
        themes = ("light", "dark") if dark and width == 1440 else ("light",)
        for theme in themes:
            page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
            page.wait_for_timeout(150)
            where = out / language / (f"{width}-dark" if theme == "dark" else str(width))
            where.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=where / f"{name}.png", full_page=True)
        page.evaluate("document.documentElement.dataset.bsTheme = 'light'")


def main() -> None:
    """Find the pages and take them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("site")
    asked.add_argument("out", type=Path)
    asked.add_argument("--languages", default="zh,en")
    asked.add_argument("--widths", default="1440,1024,390")
    asked.add_argument("--routes", default="")
    asked.add_argument("--light", action="store_true")
    given = asked.parse_args()
    widths = [int(one) for one in given.widths.split(",")]
    left = set(given.routes.split(",")) if given.routes else set(PAGES)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for role in ("", *(one.username for one in demo_roles())):
            found: list[Seen] = []
            for language in given.languages.split(","):
                page = _signed_in(browser, given.site, role, LOCALES[language], widths[0])
                begin = ["/", *_BEGIN] if role else list(_OPEN_TO_ALL)
                found = found or _walk(page.request, begin, role, left)
                for one in found:
                    _take(page, one, given.out, language, widths, not given.light)
                    print(language, role or "-", one.route, one.path, flush=True)
                page.context.close()
    print("no link led to:", ", ".join(sorted(left)) or "none left out")


if __name__ == "__main__":
    main()
