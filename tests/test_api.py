"""What operations do: problems, paging, idempotency, audiences, the access log."""

import io
import re
import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from PIL import Image

from custos.config.api import api, operations
from custos.foundation.accounts.models import Access
from custos.foundation.api import idempotency, paging, uploads
from custos.foundation.api.models import Answer, Upload
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.media import services as media
from custos.foundation.organizations import services as organization_services
from custos.foundation.organizations.models import Area, Cell, Organization
from custos.foundation.record import queries as record_queries
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, Readers, StaffKind, Writers
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody
from tests.programs import Program, a_program, an_integration


class PulseTaken(Kind):
    """A clinician's finding."""

    name, version = "tests.pulse_taken", 1
    title = "Pulse taken"
    writers, readers = Writers.posts(Post.MEDICAL), Readers.CLINICAL
    finding: str


@pytest.fixture
def facility(db: None) -> Organization:
    with scope.entered(SYSTEM):
        return a_facility()


@pytest.fixture
def leader(facility: Organization) -> Program:
    with scope.entered(SYSTEM):
        return a_program(Post.LEADER, at=facility)


# ---------------------------------------------------------------------- problems


def test_a_problem_points_at_the_field(leader: Program, facility: Organization) -> None:
    body = {"area": "x", "name": "", "sex": "3", "capacity": 500, "colour": "red"}
    answer = leader.post("/cells", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["code"] == "request.malformed"
    assert {error["pointer"]: error["detail"] for error in said["errors"]} == {
        "/area": "This is no identifier.",
        "/name": "At least 1 characters.",
        "/sex": "This must be one of: '1' or '2'.",
        "/capacity": "At most 200.",
        "/colour": "There is no such field here.",
    }


def test_a_refusal_of_a_service_points_at_the_field_too(
    leader: Program, facility: Organization
) -> None:
    path = f"/organizations/{facility.pk}/areas"
    assert leader.post(path, {"name": "A"}).status_code == 201
    answer = leader.post(path, {"name": "A"})
    assert answer.status_code == 409
    said = answer.json()
    assert said["code"] == "organization.name_taken"
    assert said["mend"] == "Choose another name."
    assert said["errors"] == [{"pointer": "/name", "detail": "There is one named A already."}]


def test_a_problem_is_in_the_readers_language(leader: Program) -> None:
    answer = leader.get("/people?limit=0", Accept_Language="zh-CN,zh;q=0.9,en;q=0.5")
    assert answer.json()["errors"] == [{"parameter": "limit", "detail": "不得小于 1。"}]
    assert answer["Content-Language"] == "zh-hans"
    answer = leader.get("/people?limit=0", Accept_Language="fr, en;q=0.5")
    assert answer.json()["errors"] == [{"parameter": "limit", "detail": "At least 1."}]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "body.unreadable"),
        (b"", {}, 422, "request.malformed"),
        (b'{"name": "\\ud800"}', {}, 400, "body.unreadable"),
        (b'{"name": "\\u0000"}', {}, 422, "request.malformed"),
        (b"[1]", {}, 422, "request.malformed"),
        (b"name=A", {"Content_Type": "application/x-www-form-urlencoded"}, 415, "body.kind"),
        (b'{"name": "' + b"x" * 300_000 + b'"}', {}, 413, "body.too_large"),
        (b'{"name": "A"}', {"Idempotency_Key": "é"}, 422, "idempotency.key"),
        (b'{"name": "A"}', {"Idempotency_Key": "x" * 300}, 422, "idempotency.key"),
    ],
)
def test_bad_input_is_a_problem_and_leaves_nothing(
    leader: Program,
    facility: Organization,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = leader.post(f"/organizations/{facility.pk}/areas", body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with scope.entered(SYSTEM):
        assert not Area.objects.exists()


def test_an_unknown_filter_shows_nothing_rather_than_everything(leader: Program) -> None:
    answer = leader.get("/people?ogranization=101001001")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "ogranization"


def test_a_method_that_is_not_there_is_said_so(leader: Program) -> None:
    answer = leader.send("DELETE", "/people")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert answer["Content-Type"] == "application/problem+json"


def test_an_address_that_is_not_there_is_a_problem(leader: Program) -> None:
    answer = leader.get("/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


# ---------------------------------------------------------------------- paging


def test_pages_neither_skip_nor_repeat_while_people_arrive(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program, cell = a_program(at=facility), a_cell(facility=facility, capacity=50)
        stays = [str(a_detainee(in_cell=cell).pk) for _ in range(7)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = program.get(f"/people?limit=3&cursor={cursor}").json()
        seen += [item["custody_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        with scope.entered(SYSTEM):
            a_detainee(in_cell=cell)
    assert seen == stays[::-1]


@pytest.mark.parametrize(
    ("cursor", "code"),
    [(text, "cursor.unreadable") for text in ("x", "W10:abc", "WzFd", "'")]
    + [("%00", "request.malformed")],
)
def test_a_cursor_of_ones_own_making_is_refused(leader: Program, cursor: str, code: str) -> None:
    answer = leader.get(f"/people?cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["code"] == code


def test_a_cursor_of_another_list_is_refused(leader: Program) -> None:
    cursor = paging.cursor_of("list_organizations", (1,))
    assert leader.get(f"/people?cursor={cursor}").status_code == 422


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e9"])
def test_a_page_is_bounded(leader: Program, limit: str) -> None:
    assert leader.get(f"/people?limit={limit}").status_code == 422


# ---------------------------------------------------------------------- idempotency


def test_the_same_key_does_a_thing_once(leader: Program, facility: Organization) -> None:
    path = f"/organizations/{facility.pk}/areas"
    first, second = (leader.post(path, {"name": "A"}, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    with scope.entered(SYSTEM):
        assert Area.objects.count() == 1


def test_the_same_key_for_another_thing_is_refused(leader: Program, facility: Organization) -> None:
    path = f"/organizations/{facility.pk}/areas"
    leader.post(path, {"name": "A"}, Idempotency_Key="k1")
    answer = leader.post(path, {"name": "B"}, Idempotency_Key="k1")
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency.other_request"


def test_a_key_belongs_to_its_caller(leader: Program, facility: Organization) -> None:
    with scope.entered(SYSTEM):
        other = a_program(Post.LEADER, at=facility)
    path = f"/organizations/{facility.pk}/areas"
    assert leader.post(path, {"name": "A"}, Idempotency_Key="k1").status_code == 201
    assert other.post(path, {"name": "B"}, Idempotency_Key="k1").status_code == 201


def test_a_refused_write_leaves_its_key_free(leader: Program, facility: Organization) -> None:
    path = f"/organizations/{facility.pk}/areas"
    leader.post(path, {"name": "A"})
    assert leader.post(path, {"name": "A"}, Idempotency_Key="k1").status_code == 409
    with scope.entered(SYSTEM):
        assert not Answer.objects.exists()
    assert leader.post(path, {"name": "B"}, Idempotency_Key="k1").status_code == 201


def test_a_repeated_answer_that_shows_a_person_is_noted_again(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(Post.CASE_OFFICER, at=facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))
        other = a_cell(facility=facility)
    seen = program.get(f"/people/{stay.pk}/proposed-cells/{other.pk}").json()["seen"]
    body = {"cell": str(other.pk), "reason": "order", "seen": seen}
    for _ in range(2):
        answer = program.post(f"/people/{stay.pk}/moves", body, Idempotency_Key="k1")
        assert answer.status_code == 200, answer.content
    with scope.entered(SYSTEM):
        rows = Access.objects.filter(route="api:move_person")
        assert [row.detainees for row in rows] == [[stay.detainee_id]] * 2


def test_an_answer_about_a_person_goes_when_law_has_something_of_theirs_erased(
    facility: Organization,
) -> None:
    with scope.entered(SYSTEM):
        above = a_program(Post.CASE_OFFICER, at=facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))
        other = a_cell(facility=facility)
    seen = above.get(f"/people/{stay.pk}/proposed-cells/{other.pk}").json()["seen"]
    body = {"cell": str(other.pk), "reason": "order", "seen": seen}
    path = f"/people/{stay.pk}/moves"
    assert above.post(path, body, Idempotency_Key="k1").status_code == 200
    areas = f"/organizations/{facility.pk}/areas"
    with scope.entered(SYSTEM):
        leader = a_program(Post.LEADER, at=facility)
        entry = Entry.objects.filter(custody_id=stay.pk, kind="cell.moved").get()
    assert leader.post(areas, {"name": "A"}, Idempotency_Key="k2").status_code == 201
    with scope.entered(SYSTEM):
        record.erase_payload(
            entry.pk,
            legal_ground="刑事诉讼法 第286条",
            reason="sealed",
            by=an_officer(Post.LEADER),
            second=an_officer(Post.DUTY_LEADER),
        )
        assert bytes(Answer.objects.get(key="k1").body) == b""
    again = above.post(path, body, Idempotency_Key="k1")
    assert (again.status_code, again.json()["code"]) == (410, "idempotency.erased")
    other_answer = leader.post(areas, {"name": "A"}, Idempotency_Key="k2")
    assert other_answer.status_code == 201, "of somebody else it stays"


def test_answers_go_after_a_day(leader: Program, facility: Organization) -> None:
    path = f"/organizations/{facility.pk}/areas"
    leader.post(path, {"name": "A"}, Idempotency_Key="k1")
    with scope.entered(SYSTEM):
        assert idempotency.sweep() == 0
        Answer.objects.update(at=Answer.objects.get().at - idempotency.KEPT)
    assert leader.post(path, {"name": "B"}, Idempotency_Key="k1").status_code == 201
    with scope.entered(SYSTEM):
        Answer.objects.update(at=Answer.objects.get().at - idempotency.KEPT * 2)
        assert idempotency.sweep() == 1


def test_of_two_at_once_one_runs_and_both_get_its_answer(live_database: str) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        leader = a_program(Post.LEADER, at=facility)
        area = Area.objects.create(organization=facility, name="A")
    path = "/cells"
    body = {"area": str(area.pk), "name": "A1", "sex": "1", "capacity": 4}
    answers: list[Any] = []
    start = threading.Barrier(4)

    def write() -> None:
        start.wait()
        answers.append(leader.post(path, body, Idempotency_Key="k1"))
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted("Idempotent-Replayed" in answer for answer in answers) == [False] + [True] * 3
    with scope.entered(SYSTEM):
        assert Cell.objects.count() == 1


def test_who_waits_too_long_for_the_first_is_told_to_come_back(
    live_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 1)
    with scope.entered(SYSTEM):
        facility = a_facility()
        leader = a_program(Post.LEADER, at=facility)
    begun, leave = threading.Event(), threading.Event()
    real_add = organization_services.add_area

    def slow_add(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        leave.wait(10)
        return real_add(*args, **kwargs)

    monkeypatch.setattr(organization_services, "add_area", slow_add)
    path = f"/organizations/{facility.pk}/areas"
    answers: list[Any] = []

    def write() -> None:
        answers.append(leader.post(path, {"name": "A"}, Idempotency_Key="k1"))
        connections.close_all()

    first = threading.Thread(target=write)
    first.start()
    assert begun.wait(10)
    second = leader.post(path, {"name": "A"}, Idempotency_Key="k1")
    leave.set()
    first.join()
    assert (second.status_code, second["Retry-After"]) == (409, "1")
    assert second.json()["code"] == "idempotency.running"
    assert answers[0].status_code == 201


# ---------------------------------------------------------------------- audiences and the log


def _a_clinical_entry(facility: Organization) -> tuple[Custody, Any]:
    stay = a_detainee(in_cell=a_cell(facility=facility))
    with record.deed() as deed:
        header = deed.append(
            PulseTaken(finding="arrhythmia"),
            about=stay,
            by=an_officer(Post.MEDICAL, StaffKind.CLINICIAN),
        )
    return stay, header


def test_a_clinicians_entry_is_invisible_to_a_patrol_officer(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        stay, header = _a_clinical_entry(facility)
        patrol = a_program(Post.PATROL, at=facility)
        clinician = a_program(Post.MEDICAL, at=facility, kind=StaffKind.CLINICIAN)
        system = an_integration(facility)
    paths = (
        "/entries",
        f"/organizations/{facility.pk}/entries",
        f"/people/{stay.pk}/timeline",
        "/entries?kind=tests.pulse_taken",
    )
    for path in paths:
        assert b"arrhythmia" in clinician.get(path).content, path
        for program in (patrol, system):
            answer = program.get(path)
            assert answer.status_code == 200
            assert b"arrhythmia" not in answer.content, path
            assert str(header.id) not in answer.content.decode(), path
    for path in (f"/entries/{header.id}", f"/entries/{header.id}/following"):
        assert clinician.get(path).status_code == 200
        assert patrol.get(path).status_code == 404


def test_a_correction_is_for_the_readers_of_what_it_corrects(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        _stay, header = _a_clinical_entry(facility)
        patrol = a_program(Post.PATROL, at=facility)
        clinician = a_program(Post.MEDICAL, at=facility, kind=StaffKind.CLINICIAN)
    body = {"wrong": "arrhythmia", "right": "sinus rhythm", "reason": "second ECG"}
    assert patrol.post(f"/entries/{header.id}/corrections", body).status_code == 404
    assert clinician.post(f"/entries/{header.id}/corrections", body).status_code == 201
    assert b"sinus rhythm" in clinician.get("/entries").content
    assert b"sinus rhythm" not in patrol.get("/entries").content
    with scope.entered(SYSTEM):
        assert Entry.objects.get(corrects_id=header.id).audience == Readers.CLINICAL


def test_each_read_of_a_persons_data_is_noted_with_its_purpose(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program, system = a_program(at=facility), an_integration(facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))
    program.get(f"/people/{stay.pk}")
    program.get("/people", Purpose="transfer.preparation")
    system.get(f"/people/{stay.pk}/timeline")
    program.get("/organizations")
    with scope.entered(SYSTEM):
        rows = list(Access.objects.order_by("at").values_list("route", "purpose", "post"))
        assert rows == [
            ("api:show_person", "custody.file", "patrol"),
            ("api:list_people", "transfer.preparation", "patrol"),
            ("api:list_timeline", "custody.file", "integration"),
        ]
        assert all(row.detainees == [stay.detainee_id] for row in Access.objects.all())


def test_a_read_that_cannot_be_noted_is_not_answered(
    facility: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))

    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Access.objects, "create", full)
    answer = program.get(f"/people/{stay.pk}")
    assert answer.status_code == 503
    assert str(stay.detainee_id) not in answer.content.decode()


# ---------------------------------------------------------------------- files


def a_photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_file_is_sent_named_by_a_correction_and_fetched(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
        other = a_program(at=a_facility())
        stay = a_detainee(in_cell=a_cell(facility=facility))
        entry = Entry.objects.get(custody_id=stay.pk, kind="custody.admitted")
    sent = program.post("/files?name=scan.png", a_photo(), Content_Type="image/png").json()
    body = {"wrong": "a", "right": "b", "reason": "c", "files": [sent["id"]]}
    path = f"/entries/{entry.id}/corrections"
    made = program.post(path, body)
    assert made.status_code == 201, made.content
    assert [file["name"] for file in made.json()["attachments"]] == ["scan.png"]
    fetched = program.get(f"/entries/{made.json()['id']}/attachments/{sent['sha256']}")
    assert fetched["Content-Type"] == "image/png"
    assert fetched["Content-Disposition"] == 'attachment; filename="scan.png"'
    assert fetched.content.startswith(b"\x89PNG")
    for stranger in (
        other.get(f"/entries/{made.json()['id']}/attachments/{sent['sha256']}"),
        program.get(f"/entries/{entry.id}/attachments/{sent['sha256']}"),
        program.post(path, body),
    ):
        assert stranger.status_code == 404


@pytest.mark.parametrize(
    ("sent_as", "header"),
    [
        ("%E4%BC%A4%E6%83%85.png", "attachment; filename*=utf-8''%E4%BC%A4%E6%83%85.png"),
        ("a%22%3B%20b%3D.png", 'attachment; filename="a\\"; b=.png"'),
    ],
)
def test_a_file_is_named_as_in_its_entry_in_any_letters(
    facility: Organization, sent_as: str, header: str
) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))
        entry = Entry.objects.get(custody_id=stay.pk, kind="custody.admitted")
    sent = program.post(f"/files?name={sent_as}", a_photo(), Content_Type="image/png").json()
    body = {"wrong": "a", "right": "b", "reason": "c", "files": [sent["id"]]}
    made = program.post(f"/entries/{entry.id}/corrections", body).json()
    fetched = program.get(f"/entries/{made['id']}/attachments/{sent['sha256']}")
    assert fetched["Content-Disposition"] == header


def test_a_file_of_another_kind_is_refused(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
    for data, kind, status in (
        (b"MZ\x00", "image/png", 422),
        (a_photo(), "text/html", 415),
        (b"", "image/png", 422),
    ):
        answer = program.post("/files?name=x", data, Content_Type=kind)
        assert answer.status_code == status, kind


def test_files_that_no_entry_names_go_after_a_day(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
    kept = program.post("/files?name=x.png", a_photo(), Content_Type="image/png").json()
    with scope.entered(SYSTEM):
        assert uploads.sweep() == 0
        Upload.objects.update(at=Upload.objects.get().at - idempotency.KEPT * 2)
        assert uploads.sweep() == 1
        assert not record_queries.named_files([kept["sha256"]])
        with pytest.raises(Exception, match="missing"):
            media.read(kept["sha256"])


# ---------------------------------------------------------------------- the description


def test_that_something_may_not_be_there_is_said_where_an_address_or_a_declared_filter_names_it() -> (
    None
):
    said = {
        path: "404" in map(str, methods["get"]["responses"])
        for path, methods in api.described["paths"].items()
        if "get" in methods
    }
    of = {path.removeprefix("/api/v1"): told for path, told in said.items()}
    assert of["/people/{custody}"]
    assert of["/organizations/{organization}/roll"]
    assert of["/information-types"]  # of another facility than one's own, which may not be there
    assert not of["/people"]  # narrowed to a subtree that isn't there, it is empty
    assert not of["/tasks"]


def test_every_operation_and_every_schema_is_described_with_examples() -> None:
    described = api.described
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation.get("description"), where
            for parameter in operation["parameters"]:
                assert "$ref" in parameter or parameter.get("description"), (where, parameter)
                assert "$ref" in parameter or "example" in parameter, (where, parameter)
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    if kind == "application/json":
                        assert "example" in content, (where, status)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if content["schema"].get("format") != "binary":
                    assert "example" in content, where
    for name, shape in described["components"]["schemas"].items():
        if "enum" in shape or name.startswith("Page_"):
            continue
        assert shape.get("description"), name
        assert shape.get("examples"), name
        for field, inner in shape["properties"].items():
            assert inner.get("description") or "$ref" in inner, (name, field)


def test_every_operation_declares_who_may_use_it() -> None:
    known = operations()
    assert len(known) == len({one.name for one in known}) >= 45
    for one in known:
        assert one.posts, one.name
        assert one.scope or one.name == "show_me"
        assert one.scope.endswith(":write") == one.writes or one.name == "show_me"


def test_an_operation_refuses_a_post_that_it_does_not_name(facility: Organization) -> None:
    """Every write, as a post that it does not name and as an integration that it does not admit."""
    with scope.entered(SYSTEM):
        programs = {post: a_program(post, at=facility) for post in Post}
        system = an_integration(facility)
    for one in operations():
        path = one.path.replace("{organization}", str(facility.pk))
        for name in ("cell", "custody", "entry", "task", "device"):
            path = path.replace(f"{{{name}}}", "0198c5a2-7f00-7000-8000-0000000000a1")
        path = path.replace("{sha256}", "0" * 64)
        for post, program in programs.items():
            if post not in one.posts:
                answer = program.send(one.method, path)
                assert (answer.status_code, answer.json()["code"]) == (403, "caller.post"), one
        if not one.integrations:
            answer = system.send(one.method, path)
            assert answer.json()["code"] == "caller.integration", one


def test_the_description_is_served(db: None) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.json() == api.described or answer.json()["openapi"] == "3.1.0"


def test_the_reference_names_every_operation_and_loads_nothing(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(Post.CASE_OFFICER, at=facility)
    client = Client()
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/api/v1/docs")
    page = answer.content.decode()
    for known in operations():
        assert f'id="{known.name}"' in page
    assert not re.search(r'(src|href)="https?:', page)
    assert "unsafe" not in answer["Content-Security-Policy"]
