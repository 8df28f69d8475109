"""Arrivals, admissions, papers, registers and sheets of people, as programs use them."""

import base64
import io
from pathlib import Path

import pytest
from django.conf import LazySettings
from python_calamine import CalamineWorkbook

from custos.foundation.custody import separating
from custos.foundation.custody.models import Custody
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.documents.tests import samples
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Post, StaffKind
from custos.management.reception.importing.tests.sheets_of import an_xlsx, rows_of
from custos.management.reception.tests.admissions import typed
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer
from tests.programs import Program, a_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def cell(settings: LazySettings, tmp_path: Path) -> Cell:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        return a_cell(facility=a_facility())


def on(post: Post, cell: Cell, kind: StaffKind = StaffKind.OFFICER) -> Program:
    with scope.entered(SYSTEM):
        return a_program(post, at=cell.organization, kind=kind)


def sheet(*rows: dict[str, str], cell: Cell, more: int = 0) -> dict[str, str]:
    data = an_xlsx(rows_of(cell.name, *rows))
    return {"name": "people.xlsx", "content": base64.b64encode(data + b"\0" * more).decode()}


def test_a_sheet_is_sent_read_and_confirmed(cell: Cell) -> None:
    clerk, leader = on(Post.ADMISSION, cell), on(Post.DUTY_LEADER, cell)
    path = f"/organizations/{cell.organization_id}/people-sheets"
    wrong = clerk.post(path, sheet({}, {"性别": "女"}, cell=cell)).json()
    assert (wrong["new"], wrong["wrong"], wrong["state"]) == (1, 1, "checked")
    (row,) = clerk.get(f"/people-sheets/{wrong['id']}/rows?state=wrong").json()["items"]
    assert (row["row"], row["findings"][0]["code"]) == (3, "custody.KR-14-SEX")
    refused = leader.post(f"/people-sheets/{wrong['id']}/brought", {"reason": "moved"})
    assert (refused.status_code, refused.json()["code"]) == (409, "import.wrong_rows")

    right = clerk.post(path, sheet({}, {}, cell=cell)).json()
    where = f"/people-sheets/{right['id']}"
    assert clerk.post(f"{where}/brought", {"reason": "moved"}).status_code == 403
    assert leader.post(f"{where}/checked", {}).json()["new"] == 2
    done = leader.post(f"{where}/brought", {"reason": "moved"}, Idempotency_Key="k").json()
    assert (done["state"], done["new"]) == ("brought", 2)
    assert leader.post(f"{where}/brought", {"reason": "moved"}, Idempotency_Key="k").json() == done
    file = leader.get(f"/entries/{done['entry_id']}").json()["attachments"][0]
    assert file["name"] == "people.xlsx"
    assert leader.post(f"/people-sheets/{wrong['id']}/dropped", {}).json()["state"] == "dropped"
    assert [one["id"] for one in clerk.get("/people-sheets").json()["items"]] == [right["id"]]
    with scope.entered(SYSTEM):
        assert Custody.objects.count() == 2


def test_a_sheet_may_be_larger_than_another_body(cell: Cell) -> None:
    path = f"/organizations/{cell.organization_id}/people-sheets"
    answer = on(Post.ADMISSION, cell).post(path, sheet({}, cell=cell, more=400_000))
    assert answer.status_code in (201, 422)
    assert "too_large" not in answer.content.decode()


