"""A month in a browser: proposed and published by a leader; a shift is swapped by two and approved."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.prevention.duty.roster import services
from custos.prevention.duty.roster.tests.worlds import DAY, Planning
from tests import browsers, house
from tests.factories import SYSTEM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

Desk = Callable[[Acting, str], Page]


@pytest.fixture
def world(live_site: str) -> Planning:
    with scope.entered(SYSTEM):
        return Planning()


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


def test_a_month_is_proposed_and_published_and_a_shift_is_swapped(
    desk: Desk, world: Planning
) -> None:
    plan = desk(world.leader, f"/roster/?month={world.month:%Y-%m}")
    plan.get_by_role("button", name="Plan this month").click()
    expect(plan.get_by_text("Nobody is told before you publish.")).to_be_visible()
    plan.get_by_role("button", name="Have a proposal made").click()
    with scope.entered(SYSTEM):
        draft = world.draft()
        assert draft.asked_at is not None
    services.run_proposal(draft.pk, work=2)  # as the worker does
    plan.reload()
    expect(plan.get_by_text("The proposal changes")).to_be_visible()
    plan.get_by_role("button", name="Publish the roster").click()
    plan.get_by_role("dialog").get_by_role("button", name="Publish the roster").click()
    expect(plan.get_by_text("Everybody whose shifts it changes is told.")).to_be_visible()

    with scope.entered(SYSTEM):
        asks, takes = world.crew(1)[1], world.crew(2)[1]
        takes.staff.name = "Li Hua"
        takes.staff.save(update_fields=["name"])
        gives = next(line for line in world.lines(asks) if line.turn == DAY)
    mine = desk(asks, f"/my-duty/swap/{gives.day}/{gives.turn}/")
    mine.get_by_role("link", name="Li Hua").click()
    mine.get_by_label("Reason").fill("School meeting.")
    mine.get_by_role("button", name="Ask for the swap").click()
    expect(mine.get_by_text("It is in the roster once a leader has approved.")).to_be_visible()

    theirs = desk(takes, "/my-duty/")
    theirs.get_by_role("button", name="Agree to the swap").click()
    expect(theirs.get_by_text("waits for a leader")).to_be_visible()

    leads = desk(world.leader, "/roster/swaps/")
    leads.get_by_role("button", name="Approve the swap").click()
    expect(leads.get_by_text("Approved; the roster has it.")).to_be_visible()
    with scope.entered(SYSTEM):
        assert gives not in world.lines(asks)
        assert (gives.day, DAY) in {(line.day, line.turn) for line in world.lines(takes)}
        kinds = Entry.objects.filter(kind__startswith="roster.").values_list("kind", flat=True)
        assert {"roster.published", "roster.swap_decided"} <= set(kinds)
