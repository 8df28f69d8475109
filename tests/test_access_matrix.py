"""Every route, asked as every role, answers as the reviewed table says.

The table is `docs/reference/access-matrix.yaml`. Three facilities: one's own, a sister under the same
city, and one in another province. City and province oversight stand above the first two.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
import yaml
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from PIL import Image
from pytest_django import DjangoDbBlocker

from custos.config.api import operations
from custos.foundation import clock, gate
from custos.foundation.accounts import audit, boards, confirmations
from custos.foundation.accounts import queries as accounts_queries
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.models import Confirmation, User
from custos.foundation.api.routing import Operation
from custos.foundation.custody import counting
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.tests import worlds as worlds_of_places
from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.documents.tests import samples
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import DUTY_POSTS, Post, StaffKind
from custos.management.reception.admission import services as reception
from custos.management.reception.importing import services as importing
from custos.management.reception.importing.tests.sheets_of import a_csv, rows_of
from custos.management.timelimits.tests import worlds as worlds_of_limits
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty.assessment.tests import worlds as figures
from custos.prevention.duty.handover.tests import worlds as changes
from custos.prevention.duty.information import services as information
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster.tests import worlds as rosters
from custos.prevention.duty.rounds.models import WatchedCell
from tests import leaving, merging
from tests.factories import (
    BY_SYSTEM,
    SYSTEM,
    a_cell,
    a_city,
    a_detainee,
    a_facility,
    an_officer,
    somebody,
)

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "access-matrix.yaml"
TABLE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ROUTES: dict[str, dict[str, Any]] = {row["route"]: row for row in TABLE["routes"]}

#: The API's operations, as its modules declare them, by the name of their route.
DECLARED: dict[str, Operation] = {f"api:{one.name}": one for one in operations()}
OPERATIONS: dict[str, dict[str, Any]] = {
    f"api:{row['operation']}": row for row in TABLE["operations"]
}

PASSWORD = "quiet-river-4417"
OWN, SISTER, ELSEWHERE = "own", "sister", "elsewhere"
#: Posts at the first facility; the last two stand above it.
ROLES = [*Post, "city", "province"]
_METHODS = ("GET", "POST")
#: A refusal is asked for as data: its page, which is the same everywhere, costs as much as the refusal.
_ASKS = {"accept-language": "en", "accept": "application/json, text/html"}
#: What forms are sent with, so that none is refused for an empty field before its object is looked for.
FILLED = {"reason": "For the matrix.", "text": "For the matrix."}
#: What addresses name besides objects of a facility; of the saved views and drafts there is none.
UNKNOWN = {
    "pk": 999_999_999,
    "key": "x-x",
    "uidb36": "x",
    "listing": "people",
    "view_id": 999_999_999,
    "part": "tables",
    "name": "gallery",
    "draft_id": UUID(int=1),
    "step": "x",
    "sort": "need",
    "deed": "never-alone",
    "token_id": UUID(int=1),
    "day": "2026-01-01",
    "turn": "08:00",
}
_UNSAID = ("board", "everybody", "signed_in", "nobody", "own_check")


class Route(NamedTuple):
    """A route and the names of what its address holds."""

    pattern: URLPattern
    arguments: tuple[str, ...]


def routes() -> dict[str, Route]:
    """Every route of the project by its full name; one without a name is named by its pattern."""
    found: dict[str, Route] = {}

    def walk(patterns: list[Any], spaces: tuple[str, ...], held: tuple[str, ...]) -> None:
        for pattern in patterns:
            own = pattern.pattern
            inner = (*held, *(own.converters or getattr(own, "regex").groupindex))  # noqa: B009
            if isinstance(pattern, URLResolver):
                space = (*spaces, pattern.namespace) if pattern.namespace else spaces
                walk(pattern.url_patterns, space, inner)
            else:
                name = ":".join((*spaces, pattern.name or str(own)))
                # Of two addresses with one name the table would speak of the later one only.
                assert name not in found, f"two routes are named {name}"
                found[name] = Route(pattern, inner)

    walk(get_resolver("custos.config.urls").url_patterns, (), ())
    # The root of the API is a name for addresses, with nothing behind it.
    return {n: route for n, route in found.items() if n not in DECLARED and n != "api:api-root"}


def admitted(row: dict[str, Any]) -> set[str]:
    """The roles that a line of the table lets in."""
    said = row["open_to"]
    if said in ("everybody", "signed_in", "own_check"):
        return {str(role) for role in ROLES}
    if said in ("nobody", "board"):
        return set()
    named = {post for name in said for post in TABLE["groups"].get(name, [name])}
    return named | ({"city", "province"} if "oversight" in named else set())


# ------------------------------------------------------------------ the table itself


def test_every_route_stands_in_the_table_and_every_line_has_its_route() -> None:
    assert set(routes()) - set(ROUTES) == set(), "say in the table who may use these"
    assert set(ROUTES) - set(routes()) == set(), "these lines name no route"
    assert len(ROUTES) == len(TABLE["routes"]), "a route stands in the table twice"


def test_a_second_address_under_a_name_that_exists_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patterns = get_resolver("custos.config.urls").url_patterns
    again = path("another-door/", routes()["people"].pattern.callback, name="people")
    monkeypatch.setattr(get_resolver("custos.config.urls"), "url_patterns", [*patterns, again])
    with pytest.raises(AssertionError, match="two routes are named people"):
        routes()


def test_the_table_names_posts_and_groups_that_exist() -> None:
    posts = {post.value for post in Post}
    assert {post for group in TABLE["groups"].values() for post in group} <= posts
    for row in TABLE["operations"]:
        assert set(row["open_to"]) <= posts | set(TABLE["groups"]), row
    for row in TABLE["routes"]:
        if row["open_to"] not in _UNSAID:
            assert set(row["open_to"]) <= posts | set(TABLE["groups"]), row
        assert row["open_to"] not in _UNSAID or row.get("why"), f"say why: {row['route']}"
    assert {post.value for post in DUTY_POSTS} == set(TABLE["groups"]["duty"])


def test_the_table_says_what_the_views_say() -> None:
    """Read beside the answers below, so that a view that happens to fail isn't taken for shut."""
    said = {gate.To.POSTS: "", gate.To.ITS_OWN_CHECK: "own_check"}
    for name, route in routes().items():
        declared = gate.of(route.pattern.callback, _Match(name))  # type: ignore[arg-type]
        row = ROUTES[name]
        if declared.to is gate.To.POSTS:
            facility_posts = admitted(row) - {"city", "province"}
            assert declared.posts == facility_posts, name
        else:
            assert said.get(declared.to, declared.to.name.lower()) == row["open_to"], name


