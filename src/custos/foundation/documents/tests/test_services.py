"""Issuing papers: numbers without gaps, refusals in words, what the record then says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection
from django.utils import translation

from custos.foundation.database import scope
from custos.foundation.documents import queries, services
from custos.foundation.documents.models import Issued, Series
from custos.foundation.documents.tests import samples
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.media import services as media
from custos.foundation.organizations.models import Organization
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Audience, Post, StaffKind
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

YEAR = 2026


@pytest.fixture(autouse=True)
def _attachments(tmp_path: Path, settings: LazySettings) -> None:
    settings.ATTACHMENTS = tmp_path


@pytest.fixture
def stay(db: None) -> Iterator[Any]:
    """Somebody in a detention centre."""
    with scope.entered(SYSTEM):
        yield a_detainee(in_cell=a_cell())


def issue(stay: Any, code: str = "D12-1", said: Any = samples.RELEASED, **more: Any) -> Issued:
    return services.issue(
        code,
        said,
        about=stay.record_subject(),
        facility=more.pop("facility", stay.organization),
        by=more.pop("by", an_officer(Post.ADMISSION)),
        printed_by="陈安平",
        **more,
    )


def test_a_paper_is_an_entry_with_the_pdf_attached_by_its_digest(stay: Any) -> None:
    paper = issue(stay, reason="出所")
    line = record.line(paper.entry_id)
    assert (line.kind, line.custody_id, line.detainee_id) == (
        "document.issued",
        stay.pk,
        stay.detainee_id,
    )
    (file,) = line.attachments
    assert file["sha256"] == paper.sha256
    assert file["type"] == "application/pdf"
    assert media.read(paper.sha256).startswith(b"%PDF-")
    with translation.override("zh-hans"):
        assert line.payload is not None
        assert line.payload.line() == f"释放证明书 释证〔{paper.year}〕1号"


def test_numbers_of_a_facility_and_year_have_no_gap_whatever_the_paper(stay: Any) -> None:
    doctor = an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    papers = [
        issue(stay),
        issue(stay, "D14-2", samples.HEALTH, by=doctor),
        issue(stay, "D14-1", samples.ADMISSION),
    ]
    assert [paper.number for paper in papers] == [1, 2, 3]
    assert queries.gaps(papers[0].year) == {}


def test_each_facility_counts_for_itself(stay: Any) -> None:
    with_another = a_detainee(in_cell=a_cell())
    assert [issue(stay).number, issue(with_another).number, issue(stay).number] == [1, 1, 2]


def test_a_paper_that_is_refused_takes_no_number(stay: Any) -> None:
    issue(stay)
    with pytest.raises(Malformed), scope.entered(SYSTEM):
        issue(stay, said={"stage": "S30"})
    with pytest.raises(RuntimeError), scope.entered(SYSTEM):
        _issue_and_give_up(stay)
    assert issue(stay).number == 2


def _issue_and_give_up(stay: Any) -> None:
    issue(stay)
    raise RuntimeError("something later in the same deed")


def test_a_health_record_is_read_by_clinicians_only(stay: Any) -> None:
    paper = issue(stay, "D14-2", samples.HEALTH, by=an_officer(Post.MEDICAL, StaffKind.CLINICIAN))
    assert record.line(paper.entry_id).payload is not None
    place = stay.organization_id
    staff = scope.Scope(place, place, frozenset({Audience.STAFF}), "system:test")
    with scope.entered(staff):
        assert queries.issued(custody=stay.pk) == []
        with pytest.raises(Missing):
            queries.paper(paper.pk)
        assert not Issued.objects.exists()  # the net below


def test_what_is_missing_is_listed_in_words(stay: Any) -> None:
    said = samples.ADMISSION.model_dump()
    del said["complaints"], said["person"]["name"]
    said["contacts"] = []
    said["injuries"] = ""
    said["dependants"][0]["carer"] = ""
    with translation.override("zh-hans"), pytest.raises(Malformed) as refused:
        issue(stay, "D14-1", said)
    assert {found.code for found in refused.value.findings} == {"documents.missing"}
    with translation.override("zh-hans"):
        found = [found.words for found in refused.value.findings]
    assert sorted(found) == sorted(
        f"{what}未填写。缺少此项不能出具收押登记表。"
        for what in (
            "人员 · 姓名",
            "体表伤情",
            "受虐待的申诉",
            "被扶养人 · 第 1 行 · 由谁照料",
            "紧急联系人",
        )
    )


def test_what_cannot_be_is_told_from_what_is_missing(stay: Any) -> None:
    said = samples.DETENTION_ENDED.model_dump() | {"days": 300}
    house = a_facility("JLS")
    with pytest.raises(Malformed) as refused:
        issue(stay, "D21-1", said, facility=house)
    assert [(f.code, f.field) for f in refused.value.findings] == [("documents.wrong", "days")]


@pytest.mark.parametrize(
    ("code", "said", "refusal"),
    [
        ("D12-2", samples.TERM_SERVED.model_copy(update={"stage": "S60"}), "documents.stage"),
        ("D12-1", samples.RELEASED.model_copy(update={"stage": "S81"}), "documents.stage"),
        ("D12-1", samples.RELEASED.model_copy(update={"stage": "S99"}), "documents.stage"),
        ("D12-1", samples.RELEASED.model_copy(update={"ground": "该犯人无罪"}), "documents.word"),
        ("D21-1", samples.DETENTION_ENDED, "documents.other_kind"),
        ("D14-2", samples.HEALTH, "documents.post"),
        ("D12-1", {}, "documents.missing"),
    ],
)
def test_a_paper_that_the_law_or_the_post_does_not_allow_is_refused(
    stay: Any, code: str, said: Any, refusal: str
) -> None:
    with pytest.raises(CustosError) as refused:
        issue(stay, code, said)
    assert refused.value.code == refusal


def test_a_paper_that_nobody_knows_is_refused(stay: Any) -> None:
    with pytest.raises(Missing):
        issue(stay, "D99")


def test_an_issued_paper_is_given_back_byte_for_byte(stay: Any) -> None:
    paper = issue(stay)
    shown, body = queries.paper(paper.pk)
    assert shown.number == f"释证〔{paper.year}〕1号"
    assert body == media.read(paper.sha256)
    assert [one.id for one in queries.issued(custody=stay.pk)] == [paper.pk]
    elsewhere = a_detainee(in_cell=a_cell())
    assert queries.issued(custody=elsewhere.pk) == []


def test_a_draft_records_nothing_and_takes_no_number(stay: Any) -> None:
    draft = services.preview(
        "D12-1", samples.RELEASED, facility=stay.organization, printed_by="陈安平"
    )
    assert len(draft.pages) == 1
    assert draft.pages[0].startswith(b"\x89PNG")
    assert not Issued.objects.exists()
    assert not Series.objects.exists()


# ---------------------------------------------------------------------- what the database holds


def test_the_database_refuses_to_skip_a_number(stay: Any) -> None:
    issue(stay)
    with pytest.raises(IntegrityError, match="go up by one"), scope.entered(SYSTEM):
        Series.objects.update(last=9)
    with pytest.raises(IntegrityError, match="begin at 1"), scope.entered(SYSTEM):
        Series.objects.create(organization=a_facility(), year=YEAR, last=4)
    paper = Issued.objects.get()
    paper.pk, paper.number = UUID(int=1), 5
    with pytest.raises(IntegrityError, match="has come to"), scope.entered(SYSTEM):
        paper.save(force_insert=True)


def test_the_database_refuses_a_number_without_a_paper(stay: Any) -> None:
    issue(stay)
    with pytest.raises(IntegrityError, match="names_a_paper"), scope.entered(SYSTEM):
        _take_a_number_only(stay.organization_id)


def _take_a_number_only(facility: int) -> None:
    services._next(facility, Issued.objects.get().year)
    connection.check_constraints()


# ---------------------------------------------------------------------- two at once


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_get_numbers_one_after_the_other(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell())
        facility = Organization.objects.get(pk=stay.organization_id)
    told = both(
        superuser_sql,
        lambda: issue(stay, facility=facility),
        lambda: issue(stay, facility=facility),
    )
    assert told == ["done", "done"]
    assert _numbers() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_where_the_first_is_given_up_the_second_gets_its_number(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell())
        facility = Organization.objects.get(pk=stay.organization_id)
        issue(stay, facility=facility)

    def issue_and_fail_at_the_end() -> None:
        issue(stay, facility=facility)
        services._next(facility.pk, Issued.objects.latest("id").year)  # which no paper bears

    with pytest.raises(IntegrityError, match="names_a_paper"):
        both(superuser_sql, issue_and_fail_at_the_end, lambda: issue(stay, facility=facility))
    assert _numbers() == [1, 2]


def _numbers() -> list[int]:
    with scope.entered(SYSTEM):
        return list(Issued.objects.order_by("number").values_list("number", flat=True))
