"""The board and the admission by its services and pages: what becomes of each outcome, and bad input."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from PIL import Image

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.documents.models import Issued
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import queries as entries
from custos.foundation.record.models import Entry, Payload
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft, DraftApart
from custos.management.reception import workbench
from custos.management.reception.admission import board, engine, gathered, services
from custos.management.reception.admission.rules import rules as admission_rules
from custos.management.reception.models import Arrival, InjuryPhoto
from custos.management.reception.tests.admissions import ILL, at, facts, fill, typed
from custos.management.timelimits import queries as limits
from custos.prevention.duty import queries as duty_queries
from custos.prevention.duty.models import Task
from tests import factories
from tests.programs import a_program

SORT = Arrival.Sort


class Door:
    """A facility with a cell, an officer and a doctor."""

    def __init__(self, kind: str = "KSS", capacity: int = 12) -> None:
        self.facility: Organization = factories.a_facility(kind)
        self.cell: Cell = factories.a_cell(capacity=capacity, facility=self.facility)
        self.officer = factories.somebody(Post.ADMISSION, at=self.facility)
        self.colleague = factories.somebody(Post.ADMISSION, at=self.facility)
        self.doctor = factories.somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=self.facility)

    def filled(self, **changed: dict[str, Any]) -> Draft:
        """An admission with every step filled in."""
        kind = str(self.facility.kind)
        with scope.entered(self.officer.scope):
            draft = services.start_unexpected(self.officer)
            return fill(draft, typed(kind, self.cell.pk, **changed), self.officer, self.doctor)

    def close(self, draft: Draft, by: Acting | None = None) -> str:
        """Finish it as the officer, under their own scope."""
        acting = by or self.officer
        with scope.entered(acting.scope):
            return wizard.finish(services.NAME, draft.pk, acting)


@pytest.fixture
def door(db: None) -> Iterator[Door]:
    with scope.entered(factories.SYSTEM):
        yield Door()


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def kinds_about(**about: Any) -> set[str]:
    return set(Entry.objects.filter(**about).values_list("kind", flat=True))


def content_of(kind: str) -> str:
    entry = Entry.objects.filter(kind=kind).latest("recorded_at")
    return bytes(Payload.objects.get(pk=entry.pk).body).decode()


@pytest.mark.parametrize("kind", ["KSS", "JLS", "QJS", "SQJ", "QFC"])
def test_an_admission_makes_a_stay_and_an_entry_of_each_step(db: None, kind: str) -> None:
    with scope.entered(factories.SYSTEM):
        door = Door(kind)
        where = door.close(door.filled())
        stay = Custody.objects.get(organization=door.facility)
        assert where == f"/people/{stay.pk}/"
        assert stay.cell_id == door.cell.pk
        assert {
            "custody.admitted", "admission.documents_checked", "admission.identity_checked",
            "admission.health_checked", "admission.care_instructed", "admission.injuries_recorded",
            "admission.decided", "admission.first_look", "admission.searched",
            "admission.property_taken", "admission.rights_told", "admission.family_notice",
            "admission.dependants_told", "admission.pictured", "admission.risk_due",
            "admission.talk_due",
        } <= kinds_about(custody_id=stay.pk)  # fmt: skip
        assert not Draft.objects.exists()
        assert Arrival.objects.get().outcome == "accepted"
        rules = set(Task.objects.filter(custody_id=stay.pk).values_list("rule_id", flat=True))
        # The warrant of these answers is days old, so its limit may be said as well.
        assert {one for one in rules if not one.startswith("DUTY-LIMIT")} == {
            "DUTY-ADMISSION-SCREENING", "DUTY-ADMISSION-RISK", "DUTY-ADMISSION-TALK",
        }  # fmt: skip


def test_the_warrant_of_an_admission_is_the_first_fact_of_the_clock(door: Door) -> None:
    door.close(door.filled())
    stay = Custody.objects.get(organization=door.facility)
    (paper,) = limits.papers_of(stay.pk)
    assert paper.type == "criminal_detention"
    assert limits.clock_of(stay.pk).state == "S10"
    # Detention counts from its hour, hours before the arrival (刑事诉讼法 第91条).
    checked = Entry.objects.get(kind="admission.documents_checked")
    assert paper.event is not None
    assert datetime.fromisoformat(paper.event["at"]) < checked.occurred_at


def test_health_is_the_clinicians_entry_and_read_by_clinicians_only(door: Door) -> None:
    door.close(door.filled())
    entry = Entry.objects.get(kind="admission.health_checked")
    assert entry.audience == Audience.CLINICAL
    assert entry.by_ref == door.doctor.actor.ref
    with scope.entered(door.officer.scope):
        assert not Entry.objects.filter(kind="admission.health_checked").exists()
        assert Entry.objects.filter(kind="admission.care_instructed").exists()
    with scope.entered(door.doctor.scope):
        assert Entry.objects.filter(kind="admission.health_checked").exists()


def test_a_complaint_of_ill_treatment_is_for_the_resident_prosecutor(door: Door) -> None:
    told = {"ill_treated": "yes", "ill_treated_what": "被打过"}
    door.close(door.filled(injuries=told))
    assert "被打过" in content_of("admission.ill_treatment_told")
    assert "被打过" not in content_of("admission.injuries_recorded")
    with scope.entered(door.officer.scope):
        assert not Entry.objects.filter(kind="admission.ill_treatment_told").exists()
    prosecutor = factories.somebody(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER, at=door.facility)
    with scope.entered(prosecutor.scope):
        assert Entry.objects.filter(kind="admission.ill_treatment_told").exists()


def test_a_refusal_leaves_a_reason_a_notice_and_nobody_in_custody(door: Door) -> None:
    draft = door.filled(
        documents={"basis": "none"},
        decision={
            "outcome": "refused", "reason_code": "KR-9-DOCUMENT", "notice_received_by": "李警官",
        },
    )  # fmt: skip
    where = door.close(draft)
    notice = Entry.objects.get(kind="document.issued")
    assert where == f"/reception/notices/{notice.pk}/"
    client = client_of(door.officer)
    page = client.get(where).content.decode()
    assert "Print the notice, sign it, and hand it to whoever brought them." in page
    assert "health" not in page
    assert "不收〔" in page
    assert client.get(where, {"file": "pdf"}).content.startswith(b"%PDF")
    assert not Custody.objects.exists()
    told = content_of("admission.decided")
    assert '"reason_code":"KR-9-DOCUMENT"' in told
    assert Issued.objects.get().mark == "不收"
    assert Arrival.objects.get().outcome == "refused"


@pytest.mark.parametrize(
    ("name", "papers", "ground"),
    [
        ("KR-9-DOCUMENT", {"basis": "none"}, "没有合法文书"),
        ("KR-9-DOCUMENT", {"basis": "强制隔离戒毒决定书"}, "所持文书不适用于本所"),
        ("CPL-264", {"basis": "执行通知书"}, "未写明余刑"),
        (
            "CPL-264",
            {"basis": "执行通知书", "remaining_months": 4},
            "余刑超过三个月，应交付监狱执行",
        ),
    ],
)
def test_the_notice_says_which_of_the_cases_of_a_ground_it_is(
    name: str, papers: dict[str, Any], ground: str
) -> None:
    told = facts(documents=papers)
    (rule,) = (one for one in admission_rules().rules if one.id == name)
    assert rule in engine.objections(told, at("KSS"))
    assert engine.said_of(rule, told).zh == ground
    other = next(one for one in admission_rules().groups if one.id == "KR-10-MENTAL")
    assert engine.said_of(other, told) == other.title


def test_who_is_known_by_a_document_has_its_number_on_the_record(door: Door) -> None:
    """A document whose number nobody wrote down verifies nobody."""
    for said, state in (
        ({}, "claimed"),
        ({"identity_number": "11010519491231002X"}, "known"),
        ({"verified_by": "fingerprint"}, "known"),
        ({"verified_by": "stated", "identity_number": "11010519491231002X"}, "claimed"),
    ):
        told = facts(identity={"verified_by": "document", "identity_number": "", **said})
        (found,) = (one for one in gathered.facts_of(told) if one.sort == "identified")
        assert found.state == state, said


def test_a_deferral_names_the_hospital(door: Door) -> None:
    draft = door.filled(
        health={"conclusion": "hospital", "found": ["serious_illness"]},
        decision={
            "outcome": "deferred",
            "hospital": "市一院",
            "deferred_until": "办案单位，出院后",
        },
    )
    door.close(draft)
    assert not Custody.objects.exists()
    assert "市一院" in content_of("admission.decided")
    assert "serious_illness" in content_of("admission.health_checked")


def test_an_exceptional_approval_names_who_and_the_document(door: Door) -> None:
    decision = {"outcome": "exceptional", "approved_by": "", "approval_document": ""}
    old = {"identity": {"born": "1950-01-01"}}
    draft = door.filled(**old, decision=decision)
    with pytest.raises(Malformed, match=r"draft\.unfinished"):
        door.close(draft)
    decision |= {"approved_by": "张局长", "approval_document": "批 9"}
    fill(draft, typed("KSS", door.cell.pk, **old, decision=decision), door.officer, door.doctor)
    door.close(draft)
    assert "张局长" in content_of("admission.decided")
    assert "HE-70 v1" in content_of("admission.decided")
    assert Custody.objects.count() == 1


def test_what_the_doctor_found_is_not_told_by_the_rules_that_the_decision_names(db: None) -> None:
    with scope.entered(factories.SYSTEM):
        door = Door("QJS")
        door.close(door.filled(health={"found": ["mental_illness", "acute_infection"]}))
        assert Custody.objects.filter(organization=door.facility).exists()
        decided = content_of("admission.decided")
    assert "DL-TREAT" not in decided
    assert "DL-ISOLATE" not in decided


def test_nobody_is_accepted_against_the_rules_even_past_the_forms(door: Door) -> None:
    draft = door.filled()
    with scope.entered(door.officer.scope):
        answers = dict(wizard.answers_of(wizard.stands(draft, door.officer)))
        answers["documents"] = {**answers["documents"], "names_match": "no"}
        with pytest.raises(NotAllowed, match="不符"):
            services.conclude(answers, door.officer, draft)
        answers["documents"] = {**answers["documents"], "names_match": "yes"}
        answers["property"] = {}
        with pytest.raises(Malformed, match="7\\(e\\)"):
            services.conclude(answers, door.officer, draft)
    assert not Custody.objects.exists()


def test_who_fills_in_a_step_neither_closes_nor_deletes_the_admission(door: Door) -> None:
    draft = door.filled()
    clerk = factories.somebody(Post.FINANCE, StaffKind.OTHER, at=door.facility)
    for other in (clerk, door.doctor):
        with pytest.raises(NotAllowed):
            door.close(draft, by=other)
        with scope.entered(other.scope), pytest.raises(NotAllowed):
            wizard.give_up(services.NAME, draft.pk, other)
    assert Draft.objects.get().pk == draft.pk
    assert not Custody.objects.exists()


def test_of_a_chinese_national_no_step_asks_about_the_consul(door: Door) -> None:
    draft = door.filled()
    client = client_of(door.officer)
    assert client.get(f"/wizard/admission/{draft.pk}/consular/").status_code == 404
    review = client.get(f"/wizard/admission/{draft.pk}/review/").content.decode()
    assert "Consular notice" not in review
    foreign = door.filled(
        identity={"nationality": "VN"}, consular={"passport": "C1234567", "consular_wish": "no"}
    )
    assert client.get(f"/wizard/admission/{foreign.pk}/consular/").status_code == 200


def test_the_arrival_that_was_noted_at_the_door_stands_in_the_first_step(door: Door) -> None:
    with scope.entered(door.officer.scope):
        arrival = services.expect(door.officer, sort=SORT.NEW, name="王小川", brought_by="")
        draft = services.start(arrival.pk, door.officer)
        assert arrival.arrived_at is not None
        noted = f"{arrival.arrived_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
        stands = wizard.stands(draft, door.officer)
    assert (stands[0].touched, stands[0].done) == (False, False), "nobody has filled it in"
    page = client_of(door.officer).get(f"/wizard/admission/{draft.pk}/documents/").content.decode()
    assert f'value="{noted}"' in page
    assert "Fill in: " not in page


def test_a_foreigner_leaves_a_consular_notice(door: Door) -> None:
    draft = door.filled(
        identity={"nationality": "VN"}, consular={"passport": "C1234567", "consular_wish": "no"}
    )
    door.close(draft)
    assert "C1234567" in content_of("admission.consular_notice")


def test_a_half_filled_admission_waits_for_the_next_officer(door: Door) -> None:
    """After a power cut only the database is left."""
    with scope.entered(door.officer.scope):
        arrival = services.expect(door.officer, sort=SORT.NEW, name="王小川", brought_by="")
        draft = services.start(arrival.pk, door.officer)
        whole = typed("KSS", door.cell.pk)
        fill(draft, {"documents": whole["documents"]}, door.officer, door.doctor)
    answer = client_of(door.colleague).post(f"/reception/arrivals/{arrival.pk}/start/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/wizard/admission/{draft.pk}/identity/"
    page = client_of(door.colleague).post(f"/wizard/admission/{draft.pk}/finish/", follow=True)
    assert "Everything that was typed is kept." in page.content.decode()
    assert not Entry.objects.filter(kind__startswith="admission.").exists()
    with scope.entered(door.colleague.scope):
        draft = fill(Draft.objects.get(), whole, door.colleague, door.doctor)
        door.close(draft, by=door.colleague)
    assert Custody.objects.count() == 1


def test_a_photo_is_kept_attached_and_gone_from_the_desk(door: Door) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "JPEG")
    draft = door.filled()
    client = client_of(door.officer)
    url = f"/reception/admissions/{draft.pk}/photos/"
    for _twice in range(2):
        sent = SimpleUploadedFile("arm.jpg", picture.getvalue())
        assert client.post(url, {"photo": sent}).status_code == 302
    photo = InjuryPhoto.objects.get()
    assert client.get(f"{url}{photo.sha256}/").headers["Content-Type"] == "image/jpeg"
    door.close(draft)
    assert not InjuryPhoto.objects.exists()
    assert photo.sha256 in content_of("admission.injuries_recorded")


@pytest.mark.parametrize("data", [b"", b"MZ not a photo", b"%PDF-1.7 a document"])
def test_a_photo_that_is_none_is_explained_and_loses_nothing(door: Door, data: bytes) -> None:
    draft = door.filled()
    client = client_of(door.officer)
    sent = SimpleUploadedFile("arm.jpg", data)
    page = client.post(
        f"/reception/admissions/{draft.pk}/photos/", {"photo": sent}, follow=True
    ).content.decode()
    assert any(words in page for words in ("empty", "neither a photo", "no photo"))
    assert not InjuryPhoto.objects.exists()
    assert Draft.objects.get().steps.keys() == draft.steps.keys()


def test_an_officer_sees_how_the_health_check_stands_and_not_what_it_says(door: Door) -> None:
    draft = door.filled()
    client = client_of(door.officer)
    where = f"/wizard/admission/{draft.pk}/"
    page = client.get(f"{where}health/").content.decode()
    assert "Filled in and read by: Medical" in page
    for secret in ("青霉素", "120/80"):
        assert secret not in page
        assert secret not in client.get(f"{where}review/").content.decode()
    assert "filled in by: Medical" in client.get(f"{where}review/").content.decode()
    assert client.post(f"{where}health/", {"allergies": "x"}).status_code == 403
    assert DraftApart.objects.get().values["allergies"] == ["青霉素"]
    assert "青霉素" in client_of(door.doctor).get(f"{where}health/").content.decode()


def test_an_outcome_that_was_ruled_out_since_is_told_without_its_code(door: Door) -> None:
    found = {"found": ["mental_illness"], "conclusion": "unfit"}
    draft = door.filled(health=found, injuries={"injured": ""})
    client = client_of(door.officer)
    where = f"/wizard/admission/{draft.pk}/"
    assert (
        "This can&#x27;t be chosen now: choose again."
        in client.get(f"{where}decision/").content.decode()
    )
    page = client.get(f"{where}review/").content.decode()
    assert "<dd>to be chosen again</dd>" in page
    assert "<dd>accepted</dd>" not in page
    page = client.get(f"{where}injuries/").content.decode()
    assert "Answer yes or no: There are injuries." in page


def test_what_the_doctor_typed_into_an_unfinished_admission_is_kept_from_others_by_the_database(
    door: Door,
) -> None:
    draft = door.filled()

    def all_rows() -> str:
        # As a query that forgets every rule of the code would find them.
        with connection.cursor() as cursor:
            cursor.execute("SELECT steps::text FROM ui_draft")
            found = cursor.fetchall()
            cursor.execute('SELECT "values"::text FROM ui_draftapart')
            return str(found + cursor.fetchall())

    with scope.entered(door.officer.scope):
        assert "120/80" not in all_rows()
        assert "王小川" in all_rows()
        with pytest.raises(ProgrammingError), transaction.atomic():
            DraftApart.objects.create(
                draft_id=draft.pk, organization_id=draft.organization_id, step="x", audience=2
            )
    with scope.entered(door.doctor.scope):
        assert "120/80" in all_rows()
    door.close(draft)
    with scope.entered(door.doctor.scope):
        assert not DraftApart.objects.exists(), "it goes with the draft, whoever closes it"


def test_the_person_of_the_same_name_and_birth_is_asked_about(door: Door) -> None:
    door.close(door.filled())
    second = door.filled(file={"number": "101001001202611240002"})
    with pytest.raises(Conflict, match=r"admission\.here_already"):
        door.close(second)
    assert Custody.objects.count() == 1
    assert Draft.objects.count() == 1
    told = {"number": "101001001202611240002", "same_name": "照片和指纹均不同"}
    fill(second, typed("KSS", door.cell.pk, file=told), door.officer, door.doctor)
    door.close(second)
    assert Custody.objects.count() == 2


def test_one_document_or_one_name_typed_otherwise_is_the_same_person(door: Door) -> None:
    number = {"identity_paper": "resident_id", "identity_number": ID_NUMBER}
    door.close(door.filled(identity={"name": "王小川"} | number))
    for number_of_stay, said in (
        ("101001001202611240002", {"name": "王小闯"} | number),
        ("101001001202611240003", {"name": "王 小川"}),
    ):
        draft = door.filled(identity=said, file={"number": number_of_stay})
        with pytest.raises(Conflict) as refused:
            door.close(draft)
        assert refused.value.code == "admission.here_already"
    known = {"number": "101001001202611240004", "same_name": "指纹不同，不是同一人"}
    door.close(door.filled(identity={"name": "王 小川"}, file=known))


def test_a_cell_that_filled_a_second_ago_is_said_and_the_draft_stays(db: None) -> None:
    with scope.entered(factories.SYSTEM):
        door = Door(capacity=1)
        draft = door.filled()
        factories.a_detainee(in_cell=door.cell)
        before = Entry.objects.count()
        with pytest.raises(Conflict):
            door.close(draft)
        assert Entry.objects.count() == before
        assert Draft.objects.get().pk == draft.pk
        page = client_of(door.officer).post(f"/wizard/admission/{draft.pk}/finish/", follow=True)
        assert "Everything that was typed is kept." in page.content.decode()


def test_the_step_of_the_cell_is_whole_only_with_the_reason_that_the_chosen_cell_needs(
    db: None,
) -> None:
    """看守所条例实施办法 第27条: an overfull cell asks why; the step says so, not the last button."""
    with scope.entered(factories.SYSTEM):
        door = Door(capacity=10)
        for _ in range(10):
            factories.a_detainee(in_cell=door.cell, reason="所内调整")
        draft = door.filled()
        cell = {one.step.name: one for one in wizard.stands(draft, door.officer)}["cell"]
        assert not cell.done
        assert list(cell.form.errors) == ["cell_reason"]
        page = client_of(door.officer).get(f"/wizard/admission/{draft.pk}/cell/").content.decode()
        assert "More people than the cell is certified for" in page
        with pytest.raises(Malformed, match=r"draft\.unfinished"):
            door.close(draft)
        told = typed("KSS", door.cell.pk)
        told["cell"]["cell_reason"] = ["其他监室均已满员"]
        door.close(fill(draft, told, door.officer, door.doctor))
        assert Custody.objects.count() == 11


def test_a_cell_against_which_nothing_speaks_asks_for_no_reason(door: Door) -> None:
    draft = door.filled()
    assert all(one.done for one in wizard.stands(draft, door.officer))


def test_what_the_board_knows_of_somebody_expected_is_not_typed_a_second_time(door: Door) -> None:
    with scope.entered(door.officer.scope):
        expected = clock.now() + timedelta(hours=2)
        said = {"name": "王小川", "brought_by": "城关派出所 李警官", "expected_at": expected}
        arrival = services.expect(door.officer, sort=SORT.NEW, **said)
        draft = services.start(arrival.pk, door.officer)
    client = client_of(door.officer)
    identity = client.get(f"/wizard/admission/{draft.pk}/identity/").content.decode()
    assert 'value="王小川"' in identity
    assert '<option value="CN" selected' in identity, "what else stands there at first stays"
    papers = client.get(f"/wizard/admission/{draft.pk}/documents/").content.decode()
    assert 'value="城关派出所 李警官"' in papers
    assert "Fill in: " not in identity + papers


def test_two_who_start_one_arrival_come_to_one_draft(door: Door) -> None:
    with scope.entered(door.officer.scope):
        arrival = services.expect(door.officer, sort=SORT.NEW, name="王小川", brought_by="城关所")
        first = services.start(arrival.pk, door.officer)
        assert services.start(arrival.pk, door.colleague).pk == first.pk
        assert first.label == "王小川"
        with pytest.raises(Conflict):
            services.drop(arrival.pk, "错录", door.officer)
        wizard.give_up(services.NAME, first.pk, door.officer)
        assert services.start(arrival.pk, door.officer).pk != first.pk


def test_who_stands_at_the_door_calls_the_doctor_at_once(door: Door) -> None:
    with scope.entered(door.officer.scope):
        arrival = services.expect(
            door.officer, sort=SORT.TRANSFER, name="王小川", brought_by="", expected_at=clock.now()
        )
        assert not Task.objects.exists()
        services.came(arrival.pk, door.officer)
        services.came(arrival.pk, door.officer)
    assert Task.objects.get().rule_id == "DUTY-ARRIVAL-HEALTH"
    assert Task.objects.get().post == "medical"


def test_the_doctors_task_ends_with_the_admission_that_the_doctor_examined(door: Door) -> None:
    draft = door.filled()
    (task,) = Task.objects.filter(source_kind="arrival.at_the_door")
    assert task.state == "open"
    door.close(draft)
    task.refresh_from_db()
    assert (task.state, task.accepted_by) == ("answered", str(door.doctor.staff.pk))


def test_the_doctors_task_ends_with_who_is_taken_off_the_board(door: Door) -> None:
    arrival = services.expect(door.officer, sort=SORT.NEW, name="x", brought_by="")
    services.drop(arrival.pk, "送错监所", door.officer)
    task = Task.objects.get(source_kind="arrival.at_the_door")
    assert (task.state, task.answer) == ("answered", "送错监所")
    for reader, may_ask_again in (
        (door.doctor, True),
        (door.officer, True),
        (door.colleague, False),
    ):
        (shown,) = duty_queries.listed(reader.actor, limit=9)
        assert shown.may_reopen is may_ask_again


def test_whoever_comes_back_is_looked_at_and_not_admitted_again(door: Door) -> None:
    stay = factories.a_detainee(in_cell=door.cell)
    with scope.entered(door.officer.scope):
        with pytest.raises(Malformed):
            services.expect(door.officer, sort=SORT.COURT, name="x", brought_by="")
        with access.recording(door.officer, purpose="reception.expect", route="arrival_new"):
            back = services.expect(
                door.officer, sort=SORT.COURT, name="", brought_by="法警", custody_id=stay.pk
            )
        assert back.name == "Wang Jianguo"
        with pytest.raises(Conflict):
            services.start(back.pk, door.officer)
        with pytest.raises(Malformed):
            services.record_return(back.pk, injured=True, words=" ", acting=door.officer)
        services.record_return(back.pk, injured=True, words="左臂擦伤", acting=door.officer)
        with pytest.raises(Missing):
            services.record_return(back.pk, injured=False, words="", acting=door.officer)
    assert "arrival.returned" in kinds_about(custody_id=stay.pk)
    task = Task.objects.get(rule_id="DUTY-RETURN-INJURED", custody_id=stay.pk)
    assert (task.post, task.severity) == ("medical", 1)


def test_the_board_is_oldest_first_in_few_queries_and_its_own_places(door: Door) -> None:
    with scope.entered(door.officer.scope):
        for name in ("甲", "乙", "丙"):
            arrival = services.expect(door.officer, sort=SORT.NEW, name=name, brought_by="")
            services.start(arrival.pk, door.officer)
        with CaptureQueriesContext(connection) as asked:
            page = board.page(door.officer, "1")
        assert len(asked) == 3
        assert [line.arrival.name for line in page.object_list] == ["甲", "乙", "丙"]
        # Counted as the wizard counts them, whether or not a step asks something yet.
        assert (page.object_list[0].at, page.object_list[0].steps) == (1, 16)
        assert str(page.object_list[0].lacking) in ("法律文书审查", "Legal documents")
    elsewhere = Door()
    with scope.entered(elsewhere.officer.scope):
        assert list(board.page(elsewhere.officer, "1").object_list) == []
        with pytest.raises(Missing):
            services.start(arrival.pk, elsewhere.officer)


def test_the_pages_of_the_board(door: Door) -> None:
    client = client_of(door.officer)
    said = {
        "sort": "new",
        "name": "王小川",
        "number": "",
        "brought_by": "城关所",
        "expected_at": "",
    }
    assert client.post("/reception/arrivals/", said).headers["Location"] == "/reception/"
    page = client.get("/reception/").content.decode()
    assert "王小川" in page
    assert "at the door" in page
    wrong = client.post("/reception/arrivals/", said | {"sort": "back_from_court"})
    assert wrong.status_code == 422
    assert "one of the people in custody" in wrong.content.decode()
    arrival = Arrival.objects.get()
    answer = client.post(f"/reception/arrivals/{arrival.pk}/start/")
    assert answer.headers["Location"].startswith("/wizard/admission/")
    page = client.get("/reception/").content.decode()
    assert "next: step 1 of 16" in page
    assert "Continue admission" in page


def test_an_empty_arrival_is_refused_with_its_fields_named(door: Door) -> None:
    client = client_of(door.officer)
    empty = {"sort": "", "name": "", "number": "", "brought_by": " ", "expected_at": ""}
    refused = client.post("/reception/arrivals/", empty)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"sort"}
    shown = client.get("/reception/arrivals/").content.decode()
    assert '<option value="" selected>' in shown, "nothing is said in anybody's place"
    refused = client.post("/reception/arrivals/", empty | {"sort": "new"})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"name", "brought_by"}
    assert not Arrival.objects.exists()
    program = a_program(Post.ADMISSION, at=door.facility)
    answer = program.post("/arrivals", {"sort": "new", "name": "", "brought_by": ""})
    assert answer.status_code == 422
    assert not Arrival.objects.exists()
    for said in ({"name": "王小川"}, {"brought_by": "急救车"}):
        assert (
            client.post("/reception/arrivals/", empty | {"sort": "new"} | said).status_code == 302
        )
    assert Arrival.objects.count() == 2


def test_the_badge_of_an_admission_has_the_place_of_the_step_beside_it(door: Door) -> None:
    with scope.entered(door.officer.scope):
        arrival = services.expect(door.officer, sort=SORT.NEW, name="甲", brought_by="")
        services.start(arrival.pk, door.officer)
    health = 3  # 健康检查 is the third of the sixteen steps
    with scope.entered(door.doctor.scope), translation.override("en"):
        (todo,) = workbench.at_the_door(door.doctor)
        assert todo.state[1] == f"step {health} of 16"
        (line,) = board.page(door.doctor, "1").object_list
        assert (line.at, line.mine_at) == (1, health)
    page = client_of(door.doctor).get("/reception/").content.decode()
    assert f"yours: step {health}, {line.mine}" in page
    with scope.entered(door.officer.scope), translation.override("en"):
        (todo,) = workbench.at_the_door(door.officer)
        assert todo.state[1] == "step 1 of 16"


def test_an_admission_whose_steps_are_complete_is_to_be_finished(door: Door) -> None:
    door.filled()
    with scope.entered(door.officer.scope), translation.override("en"):
        (todo,) = workbench.at_the_door(door.officer)
    assert (todo.title, todo.state) == ("Finish admission", ("done", "every step is complete"))


def test_injuries_are_typed_in_rows_and_drawn(door: Door) -> None:
    draft = door.filled()
    client = client_of(door.officer)
    where = f"/wizard/admission/{draft.pk}/injuries/"
    sent = {
        "looked_at": "2026-11-24T08:00", "injured": "yes", "ill_treated": "no",
        "list-0-region": "left_hand", "list-0-sort": "bruise", "list-0-size_mm": "35",
        "list-0-words": "青紫", "version": "1",
    }  # fmt: skip
    page = client.post(where, sent, follow=True)
    assert page.redirect_chain[-1][0] == where
    text = page.content.decode()
    assert "signed by the escort, the officer and the person" in text
    assert "Left hand, wrist · Bruise · 35 mm · 青紫" in text
    assert 'name="list-1-region"' in text
    wrong = client.post(where, sent | {"list-0-size_mm": "wide", "version": "2"}, follow=True)
    assert "Injury 1: the size is a number" in wrong.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_admit_one_person_at_once_admit_them_once() -> None:
    with scope.entered(factories.SYSTEM):
        door = Door()
        drafts = [
            door.filled(file={"number": f"10100100120261124000{number}"}) for number in (1, 2)
        ]
    meet = threading.Barrier(2)
    refused: list[CustosError] = []

    def close(draft_id: UUID, acting: Acting) -> None:
        meet.wait()
        with closing(connection):
            try:
                with scope.entered(acting.scope):
                    wizard.finish(services.NAME, draft_id, acting)
            except CustosError as error:
                refused.append(error)

    pairs = zip(drafts, (door.officer, door.colleague), strict=True)
    threads = [threading.Thread(target=close, args=[one.pk, by]) for one, by in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with scope.entered(factories.SYSTEM):
        assert Custody.objects.count() == 1
        assert Draft.objects.count() == 1
    assert [error.code for error in refused] == ["admission.here_already"]


ID_NUMBER = "11010519491231002X"


def test_what_was_learned_stands_in_the_persons_file_and_secrets_in_no_entry(door: Door) -> None:
    other = factories.a_detainee(in_cell=factories.a_cell(facility=door.facility), name="赵铁山")
    draft = door.filled(
        documents={
            "reason": "盗窃罪",
            "case_number": "A1101",
            "co_defendants": f"{other.number}、孙某",
        },
        identity={
            "aliases": "小王，王大", "identity_paper": "resident_id", "identity_number": ID_NUMBER,
            "nationality": "VN", "language": "越南语", "interpreter": "yes",
            "accommodation": "yes", "accommodation_kind": "hearing", "accommodation_what": "助听器",
        },
        health={"instructions": "每日两次胰岛素"},
        consular={"passport": "C1234567", "consular_wish": "yes"},
        rights={"lawyer_name": "陈律师", "lawyer_firm": "某某律师事务所"},
        dependants={
            "has_dependants": "yes", "dependants-0-name": "小宝", "dependants-0-relation": "20",
            "dependants-0-born": "2019-06-01", "dependants-0-place": "家中",
        },
    )  # fmt: skip
    door.close(draft)
    stay = Custody.objects.get(organization=door.facility, detainee__name="王小川")
    held = people.file_of(stay.pk, [stay.detainee_id])
    with translation.override("zh-hans"):
        told = {sort: [known.words for known in several] for sort, several in held.facts.items()}
    assert told["name"] == ["小王 · 别名", "王大 · 别名"]
    assert told["identity"] == ["居民身份证 · …002X", "护照 · …4567"]
    assert told["identified"] == ["身份已核实"]
    assert told["nationality"] == ["越南"]
    assert told["language"] == ["越南语 · 需要翻译"]
    assert sorted(told["need"]) == ["听力障碍 · 助听器", "照护要点 · 每日两次胰岛素"]
    assert told["consular"] == ["要求通报领事机构"]
    assert told["lawyer"] == ["陈律师 · 某某律师事务所 · 委托辩护律师"]
    assert told["basis"][0].startswith("拘留证 · 2026-17 · 市公安局")
    assert told["authority"] == ["市公安局 · 公安机关 · A1101"]
    assert told["charge"] == ["盗窃罪"]
    assert held.one("charge").code == "CL-264"
    assert told["co_defendant"] == ["赵铁山 · A1101", "孙某 · A1101"]
    assert told["contact"] == ["王秀英 · 母亲 · 紧急联系人"]
    assert held.one("contact").phone == "13800000000"
    assert told["dependant"] == ["小宝 · 子 · 2019-06-01 · 家中 · 尚无人照料"]
    assert KeepApart.objects.get().kind == "codefendants"
    for body in Payload.objects.values_list("body", flat=True):
        assert ID_NUMBER not in bytes(body).decode()
        assert "13800000000" not in bytes(body).decode()
    care = Entry.objects.filter(kind="person.need_recorded", by_ref=door.doctor.actor.ref)
    assert care.count() == 1


def test_a_co_defendant_named_by_number_keeps_out_of_their_cell(door: Door) -> None:
    other = factories.a_detainee(in_cell=door.cell)
    with pytest.raises(CustosError, match=r"custody\.KR-14-CODEFENDANTS"):
        door.close(door.filled(documents={"co_defendants": other.number}))
    assert Custody.objects.count() == 1


def test_what_was_seen_of_both_sides_is_logged_with_the_choice(door: Door) -> None:
    there = factories.a_detainee(in_cell=door.cell)
    worlds.watched(there)
    door.close(door.filled())
    stay = Custody.objects.get(detainee__name="王小川")
    told = json.loads(content_of("placing.considered"))
    assert told["chosen"] == str(door.cell.pk)
    assert "never_alone" in told["signs"][str(there.pk)]
    assert told["signs"][str(stay.pk)] == ["new"]


def test_a_cell_that_changed_since_it_was_looked_at_is_looked_at_again(door: Door) -> None:
    there = factories.a_detainee(in_cell=door.cell)
    draft = door.filled()
    worlds.watched(there)
    with pytest.raises(Conflict, match=r"custody\.changed_since"):
        door.close(draft)
    door.close(fill(draft, typed("KSS", door.cell.pk), door.officer, door.doctor))
    assert Custody.objects.count() == 2


def test_a_cell_is_not_taken_before_both_sides_were_looked_at(door: Door) -> None:
    draft = door.filled()
    told = {**typed("KSS", door.cell.pk), "cell": {"cell": [str(door.cell.pk)]}}
    fill(draft, told, door.officer, door.doctor)
    client = client_of(door.officer)
    page = client.get(f"/wizard/admission/{draft.pk}/cell/").content.decode()
    assert "Look at both sides of the chosen cell, and confirm." in page
    assert "I have looked at both sides and choose this cell" in page
    with pytest.raises(Malformed, match=r"draft\.unfinished"):
        door.close(draft)


def test_who_speaks_of_self_harm_is_never_alone_from_the_first_look_on(door: Door) -> None:
    look = {"self_harm": "yes", "never_alone": "yes", "watch_words": "说不想活了"}
    with pytest.raises(CustosError, match=r"custody\.RISK-NEVER-ALONE"):
        door.close(door.filled(screening=look))
    factories.a_detainee(in_cell=door.cell)
    draft = Draft.objects.get()
    door.close(fill(draft, typed("KSS", door.cell.pk, screening=look), door.officer, door.doctor))
    assert "说不想活了" in content_of("separation.never_alone")


def test_a_step_about_care_is_told_at_once_and_once(door: Door) -> None:
    whole = typed(
        "KSS",
        door.cell.pk,
        screening={"self_harm": "yes", "never_alone": "yes", "watch_words": "说不想活了"},
        health={"instructions": "每日两次胰岛素"},
        dependants={
            "has_dependants": "yes", "dependants-0-name": "小宝", "dependants-0-relation": "20",
        },
    )  # fmt: skip
    with scope.entered(door.officer.scope):
        arrival = services.expect(door.officer, sort=SORT.NEW, name="王小川", brought_by="")
        draft = services.start(arrival.pk, door.officer)
    steps = {step.name: step for step in wizard.wizard(services.NAME).ordered()}

    def say(name: str, by: Acting, *, done: bool = True) -> None:
        data = QueryDict(mutable=True)
        for field, several in whole[name].items():
            data.setlist(field, several)
        with scope.entered(by.scope):
            held = wizard.draft_of(services.NAME, draft.pk, by)
            version = held.steps.get(name, {}).get("version", 0)
            wizard.save(held, steps[name], data, version=version, acting=by, done=done)

    say("screening", door.officer, done=False)
    assert not Entry.objects.filter(kind__startswith="admission.care").exists()
    for _twice in range(2):
        say("screening", door.officer)
        say("health", door.doctor)
        say("dependants", door.officer)
        say("injuries", door.officer)
    told = list(
        Entry.objects.filter(kind__startswith="admission.care")
        .order_by("recorded_at", "id")
        .values_list("kind", flat=True)
    )
    assert told == [
        "admission.care_wanted", "admission.care_ordered", "admission.care_ordered",
        "admission.care_noted",
    ]  # fmt: skip
    assert "胰岛素" in content_of("admission.care_ordered") or "小宝" in content_of(
        "admission.care_ordered"
    )
    posts = Task.objects.exclude(rule_id="DUTY-ARRIVAL-HEALTH").values_list("rule_id", "post")
    assert sorted(posts) == [
        ("DUTY-ARRIVAL-CARE-ORDERED", "duty_leader"),
        ("DUTY-ARRIVAL-CARE-ORDERED", "duty_leader"),
        ("DUTY-ARRIVAL-CARE-WANTED", "medical"),
    ]
    with scope.entered(door.officer.scope):
        bodies = [bytes(row.body).decode() for row in Payload.objects.all()]
    assert not any("青霉素" in body for body in bodies)


#: What would tell what the doctor found, in whatever entry it stood.
TELLING = ("KR-10", "mental", "Mental", "精神病", "4471")


def test_why_health_refuses_somebody_is_read_by_clinicians_and_told_to_others_as_a_class(
    door: Door,
) -> None:
    where = door.close(door.filled(**ILL))
    told = content_of("admission.decided")
    assert '"reason_code":"HEALTH"' in told
    with scope.entered(door.officer.scope):
        read = list(Payload.objects.values_list("body", flat=True))
        assert read
        for body in map(bytes, read):
            assert not any(sign in body.decode() for sign in TELLING)
        assert not Issued.objects.filter(audience__in=sorted(door.officer.scope.audiences)).exists()
        line = next(one for one in entries.latest() if one.kind == "admission.decided")
        assert "健康原因" in line.text
    with scope.entered(door.doctor.scope):
        ground = next(one for one in entries.latest() if one.kind == "admission.clinical_ground")
        assert "精神病" in ground.text
        assert "4471" in ground.text
        assert any(one.kind == "document.issued" for one in entries.latest())
    for who, status in ((door.officer, 200), (door.colleague, 404)):
        assert client_of(who).get(where).status_code == status
    notice = Entry.objects.get(kind="document.issued")
    assert client_of(door.officer).get(f"/registers/entries/{notice.pk}/").status_code == 404
    assert client_of(door.doctor).get(f"/registers/entries/{notice.pk}/").status_code == 200


def test_whoever_issued_a_clinical_notice_opens_it_for_two_hours_only(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, where = client_of(door.officer), door.close(door.filled(**ILL))
    paper = client.get(where, {"file": "pdf"})
    assert paper.content.startswith(b"%PDF")
    later = clock.now() + timedelta(hours=2, minutes=1)
    monkeypatch.setattr("custos.management.reception.admission.services.clock.now", lambda: later)
    with scope.entered(door.officer.scope), pytest.raises(Missing):
        services.notice_to_hand_over(UUID(where.strip("/").split("/")[-1]), door.officer)


def test_the_notice_of_a_clinical_ground_says_the_law_and_none_of_the_officers_words(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    issue = services.documents.issue
    monkeypatch.setattr(
        services.documents,
        "issue",
        lambda code, content, **more: said.append(content) or issue(code, content, **more),
    )
    door.close(door.filled(**ILL))
    assert (said[0].ground, said[0].article, said[0].words) == (
        "患有精神病",
        "看守所条例 第10条",
        "",
    )


def test_words_written_beside_a_clinical_finding_are_for_clinicians_whatever_is_decided(
    door: Door,
) -> None:
    decision = {
        "outcome": "deferred", "hospital": "市一院", "deferred_until": "办案单位，出院后",
        "words": "心衰-4471",
    }  # fmt: skip
    door.close(
        door.filled(
            health={"conclusion": "hospital", "found": ["serious_illness"]}, decision=decision
        )
    )
    assert "4471" not in content_of("admission.decided")
    assert "4471" in content_of("admission.clinical_ground")
    assert "KR-10-SERIOUS v1" in content_of("admission.clinical_ground")