def test_an_admission_is_made_step_by_step(cell: Cell) -> None:
    clerk = on(Post.ADMISSION, cell)
    doctor = on(Post.MEDICAL, cell, StaffKind.CLINICIAN)
    announced = clerk.post("/arrivals", {"sort": "new", "name": "王小川"}).json()
    assert [one["id"] for one in clerk.get("/arrivals").json()["items"]] == [announced["id"]]
    begun = clerk.post("/admission-drafts/begun", {"arrival": announced["id"]}).json()
    where = f"/admission-drafts/{begun['id']}"
    open_ = clerk.post(f"{where}/closed", {})
    assert (open_.status_code, open_.json()["code"]) == (422, "draft.unfinished")
    told = typed("KSS", cell.pk)
    for step in begun["steps"]:
        name = step["name"]
        by = doctor if name == "health" else clerk
        if name == "cell":
            unseen = clerk.post(
                f"{where}/steps/cell", {"version": 0, "values": told["cell"]}
            ).json()
            (step_,) = [s for s in unseen["steps"] if s["name"] == "cell"]
            assert (step_["done"], step_["lacking"]) == (False, ["cell_seen"])
            (proposed,) = clerk.get(f"{where}/proposed-cells").json()
            assert (proposed["name"], proposed["allowed"]) == (cell.name, True)
            sides = clerk.get(f"{where}/proposed-cells/{proposed['cell_id']}").json()
            assert (sides["signs"], sides["inside"]) == (["new arrival"], [])
            told["cell"] = sides["values"]
        version = 1 if name == "cell" else 0
        saved = by.post(f"{where}/steps/{name}", {"version": version, "values": told.get(name, {})})
        assert saved.status_code == 200, (name, saved.content)
    # What the doctor found the desk sees as done, and nothing of it.
    (health,) = [s for s in clerk.get(where).json()["steps"] if s["name"] == "health"]
    assert (health["done"], health["open"], health["values"]) == (True, False, {})
    assert [one["label"] for one in clerk.get("/admission-drafts").json()] == ["王小川"]
    stay = clerk.post(f"{where}/closed", {}).json()["custody"]
    assert clerk.get(f"/people/{stay}").json()["name"] == "王小川"
    assert clerk.get("/arrivals").json()["items"] == []


def test_what_was_looked_at_of_a_cell_holds_only_while_it_is_true(cell: Cell) -> None:
    clerk = on(Post.ADMISSION, cell)
    doctor = on(Post.MEDICAL, cell, StaffKind.CLINICIAN)
    begun = clerk.post("/admission-drafts/begun", {"arrival": None}).json()
    where, told = f"/admission-drafts/{begun['id']}", typed("KSS", cell.pk)
    for step in begun["steps"]:
        by = doctor if step["name"] == "health" else clerk
        if step["name"] == "cell":
            told["cell"] = clerk.get(f"{where}/proposed-cells/{cell.pk}").json()["values"]
        values = {"version": 0, "values": told.get(step["name"], {})}
        assert by.post(f"{where}/steps/{step['name']}", values).status_code == 200
    with scope.entered(SYSTEM):
        a_detainee(in_cell=cell, name="李四")
    refused = clerk.post(f"{where}/closed", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "custody.changed_since")
    sides = clerk.get(f"{where}/proposed-cells/{cell.pk}").json()
    assert [one["person"]["name"] for one in sides["inside"]] == ["李四"]
    clerk.post(f"{where}/steps/cell", {"version": 1, "values": sides["values"]})
    assert clerk.post(f"{where}/closed", {}).status_code == 200


def test_a_step_with_characters_that_no_database_holds_is_refused(cell: Cell) -> None:
    clerk = on(Post.ADMISSION, cell)
    begun = clerk.post("/admission-drafts/begun", {"arrival": None}).json()
    for values in ({"name\x00": ["x"]}, {"name": ["x\x00"]}):
        said = {"version": 0, "values": values}
        refused = clerk.post(f"/admission-drafts/{begun['id']}/steps/identity", said)
        assert refused.status_code == 422, refused.content


