"""The board, a person's clock, papers and warnings as pages, by Django's client."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.models import Access
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts as known
from custos.foundation.custody.people import services as people
from custos.foundation.documents.models import Issued
from custos.foundation.errors import Conflict
from custos.foundation.limits import law
from custos.foundation.organizations.models import Organization
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.management.timelimits import (
    catalogue,
    commands,
    letters,
    notices,
    queries,
    services,
    showing,
)
from custos.management.timelimits.models import Clock, FormerPapers, Paper, Warning
from custos.management.timelimits.services import GivenPaper
from custos.management.timelimits.tests import worlds
from tests import leaving
from tests.factories import a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in(facility: Organization) -> SignIn:
    def signed_in(post: Post = Post.CASE_OFFICER, kind: StaffKind = StaffKind.OFFICER) -> Client:
        client = Client(headers={"accept-language": "en"})
        acting = somebody(post, kind, at=facility)
        client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


NAMED = {"number": "9号", "authority": "甲东市公安局"}


def _sent(**more: str) -> dict[str, str]:
    day = clock.today() - timedelta(days=10)
    return {"kind": "arrest", "at": day.isoformat(), "document": "D02", **NAMED, **more}


def test_a_paper_is_weighed_before_it_is_kept(stay: Custody, sign_in: SignIn) -> None:
    client = sign_in()
    answer = client.post(reverse("limit_weigh", args=[stay.pk]), _sent())
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Criminal Procedure Law art. 156" in text
    assert not Paper.objects.exists()
    answer = client.post(reverse("limit_paper", args=[stay.pk]), _sent(weigh="1"))
    assert "Criminal Procedure Law art. 156" in answer.content.decode()
    assert not Paper.objects.exists()


def test_a_paper_is_entered_and_the_clock_is_shown(stay: Custody, sign_in: SignIn) -> None:
    client = sign_in()
    answer = client.post(reverse("limit_paper", args=[stay.pk]), _sent())
    assert answer.status_code == 302
    paper = Paper.objects.get()
    assert (paper.type, paper.number, paper.authority) == ("arrest", "9号", "甲东市公安局")
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    last_day = Clock.objects.get(pk=stay.pk).last_day
    assert last_day is not None
    assert last_day.isoformat() in page
    assert "9号" in page


def test_a_clock_says_who_entered_each_paper_a_part_of_the_system_too(
    stay: Custody, sign_in: SignIn
) -> None:
    day = clock.today() - timedelta(days=10)
    event = {"type": "arrest", "at": day.isoformat()}
    services.load_papers([GivenPaper(stay, event, Actor.system("import"), clock.now())])
    client = sign_in()
    officer = client.post(
        reverse("limit_paper", args=[stay.pk]),
        {
            "kind": "permit_issued",
            "at": day.isoformat(),
            "fact_until": clock.today().isoformat(),
            **NAMED,
        },
    )
    assert officer.status_code == 302
    page = client.get(reverse("person_limits", args=[stay.pk]))
    assert page.status_code == 200
    permit = Paper.objects.get(type="permit_issued")
    (name,) = accounts.names_of({permit.recorded_by, "import"}).values()
    assert page.content.decode().count(f"· {name}<") == 1


def test_what_does_not_fit_is_said_at_the_reason(stay: Custody, sign_in: SignIn) -> None:
    worlds.arrested(stay, days_ago=10)
    day = clock.today().isoformat()
    sent = {"kind": "returned_for_investigation", "at": day, **NAMED}
    answer = sign_in().post(reverse("limit_paper", args=[stay.pk]), sent)
    assert answer.status_code == 422
    assert Paper.objects.count() == 1
    assert 'id="id_reason-error"' in answer.content.decode()


def test_a_paper_is_asked_for_its_number_and_issuer(stay: Custody, sign_in: SignIn) -> None:
    client, url = sign_in(), reverse("limit_paper", args=[stay.pk])
    answer = client.post(url, _sent(number="", authority=" "))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"number", "authority"}
    assert not Paper.objects.exists()
    answer = client.post(url, _sent(number="", number_missing="口头通知，文书后补"))
    assert answer.status_code == 302
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "none: 口头通知，文书后补" in page
    url = reverse("limit_correct", args=[Paper.objects.get().pk])
    assert client.post(url, _sent(number="", reason="核对")).status_code == 422


def test_a_late_paper_is_asked_for_its_reason_and_the_time_without_a_document_is_shown(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.ended_here(stay, days_ago=3)
    client, url = sign_in(), reverse("limit_paper", args=[stay.pk])
    shown = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "Held without a document" in shown
    assert "late_reason" in client.get(url, {"type": "extension"}).context["form"].fields
    day = clock.today() - timedelta(days=20)
    sent = {
        "kind": "extension",
        "at": day.isoformat(),
        "fact_months": "1",
        "fact_ground": "complex",
        "fact_approver": "procuratorate_next_higher",
        **NAMED,
    }
    weighed = client.post(reverse("limit_weigh", args=[stay.pk]), sent).content.decode()
    assert "This paper comes after the end" in weighed
    answer = client.post(url, sent)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"late_reason"}
    assert client.post(url, sent | {"late_reason": "邮寄迟到"}).status_code == 302
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "Entered. It waits for a leader&#x27;s decision" in page
    assert "Held without a document" in page
    assert "邮寄迟到" in page
    assert "recorded after the end, by" in page
    prints = reverse("person_limits_print", args=[stay.pk])
    assert "doesn&#x27;tcountuntilthen" in _set_in_lines(client.get(prints).content.decode())
    warning = Warning.objects.get(custody=stay, rule="AL-4", closed_at=None)
    told = [reverse("person_limits", args=[stay.pk]), reverse("person", args=[stay.pk])]
    for place in (*told, reverse("limits"), reverse("limit_warning", args=[warning.pk])):
        said = client.get(place).content.decode()
        assert "A paper waits for a leader's decision" in said, place
        assert "If a leader accepts it: custody during investigation" in said, place
        assert "Now: custody during investigation after arrest, until" in said, place
    leader = sign_in(Post.LEADER)
    url = reverse("limit_warning", args=[warning.pk])
    shown = leader.get(url).content.decode()
    assert "by a leader&#x27;s answer, by release" in shown
    assert 'value="accepted"' in shown
    assert "To the decision" not in shown
    assert "Report to the procuratorate in writing at once" in shown
    assert "Decision, or what is intended" in shown
    assert 'value="accepted"' not in client.get(url).content.decode()
    accepting = {"intention": "accepted", "answer": "已约谈办案单位"}
    assert client.post(url, accepting).status_code == 422
    assert leader.post(url, accepting).status_code == 302
    warning.refresh_from_db()
    assert warning.closed_by == "answer"
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "accepted by a leader" in page
    assert "已约谈办案单位" in page
    assert "A paper waits" not in page
    printed = client.get(prints).content.decode()
    assert "Heldwithoutadocumentherefrom" in _set_in_lines(printed)


def test_the_clock_of_who_is_to_leave_on_a_document_says_so_and_by_when(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.arrested(stay, days_ago=9)
    received = clock.now() - timedelta(minutes=30)
    by = received + timedelta(hours=2)
    Clock.objects.filter(custody=stay).update(leaves_since=received, leaves_by=by)
    client = sign_in()
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "To leave, document received" in page
    assert page.count(f"{received.astimezone(clock.LOCAL):%H:%M}") >= 1
    assert "They must be out by:" in page
    assert "to leave, document received" in client.get(reverse("limits")).content.decode()


def test_papers_that_are_taken_over_after_an_end_that_was_said_here_are_asked_why(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.ended_here(stay, days_ago=3)
    raised = clock.now() - timedelta(days=2)
    Warning.objects.filter(custody=stay, rule="AL-4").update(raised_at=raised)
    waiting = worlds.brought(stay)
    day = clock.today() - timedelta(days=20)
    waiting.papers[0]["event"] = {"type": "prosecution_received", "at": day.isoformat()}
    waiting.save()
    client, page = sign_in(), reverse("person_limits", args=[stay.pk])
    assert 'name="late_reason"' in client.get(page).content.decode()
    url = reverse("limit_former", args=[stay.pk])
    assert "comes late" in client.post(url, follow=True).content.decode()
    assert Paper.objects.filter(custody=stay).count() == 1
    client.post(url, {"late_reason": "档案迟到"})
    assert Paper.objects.get(custody=stay, type="prosecution_received").late_reason == "档案迟到"
    assert Warning.objects.filter(custody=stay, rule="AL-4", closed_at=None).exists()


def test_the_time_from_an_end_to_a_paper_dated_after_it_is_shown_and_printed(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.ended_here(stay, days_ago=3)
    client, url = sign_in(), reverse("limit_paper", args=[stay.pk])
    day = clock.today() - timedelta(days=1)
    sent = {"kind": "released", "at": day.isoformat(), **NAMED}
    assert client.post(url, sent).status_code == 302
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "Held without a document" in page
    assert "dated after the end" in page
    printed = client.get(reverse("person_limits_print", args=[stay.pk])).content.decode()
    assert "thispaperisdatedaftertheend" in _set_in_lines(printed)


def test_a_correction_by_which_a_passed_end_moves_is_asked_for_its_reason(
    stay: Custody, sign_in: SignIn
) -> None:
    arrest = worlds.ended_here(stay, days_ago=3)
    client, url = sign_in(), reverse("limit_correct", args=[arrest.pk])
    context = client.get(url).context
    assert "late_reason" in context["form"].fields
    assert "late_reason" in context["back"].fields
    day = clock.today() - timedelta(days=20)
    sent = _sent(kind="arrest", at=day.isoformat(), reason="日期看错了")
    answer = client.post(url, sent)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"late_reason"}
    assert client.post(url, sent | {"late_reason": "原件迟到"}).status_code == 302
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "Held without a document" in page
    assert "原件迟到" in page


def test_a_paper_that_comes_in_time_is_asked_for_no_reason(stay: Custody, sign_in: SignIn) -> None:
    worlds.arrested(stay, days_ago=10)
    url = reverse("limit_paper", args=[stay.pk])
    assert "late_reason" not in sign_in().get(url, {"type": "extension"}).context["form"].fields


def test_what_is_owed_of_a_stage_before_stays_in_the_list_of_what_is_due(
    stay: Custody, sign_in: SignIn
) -> None:
    """CPL 85, 86: within 24 hours of detention, though the request for arrest is with the prosecutors."""
    officer, now = an_officer(Post.CASE_OFFICER), clock.now().astimezone(clock.LOCAL)
    detained = (now - timedelta(hours=3)).isoformat(timespec="seconds")
    requested = (now - timedelta(hours=1)).isoformat(timespec="seconds")
    services.record_paper(stay.pk, {"type": "criminal_detention", "at": detained}, by=officer)
    services.record_paper(stay.pk, {"type": "arrest_request_received", "at": requested}, by=officer)
    page = sign_in().get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "Family told within 24 hours of detention" in page
    assert "Questioned within 24 hours of detention" in page


def test_without_a_basis_the_board_has_one_sign_and_one_person_is_no_people(
    stay: Custody, sign_in: SignIn
) -> None:
    answer = sign_in().get(reverse("limits"))
    page = answer.content.decode()
    (tile,) = (part for part in page.split('class="tile ') if "?left=none" in part[:80])
    tone, _word = queries.tone_of("no_basis", None, clock.now())
    assert f"state-{tone}" in tile
    assert "tile-over" in tile.split('"')[0]
    assert ">person<" in tile
    assert "1 people" not in strip_tags(page)


def test_every_sort_of_paper_has_its_form(stay: Custody, sign_in: SignIn) -> None:
    client = sign_in()
    for kind in law.events():
        answer = client.get(reverse("limit_paper", args=[stay.pk]), {"type": kind})
        assert answer.status_code == 200, kind


def test_what_stops_no_clock_of_this_stage_is_not_offered_first(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.arrested(stay, days_ago=10)
    answer = sign_in().get(reverse("limit_paper", args=[stay.pk]))
    fits = {one.kind for one in answer.context["fits"]}
    assert {"psychiatric_exam_started", "extension", "new_major_crime", "released"} <= fits
    assert not fits & {"trial_suspended", "file_review_started", "leave_started", "arrest_refused"}
    assert "trial_suspended" in {one.kind for one in answer.context["others"]}


def test_a_paper_is_corrected_and_taken_back(stay: Custody, sign_in: SignIn) -> None:
    paper = worlds.arrested(stay, days_ago=10)
    client = sign_in()
    url = reverse("limit_correct", args=[paper.pk])
    assert 'value="D02" selected' in client.get(url).content.decode()
    answer = client.post(url, _sent(reason="日期看错了", number="10号"))
    assert answer.status_code == 302
    newer = Paper.objects.get(replaces=paper)
    assert newer.number == "10号"
    answer = client.post(
        reverse("limit_correct", args=[newer.pk]),
        {"take_back": "1", "back-reason": "录到他人档案"},
    )
    assert answer.status_code == 302
    assert Clock.objects.get(pk=stay.pk).standing == "no_basis"


def test_the_board_sorts_by_time_left_and_is_noted(
    facility: Organization, stay: Custody, sign_in: SignIn
) -> None:
    cell = stay.cell
    assert cell is not None
    near = a_detainee(in_cell=cell, name="Li Si")
    worlds.arrested(stay, days_ago=10)
    worlds.arrested(near, days_ago=58)
    client = sign_in()
    page = client.get(reverse("limits")).content.decode()
    assert page.index("Li Si") < page.index("王小川")
    noted = Access.objects.filter(purpose="limits.board").values_list("detainees", flat=True)
    assert {one for row in noted for one in row} >= {stay.detainee_id, near.detainee_id}
    week = client.get(reverse("limits"), {"left": "week", "authority": "police"}).content.decode()
    assert "Li Si" in week
    assert "王小川" not in week
    assert "Li Si" not in client.get(reverse("limits"), {"authority": "court"}).content.decode()


def test_the_board_asks_the_same_for_few_and_for_many(
    facility: Organization, sign_in: SignIn
) -> None:
    client, counts = sign_in(), []
    for people_ in (2, 12):
        cell = a_cell(facility=facility, capacity=30)
        for _ in range(people_):
            worlds.arrested(a_detainee(in_cell=cell), days_ago=10)
        client.get(reverse("limits"))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("limits"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_who_is_beyond_the_limit_is_counted(stay: Custody, sign_in: SignIn) -> None:
    worlds.overdue(stay)
    client = sign_in()
    live = client.get(reverse("limits"), headers={"X-Live": "true"}).content.decode()
    assert "Due out and still here" in live
    assert "<html" not in live
    figures = client.get(reverse("limits_statistics")).content.decode()
    assert "Police" in figures
    last_day = Clock.objects.get(pk=stay.pk).last_day
    assert last_day is not None
    page = client.get(reverse("limits_calendar"), {"month": f"{last_day:%Y-%m}"}).content.decode()
    assert f"?day={last_day.isoformat()}" in page
    assert client.get(reverse("limits_calendar"), {"month": "x"}).status_code == 200


def test_a_notice_is_proposed_issued_and_ends_nothing(stay: Custody, sign_in: SignIn) -> None:
    worlds.arrested(stay, days_ago=58)
    officer = an_officer(Post.CASE_OFFICER)
    people.record_fact(stay.pk, known.Charge(code="CL-264", article="刑法 第264条"), by=officer)
    warning = Warning.objects.get(rule="AL-2")
    client = sign_in()
    url = reverse("limit_notice", args=[warning.pk])
    proposed = client.get(url).context["form"].initial
    assert proposed["to"] == "甲东市公安局城关分局"
    assert proposed["limit"] == "侦查羁押期限"
    assert proposed["basis"] == "《逮捕证》（甲公捕字〔2026〕9号）"
    answer = client.post(url, proposed)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Issued.objects.get().code == "D09"
    warning.refresh_from_db()
    assert warning.sent_at
    assert warning.closed_at is None
    page = client.get(reverse("limit_warning", args=[warning.pk])).content.decode()
    assert "限通" in page
    assert "Issue another one" in page


def test_a_second_notice_shows_the_first_and_is_issued_only_with_a_reason(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.arrested(stay, days_ago=58)
    officer = an_officer(Post.CASE_OFFICER)
    people.record_fact(stay.pk, known.Charge(code="CL-264", article="刑法 第264条"), by=officer)
    warning = Warning.objects.get(rule="AL-2")
    client, url = sign_in(), reverse("limit_notice", args=[warning.pk])
    first = client.get(url)
    assert "again" not in first.context["form"].fields
    proposed = first.context["form"].initial
    assert client.post(url, proposed).status_code == 302
    number = Issued.objects.get().number
    page = client.get(url).content.decode()
    assert "This paper was issued already" in page
    assert f"{number}" in page
    again = client.post(url, proposed)
    assert again.status_code == 422
    assert "again" in again.context["form"].errors
    with pytest.raises(Conflict, match="notice_sent"):
        services.send_notice(warning.pk, {}, by=officer, printed_by="x")
    assert Issued.objects.count() == 1
    assert client.post(url, proposed | {"again": "收件单位称未收到"}).status_code == 302
    assert Issued.objects.count() == 2
    (said,) = (
        line
        for line in record.timeline(detainee=stay.detainee_id, kinds=["limit.notice_sent"])
        if getattr(line.payload, "again", "")
    )
    assert "收件单位称未收到" in said.text


LONGER = {
    "type": "extension",
    "months": 1,
    "ground": "complex",
    "approver": "procuratorate_next_higher",
}


def test_the_notice_goes_to_whoever_has_the_case_and_not_to_who_approved_the_extension(
    stay: Custody,
) -> None:
    """SPP 615: 向办案机关发出; copied to the resident prosecutor."""
    officer = an_officer(Post.CASE_OFFICER)
    paper = worlds.arrested(stay, days_ago=86)
    day = paper.happened_on + timedelta(days=50)
    services.record_paper(
        stay.pk,
        LONGER | {"at": day.isoformat()},
        by=officer,
        number="甲检延〔2026〕3号",
        authority="甲东市人民检察院",
    )
    permit = {"type": "permit_issued", "at": clock.today().isoformat()}
    services.record_paper(
        stay.pk,
        permit | {"until": clock.today().isoformat()},
        by=officer,
        number="甲提1号",
        authority="甲东市看守所",
    )
    warning = queries.warning(Warning.objects.get(rule="AL-2").pk)
    person = custody.person(stay.pk)
    given = letters.proposed(warning, person)
    assert given["to"] == "甲东市公安局城关分局"
    assert given["basis"] == "法律文书（甲检延〔2026〕3号）"
    assert given["copy_to"] == f"驻{person.facility}检察室"
    # Whoever the file names as having the case goes before.
    people.record_fact(
        stay.pk, known.Authority(kind="police", name="甲东市公安局刑侦支队"), by=officer
    )
    assert letters.proposed(warning, person)["to"] == "甲东市公安局刑侦支队"


def test_a_notice_says_since_when_on_which_paper_and_until_which_hour(stay: Custody) -> None:
    """A detention of hours ends at its hour; the first day of custody isn't that of the last paper."""
    begun = clock.now().astimezone(clock.LOCAL) - timedelta(days=6)
    begun = begun.replace(hour=9, minute=30, second=0, microsecond=0)
    # Late on the evening before it ends, whatever hour it is now.
    with clock.set_to(begun + timedelta(days=6, hours=14, minutes=29)):
        officer = an_officer(Post.CASE_OFFICER)
        detained = {"type": "criminal_detention", "at": begun.isoformat(), "document": "D01"}
        services.record_paper(
            stay.pk, detained, by=officer, number="甲拘1号", authority="甲东市公安局城关分局"
        )
        on = begun + timedelta(days=2)
        longer = {"type": "extension", "at": on.isoformat(), "days": 4, "ground": "other"}
        longer |= {"approver": "county_police_head"}
        services.record_paper(
            stay.pk, longer, by=officer, number="甲延1号", authority="甲东市公安局"
        )
        near = Warning.objects.get(custody=stay, kind="limit.near")
        warning = queries.warning(near.pk)
        person = custody.person(stay.pk)
        given = letters.proposed(warning, person)
        paper = letters.said(warning, person, given | {"charge": "涉嫌盗窃"})
    assert given["to"] == "甲东市公安局城关分局"
    assert given["basis"] == "法律文书（甲延1号）"
    assert paper["began_on"] == begun.date()
    assert paper["ends_on"] == (begun + timedelta(days=7)).date()
    assert paper["ends_hour"] == "9时30分"