class _Match:
    """As much of a resolver's match as a gate asks for."""

    def __init__(self, name: str) -> None:
        self.view_name, self.namespaces = name, name.split(":")[:-1]


# ------------------------------------------------------------------ every route, every role


class World:
    """Three facilities with a person and a task each, and a client for every role."""

    def __init__(self) -> None:
        city = a_city()
        own, sister = a_facility(parent=city), a_facility(parent=city)
        elsewhere = a_facility(parent=_another_city())
        self.places = {OWN: own, SISTER: sister, ELSEWHERE: elsewhere}
        self.objects = {place: _objects_of(facility) for place, facility in self.places.items()}
        at: dict[str, tuple[Organization, Post]] = {post: (own, post) for post in Post}
        assert city.parent is not None
        at |= {"city": (city, Post.OVERSIGHT), "province": (city.parent, Post.OVERSIGHT)}
        self.accounts = {role: _somebody(*where) for role, where in at.items()}
        self.idle = accounts.make_account("idle", PASSWORD)

    def client(self, role: str) -> Client:
        """Signed in as a role; `idle` has no post, `anonymous` is nobody."""
        client = Client(headers=_ASKS, raise_request_exception=False)
        if role != "anonymous":
            user = self.idle if role == "idle" else self.accounts[role]
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def url(self, route: str, place: str) -> str:
        """The address of a route, naming an object of that place where it names one."""
        if "at" in ROUTES[route]:
            return str(ROUTES[route]["at"])
        given = UNKNOWN | self.objects[place]
        if route == "person_part":
            given["other_id"] = given["former_id"]
        values = {name: given[name] for name in routes()[route].arguments}
        return reverse(route, kwargs=values)

    def named(self, place: str) -> dict[str, Any]:
        """What the paths of the API's operations name, of that place."""
        own = self.objects[place]
        return {
            "custody": own["custody_id"],
            "absence": own["absence_id"],
            "release": own["release_id"],
            "count": own["count_id"],
            "task": own["task_id"],
            "handover": own["handover_id"],
            "staff_absence": own["leave_id"],
            "swap": own["swap_id"],
            "entry": own["entry_id"],
            "cell": own["cell_id"],
            "legal_paper": own["legal_paper_id"],
            "device": own["device_id"],
            "sheet": own["upload_id"],
            "arrival": own["arrival_id"],
            "admission": own["draft_id"],
            "paper": own["paper_id"],
            "step": "identity",
            "organization": own["facility_id"],
            "sha256": "0" * 64,
        }


