"""The running API as its description says it is: each post, and a system, with made-up requests.

For every operation: one request with real identifiers, which must do its work where the post may,
and some that schemathesis makes up, right and wrong ones, by one of those who may call it. Never a 5xx,
and never an answer that the description doesn't have. `make proof` makes up many, by all of them.
"""

import copy
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from custos.config.api import api, operations
from custos.foundation import clock, rates
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import counting, place_queries
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.documents import services as documents
from custos.foundation.documents.tests import samples
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import checkpoints
from custos.foundation.record import services as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Actor, Audience, Post, StaffKind
from custos.management.reception.admission import services as reception
from custos.management.reception.importing import services as importing
from custos.management.reception.importing.tests.sheets_of import a_csv, rows_of
from custos.management.timelimits.tests import worlds as limits
from custos.prevention.devices import services as devices
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.devices.timing import Timing
from custos.prevention.duty import services as duty
from custos.prevention.duty.handover import services as handing
from custos.prevention.duty.handover.models import HandoverItem
from custos.prevention.duty.handover.tests import worlds as changes
from custos.prevention.duty.information import catalogue
from custos.prevention.duty.information import services as collecting
from custos.prevention.duty.information.types import rule_name
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster.facts import ROSTERED
from custos.prevention.duty.roster.tests import worlds as rosters
from tests import leaving
from tests.factories import (
    BY_SYSTEM,
    SYSTEM,
    a_cell,
    a_detainee,
    a_facility,
    an_officer,
    somebody,
)
from tests.programs import Program, a_program, an_integration
from tests.test_api import a_photo

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
INTEGRATION = "integration"
PASSWORD = "quiet-river-4417"
CALLERS = [*Post, INTEGRATION]
REACHED = 0.9


@dataclass
class World:
    """A facility with something of everything, and whoever asks about it."""

    site: str
    program: Program
    path: dict[str, Any]
    query: dict[str, dict[str, Any]]
    body: dict[str, dict[str, Any]]
    only: dict[str, dict[str, Any]]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.program.secret}", "Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> Iterator[None]:
    settings.RATES = settings.RATES | {"token": 10**9, "address": 10**9}
    rates.forget()
    yield
    rates.forget()


def _a_press(device: Device) -> Any:
    now = clock.now()
    with record.deed() as deed:
        return deed.append(
            EmergencyButtonPressed(
                device=device.pk,
                device_name=device.name,
                device_time=now,
                received_at=now,
                timing=Timing.ON_TIME,
            ),
            about=device,
            by=device.actor(),
        )


def _a_base(facility: Organization) -> None:
    organizations.record_base(
        facility,
        valid_from=(clock.now() - timedelta(days=9)).date(),
        grade="1",
        capacity=600,
        square_metres=4200,  # type: ignore[arg-type]
        staff={"officer": 60},
        installations=[organizations.Installed("camera", 40, 39)],
        by=BY_SYSTEM,
    )


_LANGUAGE = facts.Language(language="English")
_DIET = facts.Need(kind="diet", text="忌花生")
_RELATIVE = facts.Contact(kind="emergency", name="王秀英", relation="52", phone="13800000000")
_FRIEND = facts.Contact(kind="emergency", name="王秀兰", relation="52", phone="13800000001")
#: What these posts may record of a person: who is outside, and nothing of the life inside.
#: What each post may say is ready.
_READY = {"medical": "medicine", "finance": "property", "leader": "copy"}
_KNOWN = {"reception": (_RELATIVE, _FRIEND), "interrogation": (_RELATIVE, _FRIEND)}


#: What is done with a task by whoever it is for, each deed with a task of its own.
_WITH_TASKS = ("accept_task", "answer_task", "hand_back_task", "withdraw_task")


def _noticed(who: str, facility: Organization, cell: Cell) -> list[Task]:
    """A task a deed for whom information leads to; none for a post that it never asks first."""
    row = next(
        (
            row
            for row in catalogue.shipped().types
            if row.handled_by[0][0] == who and row.readers == "staff" and "person" in row.about
            if row.collected_by[0] != "system"
        ),
        None,
    )
    if row is None:
        return []
    first = row.collected_by[0]
    finder = an_officer(Post.PATROL if first == "anyone" else Post(first))
    for _each in _WITH_TASKS:
        about = collecting.About(custody=a_detainee(in_cell=cell).pk)
        collecting.observe(row.id, "x", facility=facility.pk, about=about, by=finder)
    named = rule_name(row.id, Audience.STAFF)
    return list(Task.objects.filter(rule_id=named).order_by("id"))


