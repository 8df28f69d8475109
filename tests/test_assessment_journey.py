"""An officer answers a figure of theirs, the leader replies and signs the month."""

import os
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty.assessment.tests.worlds import AFTER, Assessed
from tests import browsers, house
from tests.factories import SYSTEM, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

SECRET = "nine-open-windows"
Desk = Callable[[Acting, str], Page]


@pytest.fixture
def world(live_site: str) -> Assessed:
    """A March with some tasks, of which one was let lie while one officer stood on the post."""
    with clock.set_to(AFTER), scope.entered(SYSTEM):
        found = Assessed()
        found.stood(found.one)
        for minutes in range(6):
            found.task(opened=minutes, by=found.one, accepted=minutes + 3, answered=minutes + 15)
        found.task(opened=60, by=found.duty_leader, accepted=85, answered=90, step=1)
        found.looked(found.one, 0)
        found.missed(30)
        found.reported(found.one)
        return found


@pytest.fixture
def desk(browser: Browser, live_site: str) -> Desk:
    def at(acting: Acting, way: str) -> Page:
        with scope.entered(SYSTEM):
            cookie = house.cookie_of(acting)
        context = browser.new_context(base_url=live_site, locale="en-US")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
        page = context.new_page()
        page.goto(way)
        return page

    return at


def test_an_officer_answers_and_a_leader_replies_and_signs(desk: Desk, world: Assessed) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER, at=world.facility, password=SECRET)

    mine = desk(world.one, "/assessment/own/?month=2026-03")
    figure = mine.get_by_role("region", name="Taken on in time")
    expect(figure.get_by_text("85% · 6 / 7")).to_be_visible()
    figure.get_by_text("Answer this figure").click()
    figure.get_by_label("What you say to it").fill("I was bringing somebody to the clinic.")
    figure.get_by_role("button", name="Send to the leader").click()
    expect(mine.get_by_text("Your leader reads it beside the figure")).to_be_visible()

    lead = desk(leader, f"/assessment/{world.facility.pk}/2026-03/?tab=officer")
    expect(lead.get_by_role("button", name="Sign the month")).to_have_count(0)
    lead.get_by_label("Your reply").fill("Seen in the movements; it stands beside the figure.")
    lead.get_by_role("button", name="Reply to the officer").click()
    lead.get_by_label("Your password").fill(SECRET)
    lead.get_by_role("button", name="Sign the month").click()
    expect(lead.get_by_role("heading", name="Signed by the leader")).to_be_visible()
    lead.get_by_role("link", name="85% · 6 / 7").first.click()
    expect(lead.get_by_text("7 cases")).to_be_visible()
    with scope.entered(SYSTEM):
        assert Entry.objects.filter(kind="assessment.signed").count() == 1

    mine.reload()
    expect(mine.get_by_text("Seen in the movements")).to_be_visible()
    if folder := os.environ.get("ASSESS_SHOTS"):
        _shots(desk, world, leader, folder)


def _shots(desk: Desk, world: Assessed, leader: Acting, folder: str) -> None:
    with scope.entered(SYSTEM):
        city = somebody(Post.OVERSIGHT, at=world.facility.parent)
    whole = f"/assessment/{world.facility.pk}/2026-03/"
    for name, who, way in (
        ("own", world.one, "/assessment/own/?month=2026-03"),
        ("month", leader, whole),
        ("officers", leader, f"{whole}?tab=officer"),
        ("cases", leader, f"{whole}cases/?measure=first_action&by=post&key=patrol"),
        ("city", city, "/assessment/?month=2026-03"),
        ("ledger", leader, f"/duty/ledger/?day={date(2026, 3, 3)}"),
    ):
        page = desk(who, way)
        page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": page.url}])
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(way)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
