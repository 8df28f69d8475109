"""Somebody leaves for good, in a browser: by two officers; and not while a second warrant holds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.models import Release
from tests import browsers, house, leaving
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
Desk = Callable[[Acting], Page]


@pytest.fixture
def facility(live_site: str) -> Organization:
    with scope.entered(SYSTEM):
        return a_facility()


@pytest.fixture
def stay(facility: Organization) -> Custody:
    with scope.entered(SYSTEM):
        return a_detainee(in_cell=a_cell(facility=facility), name="Wang Wei")


@pytest.fixture
def desk(browser: Browser, live_site: str) -> Desk:
    def at(acting: Acting) -> Page:
        with scope.entered(SYSTEM):
            cookie = house.cookie_of(acting)
        context = browser.new_context(base_url=live_site, locale="en-US")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
        return context.new_page()

    return at


def _officer(facility: Organization, post: Post, password: str = MINE) -> Acting:
    with scope.entered(SYSTEM):
        return somebody(post, at=facility, password=password)


def test_a_document_comes_two_compare_and_two_officers_let_somebody_leave(
    desk: Desk, facility: Organization, stay: Custody
) -> None:
    officer, leader = (
        _officer(facility, Post.ADMISSION),
        _officer(facility, Post.DUTY_LEADER, THEIRS),
    )
    page = desk(officer)
    page.goto(f"/people/{stay.pk}/")
    page.get_by_role("link", name="Release gate").click()
    page.get_by_label("Way out").first.select_option(label="Release before a judgment")
    page.get_by_label("Number of the document").fill("No. 3")
    page.get_by_label("Issued by").fill("County police")
    page.get_by_label("Name on the document").fill("Wang Wei")
    page.get_by_label("Numbers of the warrants").fill(stay.basis_number)
    page.get_by_label("It bears the seal").check()
    page.get_by_label("Sex, birth and the other particulars").check()
    page.get_by_role("button", name="Record the document").click()
    forbids = page.locator("#forbids")
    expect(forbids.get_by_role("listitem")).to_have_count(2)
    page.get_by_label("Where, and that nothing else").fill("Wanted notices: none")
    page.get_by_role("button", name="Record the search").click()
    for one in (page, desk(leader)):
        one.goto(page.url)
        one.get_by_text("I have compared the person").click()
        one.get_by_label("With what").fill("Photo, scar on the left hand")
        one.get_by_role("button", name="Record the comparison").click()
        expect(one.get_by_text("The entry is on the record.")).to_be_visible()
    page.reload()
    expect(forbids.get_by_text("Everything has been looked at")).to_be_visible()
    page.get_by_role("button", name="Let the person leave").click()
    page.get_by_label("What becomes of what isn't ready").fill("Sent on")
    own = page.get_by_label("Your password")
    if own.count():
        own.fill(MINE)
    page.get_by_text("The second person is here at this desk").click()
    page.get_by_label("Second person's user name").fill(leader.user.username)
    page.get_by_label("Second person's password").fill(THEIRS)
    page.get_by_role("button", name="End the stay").click()
    expect(page.get_by_text("The stay has ended.")).to_be_visible()
    expect(page.get_by_role("link", name="Certificate of release")).to_be_visible()
    with scope.entered(SYSTEM):
        entry = Entry.objects.get(custody_id=stay.pk, kind="custody.released")
        assert (entry.by_ref, entry.second_ref) == (str(officer.staff.pk), str(leader.staff.pk))
        stay.refresh_from_db()
        assert stay.cell_id is None


def test_a_release_is_refused_to_everybody_while_a_second_warrant_holds(
    desk: Desk, facility: Organization, stay: Custody
) -> None:
    with scope.entered(SYSTEM):
        case = leaving.checked(leaving.received(stay))
        warrant = facts.Basis(kind="arrest_warrant", number="Arrest 12", issuer="Other county")
        people.record_fact(stay.pk, warrant, by=an_officer(Post.INTERROGATION))
    page = desk(_officer(facility, Post.LEADER))
    page.goto(f"/releases/{case.pk}/")
    (only,) = page.locator("#forbids").get_by_role("listitem").all()
    expect(only).to_contain_text("Another warrant or hold is still in force")
    expect(only).to_contain_text("Arrest 12")
    held = page.get_by_role("row").filter(has_text="Arrest 12")
    expect(held).to_contain_text("holds the person")
    expect(page.get_by_text("Nobody can confirm it while something forbids it.")).to_be_visible()
    expect(page.get_by_role("button", name="Let the person leave")).to_have_count(0)
    with scope.entered(SYSTEM):
        stay.refresh_from_db()
        assert stay.ended_at is None
        assert Release.objects.get(pk=case.pk).outcome == ""