def _pressed(facility: Organization, times: int) -> tuple[list[Device], list[Task]]:
    """Emergency buttons, each in a cell of its own, and what their presses ask of the patrol."""
    buttons = [
        devices.register(
            facility,
            kind=DeviceKind.EMERGENCY_BUTTON,
            name=f"Button {number}",
            topic_prefix=f"{facility.pk}/io-1",
            token=str(number),
            cell=a_cell(facility=facility),
            by=BY_SYSTEM,
        )
        for number in range(times)
    ]
    for button in buttons:
        _a_press(button)
    return buttons, list(Task.objects.filter(rule_id="DUTY-EMERGENCY-BUTTON").order_by("id"))


def _tasks_of_deeds(
    acting: Acting | None, noticed: list[Task], pressed: list[Task]
) -> dict[str, Any]:
    """The task that each deed is asked about, in the state and on the post that it needs."""
    again, *others = pressed
    given = dict(zip(_WITH_TASKS, noticed or others, strict=True))
    if acting is not None and (noticed or acting.post == Post.PATROL):
        for name in ("answer_task", "hand_back_task"):
            duty.accept(given[name].pk, by=acting.actor)
    patrol = an_officer(Post.PATROL)
    duty.accept(again.pk, by=patrol)
    duty.answer(again.pk, "x", by=patrol)
    given["reopen_task"] = again
    return {name: {"task": str(task.pk)} for name, task in given.items()}


def _rostered(facility: Organization, program: Program) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bodies and filters that name shifts, and the objects of what is done with absences and swaps."""
    acting = program.acting
    if acting is None or acting.post not in ROSTERED:
        return {}, {}
    kind = StaffKind.CLINICIAN if acting.post == Post.MEDICAL else StaffKind.OFFICER
    own, beside = rosters.turning(facility, acting, kind)
    shift = {"day": own.gives.day.isoformat(), "turn": own.gives.turn}
    colleague = own.colleague.actor.ref
    later = (own.gives.day + timedelta(days=90)).isoformat()
    said = {
        "list_colleagues": shift,
        "list_colleague_shifts": shift | {"staff": colleague},
        "ask_swap": shift | {"other": colleague},
        "note_staff_absence": {"staff": colleague, "first": later, "last": later},
    }
    objects = {
        "answer_swap": {"swap": str(own.asked.pk)},
        "decide_swap": {"swap": str(beside.swap.pk)},
        "take_back_staff_absence": {"staff_absence": str(beside.absence.pk)},
    }
    return said, objects


def _handovers(facility: Organization) -> tuple[UUID, UUID]:
    """A handover that waits for its first signature, and one of before that waits for its second."""
    leader = somebody(Post.LEADER, at=facility)
    with clock.set_to(clock.now() - timedelta(hours=12)):
        before = changes.waiting(facility, leader)
        handing.sign(before.pk, changes.ALL_KEYS, by=leader.actor, proven_at=clock.now())
    latest = handing.prepare(facility.pk)
    assert latest is not None
    return latest.pk, before.pk


def _proves_itself(program: Program) -> None:
    """Give whoever's program it is a password, by which they sign."""
    assert program.acting is not None
    program.acting.user.set_password(PASSWORD)
    program.acting.user.save()