def test_nothing_is_announced_that_has_ended(stay: Custody) -> None:
    worlds.arrested(stay, days_ago=58)
    warning = Warning.objects.get(rule="AL-2")
    assert warning.due_at is not None
    with clock.set_to(warning.due_at), pytest.raises(Conflict, match="notice_too_late"):
        services.send_notice(warning.pk, {}, by=an_officer(Post.CASE_OFFICER), printed_by="x")


def test_the_report_is_issued_by_a_leader_alone(stay: Custody, sign_in: SignIn) -> None:
    _paper, warning = worlds.overdue(stay)
    url = reverse("limit_notice", args=[warning.pk])
    typed = {
        "to": "甲东市人民检察院", "charge": "盗窃", "basis": "9号逮捕证", "limit": "侦查羁押期限",
        "article": "刑事诉讼法 第156条", "authority": "甲东市公安局城关分局", "done": "已电话催告",
    }  # fmt: skip
    assert sign_in(Post.CASE_OFFICER).post(url, typed).status_code == 422
    assert sign_in(Post.LEADER).post(url, typed).status_code == 302
    assert Issued.objects.get().code == "D10"


def test_an_answer_is_kept_and_the_warning_goes_on(stay: Custody, sign_in: SignIn) -> None:
    _paper, warning = worlds.overdue(stay)
    url = reverse("limit_warning", args=[warning.pk])
    client = sign_in(Post.LEADER)
    assert client.post(url, {"intention": "extend", "answer": ""}).status_code == 422
    answer = client.post(url, {"intention": "release", "answer": "办案单位今日释放"})
    assert answer.status_code == 302
    warning.refresh_from_db()
    assert (warning.intention, warning.closed_at) == ("release", None)
    listed = client.get(reverse("limit_warnings")).content.decode()
    assert "The limit has ended and the person is still held" in listed