def _another_city() -> Organization:
    above = Organization.objects.get(pk=100_000_000)
    for number, tier in ((102_000_000, Tier.PROVINCE), (102_001_000, Tier.CITY)):
        assert number  # the numbers that these get, being the second province and its first city
        above = organizations.open_organization(tier.value, tier=tier, parent=above, by=BY_SYSTEM)
    return above


def _objects_of(facility: Organization) -> dict[str, Any]:
    cell = a_cell(facility=facility)
    stay = a_detainee(in_cell=cell)
    button = a_button(cell)
    intake.take([a_press(button)])
    entry = Entry.objects.get(custody_id=stay.pk, kind="custody.admitted")
    fact = people.record_fact(
        stay.pk, facts.Need(kind="diet", text="x"), by=somebody(Post.LEADER, at=facility).actor
    )
    document = people.record_fact(
        stay.pk,
        facts.Basis(kind="wanted_order", number="x", issuer="x"),
        by=somebody(Post.LEADER, at=facility).actor,
    )
    other = a_detainee(in_cell=cell, name="Li Si")
    absence = worlds_of_places.planned(stay)
    count = counting.begin(facility, "extra", by=an_officer(Post.PATROL))
    receiver = somebody(Post.ADMISSION, at=facility)
    arrival = reception.expect(receiver, sort="new", name="x", brought_by="")
    admission = reception.start_unexpected(receiver)
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    photo = reception.add_photo(admission, picture.getvalue(), "x.png", receiver)
    legal_paper, warning = worlds_of_limits.overdue(stay)
    sheet = a_csv(rows_of(cell.name, {}))
    upload = importing.check(sheet, "x.csv", facility.pk, by=receiver.actor, sent_by="x")
    handover = changes.waiting(facility, somebody(Post.LEADER, at=facility))
    information.adopt(
        "rounds: {}",
        facility=facility.pk,
        valid_from=clock.today(),
        reason="x",
        by=somebody(Post.LEADER, at=facility).actor,
    )
    paper = documents.issue(
        "D14-1",
        samples.ADMISSION,
        about=stay.record_subject(),
        facility=facility,
        by=an_officer(Post.ADMISSION),
        printed_by="x",
    )
    roster = rosters.rostered(facility)
    return {
        "leave_id": roster.absence.pk,
        "swap_id": roster.swap.pk,
        "leader": somebody(Post.LEADER, at=facility),
        "legal_paper_id": legal_paper.pk,
        "warning_id": warning.pk,
        "handover_id": handover.pk,
        "fact_id": fact,
        "document_id": document,
        "upload_id": upload.pk,
        "paper_id": paper.id,
        "other_id": other.detainee_id,
        "former_id": merging.a_former(stay).detainee_id,
        "absence_id": absence.pk,
        "release_id": leaving.received(other).pk,
        "count_id": count.pk,
        "arrival_id": arrival.pk,
        "draft_id": admission.pk,
        "sha256": photo.sha256,
        "staff_id": somebody(Post.PATROL, at=facility).staff.pk,
        "custody_id": stay.pk,
        "entry_id": entry.pk,
        "task_id": Task.objects.get(cell=cell, source_kind="alarm.emergency_button").pk,
        "facility_id": facility.pk,
        "month": "2026-03",
        "answer_id": figures.said_by(somebody(Post.PATROL, at=facility)).pk,
        "cell_id": cell.pk,
        "code": WatchedCell.objects.get(cell=cell).code,
        "device_id": button.pk,
    }