def _a_world(site: str, who: str) -> World:
    with scope.entered(SYSTEM):
        facility = a_facility()
        cell, other, broken = (a_cell(facility=facility) for _ in range(3))
        stay = a_detainee(in_cell=cell)
        known, told = _KNOWN.get(who, (_LANGUAGE, _DIET))
        fact = people.record_fact(stay.pk, known, by=an_officer(Post.LEADER))
        beside = a_detainee(in_cell=cell)
        absence = places.planned(beside)
        put_off = places.planned(a_detainee(in_cell=cell))
        count = counting.begin(facility, "extra", by=an_officer(Post.PATROL))
        organizations.take_cell_out_of_use(
            broken.pk, reason="water", expected_return=None, by=BY_SYSTEM
        )
        buttons, pressed = _pressed(facility, 5)
        release = leaving.received(beside)
        _a_base(facility)
        to_sign, to_take = _handovers(facility)
        collecting.adopt(
            "rounds: {}",
            facility=facility.pk,
            valid_from=clock.today(),
            reason="x",
            by=somebody(Post.LEADER, at=facility).actor,
        )
        checkpoints.make(clock.now().date())
        program = (
            an_integration(facility)
            if who == INTEGRATION
            else a_program(
                Post(who),
                at=facility,
                kind=StaffKind.CLINICIAN if who == Post.MEDICAL else StaffKind.OFFICER,
            )
        )
        if program.acting is not None:
            _proves_itself(program)
        items = HandoverItem.objects.filter(handover=to_take).values_list("pk", flat=True)
        photo = record_a_photo(stay, program)
        legal_paper = limits.arrested(beside, days_ago=9)
        for moved in (stay, beside):
            limits.brought(moved)
        yesterday = (clock.today() - timedelta(days=1)).isoformat()
        receiver = somebody(Post.ADMISSION, at=facility)
        expected, returning, dropped = (
            reception.expect(receiver, sort=sort, name="x", brought_by="", custody_id=who_)
            for sort, who_ in (("new", None), ("back_from_court", beside.pk), ("new", None))
        )
        admission = reception.start_unexpected(receiver)
        sheets = [
            importing.check(
                a_csv(rows_of(other.name, {"人员编号": f"S{at}", "姓名": f"王{at}"})),
                "x.csv",
                facility.pk,
                by=receiver.actor,
                sent_by="x",
            )
            for at in range(2)
        ]
        paper = documents.issue(
            "D14-1",
            samples.ADMISSION,
            about=stay.record_subject(),
            facility=facility,
            by=an_officer(Post.ADMISSION),
            printed_by="x",
        )
        noticed = _noticed(who, facility, a_cell(facility=facility))
        tasks = _tasks_of_deeds(program.acting, noticed, pressed)
        shifts, rostered = _rostered(facility, program)
        seen = place_queries.both_sides(stay.pk, other.pk).considered.token
    later = (clock.now() + timedelta(days=40)).date().isoformat()
    number = facility.pk
    return World(
        site,
        program,
        path={
            "organization": number,
            "cell": str(cell.pk),
            "custody": str(stay.pk),
            "absence": str(absence.pk),
            "release": str(release.pk),
            "count": str(count.pk),
            "entry": str(photo.id),
            "legal_paper": str(legal_paper.pk),
            "task": str(pressed[0].pk),
            "handover": str(to_sign),
            "device": str(buttons[0].pk),
            "sha256": photo.sha256,
            "arrival": str(expected.pk),
            "admission": str(admission.pk),
            "paper": str(paper.id),
            "sheet": str(sheets[0].pk),
            "step": "documents",
            "swap": str(new_id()),
            "staff_absence": str(new_id()),
        },
        query={
            "list_codes": {"table": "GB/T 2261.1-2003"},
            "send_file": {"name": "x.png"},
            "get_duty_month": {"month": "2026-11", "organization": number},
            "get_own_duty_month": {"month": "2026-11"},
            "list_duty_ledger": {"post": "patrol"},
            **shifts,
        },
        body={
            "open_organization": {"parent": number // 1000 * 1000, "kind": "KSS"},
            "add_cell": {"area": str(cell.area_id), "name": "new"},
            "move_person": {"cell": str(other.pk), "seen": seen},
            "record_fact": {"fact": told.model_dump(mode="json")},
            "end_fact": {"fact": str(fact)},
            "say_ready": {"item": _READY.get(who, "papers")},
            "keep_apart": {"other": str(beside.pk)},
            "begin_count": {"area": str(other.area_id)},
            "say_numbers": {
                "cells": [{"cell": str(place.pk), "people": 1} for place in (cell, other)]
            },
            "record_legal_paper": {"at": yesterday},
            "weigh_legal_paper": {"at": yesterday, "reason": "x"},
            "correct_legal_paper": {
                "fact": {
                    "type": "arrest",
                    "at": yesterday,
                    "number": "甲公捕字〔2026〕9号",
                    "authority": "甲东市公安局",
                }
            },
            "admit_person": {"cell": str(cell.pk), "arrived_at": clock.now().isoformat()},
            "register_device": {
                "organization": number,
                "cell": str(cell.pk),
                "topic_prefix": f"{number}/io-2",
            },
            "record_observation": {"type": "I30", "custody": str(stay.pk), "details": {}},
            "record_round": {"cell": str(cell.pk)},
            "sign_handover": {"own_password": PASSWORD},
            "read_handover_items": {"items": [{"item": str(item), "remark": ""} for item in items]},
            "take_handover": {"own_password": PASSWORD},
            **shifts,
            "record_base": {"valid_from": later},
            "take_cell_out_of_use": {"expected_return": later},
        },
        only={
            "read_handover_items": {"handover": str(to_take)},
            "take_handover": {"handover": str(to_take)},
            "return_cell_to_use": {"cell": str(broken.pk)},
            "take_cell_out_of_use": {"cell": str(other.pk)},
            **tasks,
            **rostered,
            "save_admission_step": {
                "step": {"medical": "health", "finance": "property"}.get(who, "cell")
            },
            "take_former_papers_over": {"custody": str(beside.pk)},
            "cancel_absence": {"absence": str(put_off.pk)},
            "drop_arrival": {"arrival": str(dropped.pk)},
            "record_arrival_return": {"arrival": str(returning.pk)},
            "drop_people_sheet": {"sheet": str(sheets[1].pk)},
        },
    )


@dataclass
class Photo:
    """An entry that names a file."""

    id: Any
    sha256: str


def record_a_photo(stay: Custody, program: Program) -> Photo:
    from custos.foundation.media import services as media

    stored = media.store(a_photo(), "x.png")
    entry = Entry.objects.get(custody_id=stay.pk, kind="custody.admitted")
    header = record.correct(
        entry.id, wrong="a", right="b", reason="c", by=_writer(program), attachments=[stored]
    )
    return Photo(header.id, stored.sha256)


def _writer(program: Program) -> Actor:
    acting: Acting | None = program.acting
    return acting.actor if acting else a_program(at=a_facility()).acting.actor  # type: ignore[union-attr]


def _schema(site: str) -> Any:
    schema = schemathesis.openapi.from_dict(copy.deepcopy(api.described))
    schema.config.update(base_url=site)
    return schema


@schemathesis.serializer("image/png", "image/jpeg", "image/webp", "application/pdf")
def _as_it_is(_context: Any, value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value).encode()


def _real(world: World, operation: Any) -> Any:
    """The operation's request with real identifiers."""
    name = operation.definition.raw["operationId"]
    wanted = {one.name for one in operation.path_parameters}
    values = {k: v for k, v in (world.path | world.only.get(name, {})).items() if k in wanted}
    arguments: dict[str, Any] = {
        "path_parameters": values,
        "query": world.query.get(name, {}),
        "headers": {},
    }
    if name == "send_file":
        arguments |= {"body": a_photo(), "media_type": "image/png"}
    elif content := operation.definition.raw.get("requestBody", {}).get("content"):
        example = content["application/json"]["example"]
        arguments |= {
            "body": copy.deepcopy(example) | world.body.get(name, {}),
            "media_type": "application/json",
        }
    return operation.Case(**arguments)


def _makes_up(name: str) -> str:
    """Who makes up requests of an operation in a sample: one of those who may call it."""
    one = next(one for one in operations() if one.name == name)
    may = [who for who in CALLERS if (one.integrations if who == INTEGRATION else who in one.posts)]
    return may[zlib.crc32(name.encode()) % len(may)]


def _walk(world: World, examples: Callable[[str, bool], int]) -> None:
    """Ask every operation once in earnest, and as many made-up requests as `examples` says: of which
    operation, and whether the caller may call it; if not, it is refused before anybody reads what is sent.
    """
    declared = {one.name: one for one in operations()}
    session = requests.Session()
    done: dict[str, int] = {}
    who = world.program.acting.post if world.program.acting else None
    found = [result.ok() for result in _schema(world.site).get_all_operations()]
    for operation in found:
        case = _real(world, operation)
        response = case.call(session=session, headers=world.headers)
        case.validate_response(response, checks=CHECKS, headers=world.headers)
        done[operation.definition.raw["operationId"]] = response.status_code
    for name, status in done.items():
        one = declared[name]
        if (who is None and not one.integrations) or (who is not None and who not in one.posts):
            assert status == 403, (name, status)
    mine = {
        name: status
        for name, status in done.items()
        if (declared[name].integrations if who is None else who in declared[name].posts)
    }
    reached = [name for name, status in mine.items() if 200 <= status < 300]
    missed = {name: status for name, status in mine.items() if name not in reached}
    assert len(reached) >= REACHED * len(mine), str(missed)
    for operation in found:
        name = operation.definition.raw["operationId"]
        if wanted := examples(name, name in mine):
            _make_up(world, operation, session, wanted)


def _make_up(world: World, operation: Any, session: requests.Session, examples: int) -> None:
    known = {one.name for one in operation.path_parameters}
    real = {name: value for name, value in world.path.items() if name in known}
    strategies = [
        operation.as_strategy(path_parameters=real) if real else operation.as_strategy(),
        operation.as_strategy(),
    ]
    if operation.body or operation.query:
        strategies.append(
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, path_parameters=real)
            if real
            else operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        )

    @given(case=hypothesis.strategies.one_of(strategies))
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        response = case.call(session=session, headers=world.headers)
        case.validate_response(response, checks=CHECKS, headers=world.headers)

    ask()


@pytest.mark.parametrize("who", CALLERS)
def test_the_api_answers_as_its_description_says(live_site: str, who: str) -> None:
    _walk(_a_world(live_site, who), lambda name, _may: 8 if _makes_up(name) == who else 0)


@pytest.mark.proof
@pytest.mark.parametrize("who", CALLERS)
def test_the_api_answers_so_whatever_is_asked(live_site: str, who: str) -> None:
    _walk(_a_world(live_site, who), lambda _name, may: 200 if may else 1)
