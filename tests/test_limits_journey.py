"""An officer enters the papers of a whole case, from detention to sentence; reads dates and reasons.

Expected dates are reckoned by hand from the articles that each line names.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.management.timelimits.models import Clock, Paper
from tests import browsers, house
from tests.factories import SYSTEM, a_cell, a_detainee, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

#: Each paper: its sort, what is typed and chosen, and what the page says before it is kept.
CASE: list[tuple[str, dict[str, str], dict[str, str], str, str]] = [
    # Detained 10 March 9:30, gang crime: 30 days of 24 hours end on 9 April 9:30 (CPL 91, HX2006 4).
    ("criminal_detention", {"Date": "2024-03-10", "Time": "09:30"},
     {"Sort of case": "up_to_30_days"}, "last day 2024-04-09", "Criminal Procedure Law art. 91"),
    # Asked on the 30th day: seven days from receipt, 37 in all (CPL 91).
    ("arrest_request_received", {"Date": "2024-04-09"}, {}, "last day 2024-04-16",
     "Criminal Procedure Law art. 91"),
    # Two months from the arrest (CPL 156), and one more by the next higher procuratorate.
    ("arrest", {"Date": "2024-04-15"}, {}, "last day 2024-06-15",
     "Criminal Procedure Law art. 156"),
    ("extension", {"Date": "2024-06-05", "Months": "1"},
     {"Ground": "complex", "Approved by": "procuratorate_next_higher"}, "last day 2024-07-15",
     "1 month more"),
    # Review for prosecution: one month (CPL 172).
    ("prosecution_received", {"Date": "2024-07-10"}, {}, "last day 2024-08-10",
     "Criminal Procedure Law art. 172"),
    # First instance: two months (CPL 208).
    ("trial_accepted", {"Date": "2024-08-08"}, {"Procedure": "ordinary"}, "last day 2024-10-08",
     "Criminal Procedure Law art. 208"),
    # An appeal may be filed for ten days (CPL 230).
    ("judgment_received", {"Date": "2024-09-20"}, {"Judgment or ruling": "judgment"},
     "last day 2024-09-30", "Criminal Procedure Law art. 230"),
    # Ten months from 10 March 2024 end on 9 January 2025 (CL 47; SPC 202).
    ("judgment_effective", {"Date": "2024-10-01"}, {}, "", ""),
    ("sentence", {"Date": "2024-10-01", "First day of the term": "2024-03-10", "Months": "10"},
     {"Sort of sentence": "fixed_term"}, "", ""),
    ("execution_notice_received", {"Date": "2024-10-10"}, {}, "last day 2025-01-09", ""),
]  # fmt: skip


def _enter(
    page: Page,
    stay: str,
    kind: str,
    typed: dict[str, str],
    chosen: dict[str, str],
    says: str,
    why: str,
) -> None:
    page.goto(f"/people/{stay}/limits/papers/?type={kind}")
    for label, code in chosen.items():
        page.get_by_label(label, exact=False).first.select_option(code)
    named = {"Number of the paper": f"甲字{kind}号", "Issued by": "甲东市办案机关"}
    for label, value in (typed | named).items():
        page.get_by_label(label, exact=False).first.fill(value)
    weighed = page.locator("#weighed")
    expect(weighed.get_by_text("With this paper")).to_be_visible()
    for words in (says, why):
        if words:
            expect(weighed.get_by_text(words).last).to_be_visible()
    page.get_by_role("button", name="Enter this paper").click()
    expect(page.get_by_text("Entered. The clock was computed with it.")).to_be_visible()


def test_the_papers_of_a_whole_case_give_the_right_dates_and_reasons(
    browser: Browser, live_site: str
) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell()
        stay = a_detainee(in_cell=cell)
        cookie = house.cookie_of(somebody(Post.CASE_OFFICER, at=cell.organization))
    context = browser.new_context(base_url=live_site, locale="en-US")
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
    page = context.new_page()
    for kind, typed, chosen, says, why in CASE:
        _enter(page, str(stay.pk), kind, typed, chosen, says, why)
    shown = page.get_by_label("Facts")
    expect(shown.get_by_text("2025-01-09", exact=True)).to_be_visible()
    expect(page.locator("ol.stages > li")).to_have_count(8)
    with scope.entered(SYSTEM):
        assert Paper.objects.filter(custody=stay).count() == len(CASE)
        assert Clock.objects.get(pk=stay.pk).state == "S81"
    context.close()
