"""Legal papers over the API: their scans, and those of a former facility."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from custos.foundation import clock
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.parties import Post, StaffKind
from custos.management.timelimits.models import Clock, Paper
from custos.management.timelimits.tests import worlds
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility
from tests.programs import Program, a_program

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = {"number": "甲公捕字〔2026〕9号", "authority": "甲东市公安局", "document": "D02"}


@pytest.fixture
def stay() -> Custody:
    with scope.entered(SYSTEM):
        return a_detainee(in_cell=a_cell(facility=a_facility()))


@pytest.fixture
def program(stay: Custody) -> Program:
    with scope.entered(SYSTEM):
        return a_program(Post.CASE_OFFICER, at=stay.organization)


def a_scan() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


def sent(program: Program) -> dict[str, str]:
    answer = program.post("/files?name=scan.png", a_scan(), Content_Type="image/png")
    found: dict[str, str] = answer.json()
    return found


def test_a_scan_is_kept_with_the_paper_that_names_it_and_with_no_other(
    program: Program, stay: Custody
) -> None:
    path, scan = f"/people/{stay.pk}/legal-papers", sent(program)
    arrest = LIMIT | {"type": "arrest", "at": clock.today().isoformat()}
    weighed = program.post(f"{path}/weigh", arrest)
    assert weighed.status_code == 200, weighed.content
    made = program.post(path, arrest | {"files": [scan["id"]]})
    assert made.status_code == 201, made.content
    (paper,) = program.get(path).json()
    assert paper["scans"] == 1
    fetched = program.get(f"/entries/{paper['entry_id']}/attachments/{scan['sha256']}")
    assert fetched.content.startswith(b"\x89PNG")
    again = program.post(path, arrest | {"files": [scan["id"]], "reason": "x"})
    assert again.status_code == 404, "a file is named once"
    with scope.entered(SYSTEM):
        assert Paper.objects.filter(custody=stay).count() == 1


def test_a_scan_that_was_forgotten_comes_with_a_correction(program: Program, stay: Custody) -> None:
    with scope.entered(SYSTEM):
        paper = worlds.arrested(stay, days_ago=3)
    fact = LIMIT | {"type": "arrest", "at": paper.happened_on.isoformat()}
    body = {"fact": fact | {"files": [sent(program)["id"]]}, "reason": "x"}
    assert program.post(f"/legal-papers/{paper.pk}/correct", body).status_code == 201
    shown = program.get(f"/people/{stay.pk}/legal-papers").json()
    assert [(one["counts"], one["scans"]) for one in shown] == [(False, 0), (True, 1)]


def test_a_paper_that_is_refused_leaves_its_scan_to_be_named(
    program: Program, stay: Custody
) -> None:
    path, scan = f"/people/{stay.pk}/legal-papers", sent(program)
    wrong = LIMIT | {"type": "arrest", "at": "2999-01-01", "files": [scan["id"]]}
    assert program.post(path, wrong).status_code == 422
    right = wrong | {"at": clock.today().isoformat()}
    assert program.post(path, right).status_code == 201


def test_a_paper_names_its_number_and_issuer_or_why_it_bears_none(
    program: Program, stay: Custody
) -> None:
    path = f"/people/{stay.pk}/legal-papers"
    arrest = {"type": "arrest", "at": clock.today().isoformat()}
    answer = program.post(path, arrest)
    assert answer.status_code == 422
    assert answer.json()["code"] == "timelimits.number_missing"
    assert answer.json()["errors"][0]["pointer"] == "/number"
    answer = program.post(path, arrest | {"number": "9号"})
    assert answer.json()["code"] == "timelimits.authority_missing"
    without = arrest | {"authority": "甲东市公安局", "number_missing": "传真件，未编号"}
    assert program.post(path, without).status_code == 201
    (paper,) = program.get(path).json()
    assert (paper["number"], paper["number_missing"]) == ("", "传真件，未编号")


def test_a_paper_of_before_an_end_that_has_passed_says_over_the_api_why_it_comes_late(
    program: Program, stay: Custody
) -> None:
    path = f"/people/{stay.pk}/legal-papers"
    with scope.entered(SYSTEM):
        worlds.ended_here(stay, days_ago=3)
    day = clock.today() - timedelta(days=10)
    longer = LIMIT | {"type": "extension", "at": day.isoformat(), "document": "D05"}
    longer |= {"fields": {"months": 1, "ground": "complex", "approver": "procuratorate_province"}}
    answer = program.post(path, longer)
    assert answer.status_code == 409, answer.content
    assert answer.json()["code"] == "timelimits.recorded_late"
    assert answer.json()["errors"][0]["pointer"] == "/late_reason"
    made = program.post(path, longer | {"late_reason": "邮寄迟到"})
    assert made.status_code == 201, made.content
    paper = next(one for one in program.get(path).json() if one["type"] == "extension")
    assert paper["limit_ended_at"]
    assert paper["late_reason"] == "邮寄迟到"


def test_a_correction_by_which_a_passed_end_moves_says_over_the_api_why_it_comes_late(
    program: Program, stay: Custody
) -> None:
    with scope.entered(SYSTEM):
        arrest = worlds.ended_here(stay, days_ago=3)
    day = clock.today() - timedelta(days=20)
    body = {"fact": LIMIT | {"type": "arrest", "at": day.isoformat()}, "reason": "日期看错了"}
    answer = program.post(f"/legal-papers/{arrest.pk}/correct", body)
    assert answer.status_code == 409, answer.content
    assert answer.json()["code"] == "timelimits.recorded_late"
    assert answer.json()["errors"][0]["pointer"] == "/late_reason"
    said = body | {"late_reason": "原件迟到"}
    assert program.post(f"/legal-papers/{arrest.pk}/correct", said).status_code == 201
    papers = program.get(f"/people/{stay.pk}/legal-papers").json()
    (paper,) = [one for one in papers if one["corrects"] == str(arrest.pk)]
    assert (paper["counts"], paper["waits"], paper["accepted"]) == (False, True, None)
    assert paper["limit_ended_at"]
    assert paper["late_reason"] == "原件迟到"


def test_papers_of_the_former_facility_are_taken_over_once(program: Program, stay: Custody) -> None:
    path = f"/people/{stay.pk}/former-papers"
    assert program.get(path).status_code == 404
    assert program.post(f"{path}/take-over", {}).status_code == 409
    with scope.entered(SYSTEM):
        worlds.brought(stay)
    waiting = program.get(path).json()
    assert (waiting["facility"], waiting["number"]) == ("甲西市看守所", "S9")
    assert program.post(f"{path}/take-over", {"late_reason": 1}).status_code == 422
    assert [(one["type"], one["number"]) for one in waiting["papers"]] == [
        ("criminal_detention", "甲公拘字〔2026〕3号")
    ]
    taken = program.post(f"{path}/take-over", {})
    assert taken.status_code == 201, taken.content
    assert [one["state"] for one in taken.json()["stages"]] == ["S10"]
    assert program.get(path).status_code == 404
    assert program.post(f"{path}/take-over", {}).status_code == 409
    with scope.entered(SYSTEM):
        assert Clock.objects.get(pk=stay.pk).state == "S10"


_KIND = {Post.MEDICAL: StaffKind.CLINICIAN}


@pytest.mark.parametrize("post", [Post.MEDICAL, Post.RESIDENT_PROSECUTOR, Post.PATROL])
def test_who_enters_no_papers_takes_none_over(stay: Custody, post: Post) -> None:
    with scope.entered(SYSTEM):
        worlds.brought(stay)
        program = a_program(post, at=stay.organization, kind=_KIND.get(post, StaffKind.OFFICER))
    assert program.post(f"/people/{stay.pk}/former-papers/take-over").status_code == 403
    with scope.entered(SYSTEM):
        assert not Paper.objects.filter(custody=stay).exists()


def test_papers_of_a_former_facility_are_shown_to_nobody_elsewhere(stay: Custody) -> None:
    with scope.entered(SYSTEM):
        worlds.brought(stay)
        stranger = a_program(Post.LEADER, at=a_facility())
    assert stranger.get(f"/people/{stay.pk}/former-papers").status_code == 404
    assert stranger.post(f"/people/{stay.pk}/former-papers/take-over", {}).status_code in (404, 409)