def _set_in_lines(page: str) -> str:
    """What a paper says, whatever its lines and sheets."""
    lines = re.findall(r'class="sheet-line">(.*?)</p>', page, re.DOTALL)
    return "".join(strip_tags("".join(lines)).split())


def test_the_explanation_on_paper_names_every_date_and_its_source(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.arrested(stay, days_ago=10)
    page = sign_in().get(reverse("person_limits_print", args=[stay.pk])).content.decode()
    assert "CriminalProcedureLawart.156" in _set_in_lines(page)


@pytest.mark.parametrize(
    ("days_ago", "says"),
    [
        (10, "Before that the handling authority (Police) must extend the limit by law"),
        (92, "The handling authority (Police) must release the person or change the measure now"),
    ],
)
def test_the_clock_and_its_explanation_begin_with_what_must_be_done_and_by_when(
    stay: Custody, sign_in: SignIn, days_ago: int, says: str
) -> None:
    worlds.arrested(stay, days_ago=days_ago)
    client = sign_in()
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert says in page
    assert page.index(says) < page.index("Criminal Procedure Law art. 156")
    paper = client.get(reverse("person_limits_print", args=[stay.pk])).content.decode()
    assert "".join(says.split()) in _set_in_lines(paper)


def test_a_stay_without_papers_says_so_once(stay: Custody, sign_in: SignIn) -> None:
    page = sign_in().get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert page.count("No legal paper of this stay is known") == 1
    assert "A paper was left out of the computation" not in page


def test_the_last_day_of_a_detention_is_said_to_be_that_of_release(
    stay: Custody, sign_in: SignIn
) -> None:
    day = (clock.today() - timedelta(days=2)).isoformat()
    event = {"type": "administrative_detention", "at": day, "days": 10}
    services.record_paper(stay.pk, event, by=an_officer(Post.CASE_OFFICER))
    page = sign_in().get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "On that day the person leaves, unless another paper holds them." in page


def test_a_warning_says_what_has_to_be_done_and_whom_it_is_for(
    stay: Custody, sign_in: SignIn
) -> None:
    _paper, warning = worlds.overdue(stay)
    client = sign_in(Post.LEADER)
    page = client.get(reverse("limit_warning", args=[warning.pk])).content.decode()
    assert "Report to the procuratorate in writing at once" in page
    assert "leader, handling authority, resident prosecutor, the person, lawyer" in page
    assert "Regulations on Detention Centres art. 43" in page
    leaving.left(stay)
    page = client.get(reverse("limit_warning", args=[warning.pk])).content.decode()
    assert "Report to the procuratorate in writing at once" not in page


def test_every_warning_says_in_both_languages_what_to_do_for_whom_and_by_which_law() -> None:
    for rule in catalogue.rules().warnings:
        assert rule.todo.zh.endswith("。")
        assert rule.todo.en.endswith(".")
        assert law.english(rule.source)
        assert set(rule.to) <= set(showing.WHO), rule.id


def test_what_lets_a_clock_go_on_is_offered_where_it_stands_still(
    stay: Custody, sign_in: SignIn
) -> None:
    worlds.arrested(stay, days_ago=10)
    client, url = sign_in(), reverse("limit_paper", args=[stay.pk])
    exam = {"psychiatric_exam_started", "psychiatric_exam_ended"}

    def offered() -> set[str]:
        return {one.kind for one in client.get(url).context["fits"]} & exam

    assert offered() == {"psychiatric_exam_started"}
    event = {"type": "psychiatric_exam_started", "at": clock.today().isoformat()}
    services.record_paper(stay.pk, event, by=an_officer(Post.CASE_OFFICER))
    assert offered() == {"psychiatric_exam_ended"}


def test_the_file_shows_the_next_limit_at_its_head(stay: Custody, sign_in: SignIn) -> None:
    worlds.arrested(stay, days_ago=10)
    page = sign_in().get(reverse("person", args=[stay.pk])).content.decode()
    assert reverse("person_limits", args=[stay.pk]) in page
    assert "next-limit" in page


def test_a_draft_of_the_law_is_compared_over_everybody_held(stay: Custody, tmp_path: Path) -> None:
    worlds.arrested(stay, days_ago=10)
    text = (law.RULES / "stages.yaml").read_text(encoding="utf-8")
    old = "limit: {months: 2}\n    readings: [SPC-202, HX2006-4]"
    assert old in text
    (tmp_path / "stages.yaml").write_text(text.replace(old, old.replace("2}", "3}")), "utf-8")
    (line,) = commands.compare(tmp_path)
    changed = json.loads(line)
    assert changed["id"] == str(stay.pk)
    assert changed["now"]["stages"][0]["due_at"] < changed["draft"]["stages"][0]["due_at"]
    assert list(commands.recompute()) == ["1 clock computed, 0 changed"]


PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_scans_of_a_paper_are_kept_with_its_entry(stay: Custody, sign_in: SignIn) -> None:
    client = sign_in()
    scans = [SimpleUploadedFile("逮捕证.pdf", PDF), SimpleUploadedFile("背面.pdf", PDF + b"2")]
    answer = client.post(reverse("limit_paper", args=[stay.pk]), {**_sent(), "scans": scans})
    assert answer.status_code == 302
    paper = Paper.objects.get()
    assert record.file_counts([paper.entry_id]) == {paper.entry_id: 2}
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert reverse("entry_files", args=[paper.entry_id]) in page
    files = client.get(reverse("entry_files", args=[paper.entry_id])).content.decode()
    assert "逮捕证.pdf" in files


def test_a_scan_that_is_neither_picture_nor_pdf_is_refused_at_its_field(
    stay: Custody, sign_in: SignIn
) -> None:
    wrong = {**_sent(), "scans": SimpleUploadedFile("逮捕证.pdf", b"MZ\x90\x00")}
    answer = sign_in().post(reverse("limit_paper", args=[stay.pk]), wrong)
    assert answer.status_code == 422
    assert answer.context["form"].errors["scans"]
    assert not Paper.objects.exists()


def test_a_warning_stands_in_the_bell_of_those_whom_it_names(
    stay: Custody, sign_in: SignIn, facility: Organization
) -> None:
    _paper, over = worlds.overdue(stay)
    near = a_detainee(in_cell=stay.cell) if stay.cell else stay
    worlds.arrested(near, days_ago=58)
    warning = Warning.objects.get(rule="AL-2")

    def told(post: Post, at: Organization) -> set[str]:
        return {notice.key.split(":")[1] for notice in notices.warnings(somebody(post, at=at))}

    # AL-2 names the resident prosecutor, AL-4 the leader too, who has its task before them already.
    assert told(Post.RESIDENT_PROSECUTOR, facility) == {str(warning.pk), str(over.pk)}
    assert told(Post.LEADER, facility) == set()
    assert told(Post.PATROL, facility) == set()
    assert told(Post.RESIDENT_PROSECUTOR, a_facility()) == set()
    assert str(warning.pk) in sign_in(Post.RESIDENT_PROSECUTOR).get("/bell/").content.decode()
    leaving.left(stay)
    leaving.left(near)
    assert told(Post.RESIDENT_PROSECUTOR, facility) == set()


def test_papers_of_the_former_facility_are_taken_over_by_a_button(
    stay: Custody, sign_in: SignIn
) -> None:
    day = clock.today() - timedelta(days=10)
    FormerPapers.objects.create(
        custody=stay,
        organization_id=stay.organization_id,
        former_id=stay.pk,
        facility="乙市看守所",
        number="B1",
        papers=[
            {
                "event": {"type": "arrest", "at": day.isoformat()},
                "number": "乙捕1号",
                "authority": "乙市公安局",
            }
        ],
        offered_at=clock.now(),
        entry_id=stay.pk,
    )
    client = sign_in()
    page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
    assert "乙市看守所" in page
    assert "乙捕1号" in page
    url = reverse("limit_former", args=[stay.pk])
    assert sign_in(Post.PATROL).post(url).status_code == 403
    assert client.post(url).status_code == 302
    assert Clock.objects.get(pk=stay.pk).standing == "running"
    assert url not in client.get(reverse("person_limits", args=[stay.pk])).content.decode()


def test_a_clock_that_cannot_be_watched_is_named_on_the_operations_page(
    stay: Custody, sign_in: SignIn
) -> None:
    client = sign_in(Post.SYSTEM_ADMIN)
    worlds.arrested(stay, days_ago=10)
    page = client.get(reverse("operations"))
    assert str(stay.pk) not in page.content.decode()
    Clock.objects.filter(pk=stay.pk).update(failing_since=clock.now())
    shown = client.get(reverse("operations")).content.decode()
    assert str(stay.pk) in shown
    assert stay.detainee.name not in shown