def _somebody(where: Organization, post: Post) -> User:
    kind = StaffKind.CLINICIAN if post is Post.MEDICAL else StaffKind.OFFICER
    user = accounts.make_account(f"m{uuid4().hex[:10]}", PASSWORD)
    accounts.post_staff(
        user, name="Zhao Min", kind=kind, organization=where, post=post, by=BY_SYSTEM
    )
    assert accounts_queries.acting_of(user)
    return user


@pytest.fixture(scope="module")
def one_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world of all these tests: each undoes what it does in it, and the last undoes the world."""
    with django_db_blocker.unblock(), transaction.atomic():
        with scope.entered(SYSTEM):
            made = World()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(one_world: World, db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    # The stream gives its connection back, which is this test's own.
    monkeypatch.setattr("custos.foundation.ui.views.connections", Mock())
    with scope.entered(SYSTEM):
        for objects in one_world.objects.values():
            objects["confirmation_id"] = _asked(objects).pk
    return one_world


def _asked(objects: dict[str, Any]) -> Confirmation:
    """A second person who is asked for just now: ten minutes later nobody could confirm it."""
    said = {"custody": str(objects["custody_id"]), "entry": str(objects["entry_id"])}
    return confirmations.ask(
        "record.erase_payload",
        said | {"legal_ground": "x", "reason": "x"},
        organization_id=objects["facility_id"],
        ground="x",
        by=objects["leader"],
        proven_at=clock.now(),
    )


def outcome(answer: HttpResponse) -> str:
    """What an answer means to whoever asked."""
    if answer.status_code == 302 and answer.headers["Location"] == reverse("board_enroll"):
        return "no board"
    if answer.status_code == 302 and "/account/login/" in answer.headers["Location"]:
        return "sign in"
    known = {403: "refused", 404: "not there", 405: "no such method"}
    if answer.status_code in known:
        return known[answer.status_code]
    # 423: to the desk that this walk has just locked.
    let_in = (200, 204, 302, 409, 422, 423)
    return "let in" if answer.status_code in let_in else str(answer.status_code)


def expected(row: dict[str, Any], role: str, place: str) -> str:
    """What the table promises."""
    said = row["open_to"]
    if "behind" in row:
        return "not there"
    if said == "board":
        return "no board"
    if said == "nobody":
        return "refused"
    if said in ("everybody", "own_check"):
        return "let in"
    if role == "anonymous":
        return "sign in"
    if role == "idle":
        return "let in" if said == "signed_in" else "refused"
    if role not in admitted(row):
        return "refused"
    if "object" not in row:
        return "let in"
    if role not in admitted({"open_to": row.get("reached_by", [role])}):
        return "not there"
    reached = {OWN, SISTER} if role in ("city", "province") else {OWN}
    return "let in" if place in reached else "not there"


#: What else is true of a route outside the table's words: no demo runs here.
_ANSWERS = {"demo_sign_in": "not there", "by_mail": "not there"}


def asked(client: Client, method: str, url: str) -> HttpResponse:
    answer: HttpResponse = client.get(url) if method == "GET" else client.post(url, FILLED)
    return answer


@pytest.mark.parametrize("role", ["anonymous", "idle", *ROLES])
def test_every_route_answers_a_role_as_the_table_says(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    for name, row in ROUTES.items():
        if name == "account_logout":
            continue  # ends the session that asks; below
        for place in (OWN, SISTER, ELSEWHERE) if "object" in row else (OWN,):
            url = world.url(name, place)
            for method in row.get("methods", _METHODS):
                found = outcome(asked(client, method, url))
                wanted = _ANSWERS.get(name) or expected(row, role, place)
                own_check = "own_check" in (row["open_to"], row.get("then"))
                if wanted == "let in" and own_check and not found.isdecimal():
                    continue
                if found != wanted:
                    wrong.append(f"{method} {name} of {place} facility: {found}, not {wanted}")
    assert wrong == []


def test_every_operation_stands_in_the_table_as_its_module_declares_it() -> None:
    assert set(DECLARED) == set(OPERATIONS)
    assert len(OPERATIONS) == len(TABLE["operations"]), "an operation stands in the table twice"
    for name, declared in DECLARED.items():
        row = OPERATIONS[name]
        assert {str(post) for post in declared.posts} == admitted(row) - {"city", "province"}, name
        assert declared.integrations is row.get("integrations", False), name


@pytest.mark.parametrize("role", ["anonymous", "idle", *ROLES])
def test_every_operation_answers_a_role_as_the_table_says(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    for name, declared in DECLARED.items():
        row = OPERATIONS[name]
        for place in (OWN, SISTER, ELSEWHERE) if "object" in row else (OWN,):
            url = "/api/v1" + declared.path.format(**world.named(place))
            if declared.method == "GET":
                answer = client.get(url, headers={"accept": "application/json"})
            else:
                body, kind = _SENT.get(name, ("{}", "application/json"))
                answer = client.post(url, body, content_type=kind)
            found = "sign in" if answer.status_code == 401 else outcome(answer)
            wanted = "sign in" if role == "anonymous" else expected(row, role, place)
            # What is sent is empty: of a write only whether it is refused can be told.
            told = {wanted} if declared.method == "GET" else {wanted} - {"not there"} or _DONE
            if wanted == "let in":
                told |= _DONE if declared.method == "POST" or name in _MAY_BE_EMPTY else set()
            if wanted == "let in" and "then" in row:
                told |= {"refused"}
            if found not in told:
                wrong.append(f"{name} of {place} facility: {found}, not {wanted}")
    assert wrong == []


#: What a write says that found nothing wrong with whoever asked, but with what they sent.
_DONE = {"let in", "not there", "400"}
#: What else than an empty object is sent, so that it isn't refused before anybody looks who sends it.
_SENT = {"api:send_file": (b"x", "image/png")}
#: There may be nothing to show of what is the reader's own.
_MAY_BE_EMPTY = {
    "api:show_base_record",
    "api:show_figures",
    "api:fetch_attachment",
    "api:show_former_papers",
}


def test_signing_out_is_refused_to_nobody(world: World) -> None:
    for role in ("anonymous", "idle", *ROLES):
        assert world.client(role).post(reverse("account_logout")).status_code == 302


def test_a_route_answers_no_other_method_than_the_table_names(world: World) -> None:
    for name, row in ROUTES.items():
        if row["open_to"] in ("nobody", "board"):
            continue
        role = next((r for r in ROLES if r in admitted(row)), "anonymous")
        for method in set(_METHODS) - set(row["methods"]):
            answer = asked(world.client(role), method, world.url(name, OWN))
            wanted = {"no such method"} | ({"not there"} if "then" in row else set())
            # A form's address that is opened like a page leads to the page, which refuses by itself.
            if hasattr(routes()[name].pattern.callback, "page_of_form"):
                wanted |= {"let in"}
            assert outcome(answer) in wanted, (name, method)


def test_a_view_that_declares_nothing_is_open_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = routes()["people"].pattern.callback
    monkeypatch.delattr(view, "gate")
    assert world.client(Post.LEADER).get(reverse("people")).status_code == 403
    assert world.client("anonymous").get(reverse("people")).status_code == 403


def test_a_wall_board_opens_its_own_routes_by_get_and_no_other(world: World) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER, at=world.places[OWN])
        _board, code = boards.make("Control room", by=leader)
    client = world.client("anonymous")
    client.post(reverse("board_enroll"), {"code": code})
    for name, row in ROUTES.items():
        url = world.url(name, OWN)
        found = {method: outcome(asked(client, method, url)) for method in _METHODS}
        if row["open_to"] == "board":
            assert (found["GET"], found["POST"]) == ("let in", "refused"), name
        elif row["open_to"] not in ("everybody", "own_check", "nobody"):
            assert set(found.values()) <= {"sign in", "no such method"}, name


def test_the_access_log_has_words_for_every_purpose_and_page() -> None:
    words_file = Path(audit.__file__).parent / "rules" / "access_words.yaml"
    known = yaml.safe_load(words_file.read_text(encoding="utf-8"))
    for group in known.values():
        for code, words in group.items():
            assert set(words) == {"zh", "en"}, code
    views = {
        name: getattr(route.pattern.callback, "access_purpose", None)
        for name, route in routes().items()
    }
    purposes = {purpose for purpose in views.values() if purpose}
    purposes |= {one.purpose for one in DECLARED.values() if one.purpose}
    assert purposes == set(known["purposes"])
    assert {name for name, purpose in views.items() if purpose} <= set(known["pages"])
    assert set(known["pages"]) <= set(views), "no words for a page that is gone"
