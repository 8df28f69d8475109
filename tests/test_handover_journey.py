"""A shift is handed over in a browser: completed and signed by one leader, read and signed by the other."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty.handover.models import Handover
from custos.prevention.duty.handover.tests import worlds
from custos.prevention.duty.models import Task
from tests import browsers, house
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
Desk = Callable[[Acting, str], Page]


@pytest.fixture
def facility(live_site: str) -> Organization:
    """Its shift has changed; somebody there must not be alone."""
    with scope.entered(SYSTEM):
        found = a_facility()
        places.watched(a_detainee(in_cell=a_cell(facility=found), name="Wang Wei"))
        worlds.waiting(found, somebody(Post.LEADER, at=found))
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


def test_the_shift_is_handed_over_read_and_signed_by_two(
    desk: Desk, facility: Organization
) -> None:
    with scope.entered(SYSTEM):
        day = somebody(Post.DUTY_LEADER, at=facility, password=MINE)
        night = somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)

    out = desk(day, "/duty/")
    out.get_by_role("link", name="Handover open since").click()
    out.get_by_label("Keys that should be there").fill("42")
    out.get_by_label("Keys counted and handed over").fill("41")
    out.get_by_label("What the next shift should know").fill("Sleeps badly; look in often.")
    out.get_by_label("Your password").fill(MINE)
    out.get_by_role("button", name="Sign and hand over").click()
    expect(out.get_by_text("Say where the keys are that differ.").first).to_be_visible()
    out.get_by_label("Where the keys are that differ").fill("No. 17 is in the workshop")
    if out.get_by_label("Your password").count():
        out.get_by_label("Your password").fill(MINE)
    out.get_by_role("button", name="Sign and hand over").click()
    expect(out.get_by_text("you stay answerable").first).to_be_visible()
    expect(out.get_by_role("button", name="Sign and take over")).to_have_count(0)

    take = desk(night, "/handover/")
    for tick in take.get_by_role("checkbox", name="I have read:").all()[1:]:
        tick.check()
    take.get_by_role("button", name="Note what I have read").click()
    expect(take.get_by_role("heading", name="Read 1 item, then sign")).to_be_visible()
    expect(take.get_by_role("button", name="Sign and take over")).to_have_count(0)
    take.get_by_text("Ask or remark").click()
    take.get_by_label("Your question or remark").fill("Who sits with them?")
    take.get_by_role("button", name="Note what I have read").click()
    take.get_by_label("Your password").fill(THEIRS)
    take.get_by_role("button", name="Sign and take over").click()
    expect(take.get_by_text("The shift is yours.")).to_be_visible()
    expect(take.get_by_text("Who sits with them?")).to_be_visible()

    with scope.entered(SYSTEM):
        row = Handover.objects.get()
        assert (row.signed_by, row.taken_by) == (day.actor.ref, night.actor.ref)
        assert Entry.objects.filter(kind__in=("handover.signed", "handover.taken")).count() == 2
        assert not Task.objects.filter(rule_id="DUTY-HANDOVER", state="open").exists()