def test_a_move_is_made_from_what_is_proposed_to_the_entry_of_what_was_shown(cell: Cell) -> None:
    officer = on(Post.CASE_OFFICER, cell)
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cell)
        other = a_cell(facility=cell.organization)
        there = a_detainee(in_cell=other, name="李四")
        separating.classify(
            there.pk,
            "unconvicted",
            repeat=None,
            violent=True,
            reason="x",
            by=an_officer(Post.CASE_OFFICER),
        )
    (proposed,) = officer.get(f"/people/{stay.pk}/proposed-cells").json()
    assert proposed["cell_id"] == str(other.pk)
    sides = officer.get(f"/people/{stay.pk}/proposed-cells/{other.pk}").json()
    (inside,) = sides["inside"]
    assert (inside["person"]["name"], "violent offence" in inside["signs"]) == ("李四", True)
    move = {"cell": str(other.pk), "reason": "order"}
    unseen = officer.post(f"/people/{stay.pk}/moves", move)
    assert unseen.status_code == 422
    stale = officer.post(f"/people/{stay.pk}/moves", move | {"seen": "0" * 32})
    assert (stale.status_code, stale.json()["code"]) == (409, "custody.changed_since")
    seen = move | {"seen": sides["seen"], "offered": sides["offered"]}
    moved = officer.post(f"/people/{stay.pk}/moves", seen)
    assert (moved.status_code, moved.json()["cell_id"]) == (200, str(other.pk))
    timeline = officer.get(f"/people/{stay.pk}/timeline").json()["items"]
    (shown,) = [one for one in timeline if one["kind"] == "placing.considered"]
    assert shown["payload"]["signs"][str(there.pk)] == ["violent", "new"]


def test_somebody_comes_back_and_another_doesnt_come(cell: Cell) -> None:
    clerk = on(Post.ADMISSION, cell)
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cell)
    back = {"sort": "back_from_court", "custody": str(stay.pk)}
    came = clerk.post("/arrivals", back).json()
    seen = clerk.post(f"/arrivals/{came['id']}/returned", {"injured": True, "words": ""})
    assert (seen.status_code, seen.json()["code"]) == (422, "arrival.words")
    said = {"injured": True, "words": "左手擦伤"}
    assert clerk.post(f"/arrivals/{came['id']}/returned", said).json()["closed_at"]
    other = clerk.post("/arrivals", {"sort": "new", "brought_by": "城关所"}).json()
    assert clerk.post(f"/arrivals/{other['id']}/dropped", {"reason": "x"}).json()["closed_at"]


def test_papers_and_registers_are_read_and_printed(cell: Cell) -> None:
    reader = on(Post.LEADER, cell)
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cell, name="𠮷田㐂")
        documents.issue(
            "D14-1", samples.ADMISSION, about=stay.record_subject(), facility=cell.organization,
            by=an_officer(Post.ADMISSION), printed_by="陈安平",
        )  # fmt: skip
    (paper,) = reader.get(f"/papers?custody={stay.pk}").json()["items"]
    assert reader.get(f"/papers/{paper['id']}").content.startswith(b"%PDF-")
    assert "admissions" in [one["code"] for one in reader.get("/registers").json()]
    (row,) = reader.get("/register-rows?business=admissions").json()["items"]
    assert (row["name"], row["custody_number"]) == ("𠮷田㐂", stay.number)
    wrong = reader.get("/register-rows?business=none")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["parameter"] == "business"
    assert reader.get("/register-rows.pdf?business=admissions").content.startswith(b"%PDF-")
    exported = reader.get("/register-rows.xlsx").content
    cells = CalamineWorkbook.from_filelike(io.BytesIO(exported)).get_sheet_by_index(0).to_python()
    assert any("𠮷田㐂" in map(str, row) for row in cells)


def test_an_absence_is_cancelled_and_counts_are_listed(cell: Cell) -> None:
    leader = on(Post.DUTY_LEADER, cell)
    with scope.entered(SYSTEM):
        absence = places.planned(a_detainee(in_cell=cell))
    told = leader.post(f"/absences/{absence.pk}/cancelled", {"reason": "put off"}).json()
    assert told["standing"] == "cancelled"
    begun = leader.post(
        f"/organizations/{cell.organization_id}/counts", {"occasion": "extra"}
    ).json()
    (count,) = leader.get(f"/organizations/{cell.organization_id}/counts").json()
    assert count["id"] == begun["id"]
    refused = leader.post(f"/counts/{begun['id']}/explained", {"reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "count.no_mismatch")
