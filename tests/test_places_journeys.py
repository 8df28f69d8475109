"""Officers move, count and let people out, in a browser: what they see, and what is on the record."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Absence, Count
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests import browsers, house
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

Desk = Callable[[Post], Page]


@pytest.fixture
def cells(live_site: str) -> list[Cell]:
    with scope.entered(SYSTEM):
        facility = a_facility()
        return [a_cell(facility=facility) for _ in range(3)]


@pytest.fixture
def desk(browser: Browser, live_site: str, cells: list[Cell]) -> Desk:
    def at(post: Post) -> Page:
        with scope.entered(SYSTEM):
            acting = somebody(post, at=cells[0].organization)
            cookie = house.cookie_of(acting)
        context = browser.new_context(base_url=live_site, locale="en-US")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
        return context.new_page()

    return at


def test_a_move_to_a_codefendant_is_blocked_and_another_cell_is_taken(
    desk: Desk, cells: list[Cell]
) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cells[0], name="Wang Wei")
        worlds.apart(stay, a_detainee(in_cell=cells[1], name="Li Wei"))
    page = desk(Post.CASE_OFFICER)
    page.goto(f"/people/{stay.pk}/")
    page.get_by_role("link", name="Move to another cell").click()
    expect(page.get_by_role("heading", name="Kept apart from")).to_be_visible()
    page.get_by_role("link", name=cells[1].name, exact=True).click()
    decide = page.locator("#decide")
    expect(decide.get_by_text("Co-defendants are held apart")).to_be_visible()
    expect(decide.get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name=cells[2].name, exact=True).click()
    page.get_by_label("Reason").fill("Quarrel at night")
    page.get_by_role("button", name=f"Move to cell {cells[2].name}").click()
    expect(page.get_by_text(f"To cell {cells[2].name}: Quarrel at night")).to_be_visible()
    with scope.entered(SYSTEM):
        assert Custody.objects.get(pk=stay.pk).cell_id == cells[2].pk
        assert Entry.objects.filter(kind="placing.considered", custody_id=stay.pk).exists()


def test_a_count_with_a_mismatch_is_counted_again_and_calls_the_duty_leader(
    desk: Desk, cells: list[Cell]
) -> None:
    with scope.entered(SYSTEM):
        for _ in range(2):
            a_detainee(in_cell=cells[0])
    one, other, leader = (desk(post) for post in (Post.PATROL, Post.PATROL, Post.DUTY_LEADER))
    one.goto("/roll/")
    one.get_by_role("button", name="Begin the count").click()

    def say(page: Page, *numbers: int) -> None:
        for box, number in zip(page.get_by_role("spinbutton").all(), numbers, strict=True):
            box.fill(str(number))
        page.get_by_role("button", name="Say these numbers").click()
        expect(page.get_by_text("Your numbers are on the record.")).to_be_visible()

    say(one, 1, 0, 0)
    expect(one.get_by_text("The other one still counts")).to_be_visible()
    other.goto(one.url)
    say(other, 1, 0, 0)
    expect(other.get_by_text("to be counted again")).to_be_visible()
    say(other, 1)
    one.reload()
    say(one, 1)
    expect(one.get_by_role("cell", name="doesn't agree")).to_have_count(1)
    leader.goto("/duty/")
    expect(leader.get_by_text("Count doesn't agree with the roll").first).to_be_visible()
    leader.goto(one.url)
    leader.get_by_label("Reason").fill("With the doctor, not written down")
    leader.get_by_role("button", name="Explain the mismatch").click()
    expect(leader.get_by_text("explained", exact=True)).to_be_visible()
    with scope.entered(SYSTEM):
        assert Count.objects.get().state == "explained"


def test_somebody_goes_to_court_and_comes_back_and_the_board_says_so(
    desk: Desk, cells: list[Cell]
) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cells[0], name="Wang Wei")
    page, board = desk(Post.INTERROGATION), desk(Post.DUTY_LEADER)
    board.goto("/movements/")
    page.goto(f"/people/{stay.pk}/")
    page.get_by_role("link", name="Plan an absence").click()
    page.get_by_label("Where to").fill("District court")
    page.get_by_label("Document and its number").fill("No. 7")
    page.get_by_role("button", name="Plan the absence").click()
    page.get_by_label("With whom").fill("Zhao, Qian")
    page.get_by_label("Condition").fill("well")
    page.get_by_role("button", name="Record the departure").click()
    expect(page.get_by_role("row").filter(has_text="Wang Wei")).to_contain_text("outside")
    expect(board.get_by_role("row").filter(has_text="Wang Wei")).to_contain_text("outside")
    expect(board.get_by_role("heading", name="Out and back")).to_have_count(1)
    page.get_by_role("link", name="Wang Wei").click()
    page.get_by_label("No", exact=True).check()
    page.get_by_label("Condition").fill("tired, unharmed")
    page.get_by_role("button", name="Record the return").click()
    expect(page.get_by_text("Nobody is out")).to_be_visible()
    with scope.entered(SYSTEM):
        assert Absence.objects.get().back_at is not None
