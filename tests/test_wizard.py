"""Drafts of the wizard: saved with each step, taken over, never lost and never made twice."""

import threading
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client

from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Missing
from custos.foundation.ui import gallery, wizard
from custos.foundation.ui.models import Draft
from tests import factories

GROUND = {"document": "1", "number": "2026-17"}
WHO = {"name": "王小川", "sex": "1", "born": ""}


@pytest.fixture(autouse=True)
def _demo(settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]


@pytest.fixture
def colleagues(db: None) -> Iterator[tuple[Acting, Acting]]:
    with scope.entered(factories.SYSTEM):
        facility = factories.a_facility()
        yield factories.somebody(at=facility), factories.somebody(at=facility)


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def begun(client: Client) -> str:
    return str(client.post("/wizard/gallery/").headers["Location"])


def saved(draft_id: str) -> Draft:
    return Draft.objects.get(pk=draft_id.rstrip("/").rsplit("/", 1)[-1])


def test_a_whole_draft_is_finished_and_goes(colleagues: tuple[Acting, Acting]) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    assert client.get(where).headers["Location"] == f"{where}who/"
    assert client.post(f"{where}who/", WHO).headers["Location"] == f"{where}things/"
    things = client.post(f"{where}things/", {"counted": "on", "list": "手机一部"})
    assert things.headers["Location"] == f"{where}ground/"
    assert client.post(f"{where}ground/", GROUND).headers["Location"] == f"{where}review/"
    page = client.get(f"{where}review/").content.decode()
    for words in ("王小川", "Male", "手机一部", "yes", "拘留证"):
        assert words in page
    assert client.post(f"{where}finish/").headers["Location"] == "/ui/wizard/"
    assert not Draft.objects.exists()


def test_what_is_wrong_or_unfinished_is_kept_and_shown_as_missing(
    colleagues: tuple[Acting, Acting],
) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    answer = client.post(f"{where}who/", {"name": "", "born": "1990-13-01"})
    # By a redirect: the browser's way back then never asks whether to send the form again.
    assert answer.headers["Location"] == f"{where}who/"
    page = client.get(f"{where}who/").content.decode()
    assert "1990-13-01" in page
    assert "3 items are missing" in page
    assert "data-faults" in page
    answer = client.post(f"{where}finish/", follow=True)
    assert answer.redirect_chain == [(f"{where}review/", 302)]
    said = answer.content.decode()
    assert "Something is missing still." in said
    assert "Everything that was typed is kept." in said
    assert Draft.objects.count() == 1


def test_the_review_says_what_was_not_filled_in(colleagues: tuple[Acting, Acting]) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    page = client.get(f"{where}review/").content.decode()
    assert page.count("<dd>not filled in</dd>") == 5, "also a question of yes or no"
    assert "<dd>no</dd>" not in page
    client.post(f"{where}who/", WHO)
    client.post(f"{where}things/", {"list": "手机一部"})
    page = client.get(f"{where}review/").content.decode()
    assert page.count("<dd>not filled in</dd>") == 3


def test_back_saves_too(colleagues: tuple[Acting, Acting]) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    sent = {"document": "1", "number": "", "go": "back"}
    assert client.post(f"{where}ground/", sent).headers["Location"] == f"{where}things/"
    assert saved(where).steps["ground"]["values"]["document"] == ["1"]


def test_the_next_officer_goes_on_and_both_are_told(colleagues: tuple[Acting, Acting]) -> None:
    first, second = (signed_in(acting) for acting in colleagues)
    where = begun(first)
    first.get(f"{where}who/")
    first.post(f"{where}who/", WHO)
    assert "王小川" in second.get("/wizard/gallery/").content.decode()
    assert "had this draft open" in second.get(f"{where}things/").content.decode()
    assert second.get(where).headers["Location"] == f"{where}things/"


def test_whoever_saves_second_is_told_and_keeps_what_they_typed(
    colleagues: tuple[Acting, Acting],
) -> None:
    first, second = (signed_in(acting) for acting in colleagues)
    where = begun(first)
    first.post(f"{where}who/", WHO | {"version": "0"})
    answer = second.post(f"{where}who/", WHO | {"name": "赵铁山", "version": "0"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "has saved this step meanwhile" in page
    assert "赵铁山" in page
    assert saved(where).steps["who"]["values"]["name"] == ["王小川"]
    second.post(f"{where}who/", WHO | {"name": "赵铁山", "version": "1"})
    assert saved(where).steps["who"]["values"]["name"] == ["赵铁山"]


def test_different_steps_are_no_conflict(colleagues: tuple[Acting, Acting]) -> None:
    first, second = (signed_in(acting) for acting in colleagues)
    where = begun(first)
    first.post(f"{where}who/", WHO | {"version": "0"})
    assert second.post(f"{where}ground/", GROUND | {"version": "0"}).status_code == 302


def test_what_is_typed_is_saved_while_it_is_typed(colleagues: tuple[Acting, Acting]) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    answer = client.post(f"{where}who/", {"name": "王"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'name="version" id="version" value="1"' in page
    assert "Saved" in page
    assert saved(where).label == ""
    assert saved(where).steps["who"]["values"]["name"] == ["王"]


def test_a_draft_of_another_place_is_not_there(colleagues: tuple[Acting, Acting]) -> None:
    where = begun(signed_in(colleagues[0]))
    stranger = signed_in(factories.somebody())
    assert stranger.get(f"{where}who/").status_code == 404
    assert stranger.post(f"{where}who/", WHO).status_code == 404
    assert stranger.post(f"{where}give-up/").status_code == 404
    assert Draft.objects.count() == 1


def test_row_level_security_hides_drafts_of_others(colleagues: tuple[Acting, Acting]) -> None:
    begun(signed_in(colleagues[0]))
    other = factories.somebody()
    with scope.entered(other.scope):
        assert not Draft.objects.exists()
    with scope.entered(colleagues[1].scope):
        assert Draft.objects.count() == 1


def test_a_draft_is_thrown_away_only_on_purpose(colleagues: tuple[Acting, Acting]) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    assert client.get(f"{where}give-up/").status_code == 405
    assert client.post(f"{where}give-up/").headers["Location"] == "/wizard/gallery/"
    assert client.get(f"{where}who/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/wizard/nothing/", "/wizard/gallery/01975b2c-4f3a-7d10-9c55-2ab07c1e88f1/who/"]
)
def test_what_is_not_there_is_not_there(colleagues: tuple[Acting, Acting], path: str) -> None:
    assert signed_in(colleagues[0]).get(path).status_code == 404


def test_a_step_that_is_too_long_or_holds_nul_is_kept_out(
    colleagues: tuple[Acting, Acting],
) -> None:
    client = signed_in(colleagues[0])
    where = begun(client)
    long = {"list": "x" * (wizard.LONGEST_STEP + 1)}
    assert client.post(f"{where}things/", long).status_code == 422
    assert saved(where).steps == {}
    assert client.post(f"{where}who/", WHO | {"name": "王\0川"}).status_code == 400
    assert saved(where).steps == {}


def test_outside_a_demo_the_example_is_for_system_administrators(
    colleagues: tuple[Acting, Acting], settings: object
) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    client = signed_in(colleagues[0])
    assert client.get("/wizard/gallery/").status_code == 403
    assert client.get("/ui/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_finish_at_once_finish_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    meet = threading.Barrier(2)
    monkeypatch.setattr(
        wizard.wizard(gallery.EXAMPLE),
        "finish",
        lambda answers, acting, draft: made.append("x") or "/",
    )
    with scope.entered(factories.SYSTEM):
        acting = factories.somebody()
        draft = wizard.begin(gallery.EXAMPLE, acting)
        for step in wizard.wizard(gallery.EXAMPLE).ordered():
            data = QueryDict(mutable=True)
            data.update(WHO | GROUND | {"counted": "on"})
            draft = wizard.save(draft, step, data, version=0, acting=acting)
    refused: list[CustosError] = []

    def finish(draft_id: UUID) -> None:
        meet.wait()
        with closing(connection):
            try:
                with scope.entered(acting.scope):
                    wizard.finish(gallery.EXAMPLE, draft_id, acting)
            except CustosError as error:
                refused.append(error)

    threads = [threading.Thread(target=finish, args=[draft.pk]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert made == ["x"]
    assert [type(error) for error in refused] == [Missing]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_one_step_at_once_the_second_is_told() -> None:
    with scope.entered(factories.SYSTEM):
        facility = factories.a_facility()
        pair = [factories.somebody(at=facility) for _ in range(2)]
        draft = wizard.begin(gallery.EXAMPLE, pair[0])
    meet = threading.Barrier(2)
    told: list[CustosError] = []
    step = wizard.wizard(gallery.EXAMPLE).ordered()[0]

    def save(acting: Acting) -> None:
        meet.wait()
        data = QueryDict(mutable=True)
        data.update(WHO)
        with closing(connection):
            try:
                with scope.entered(acting.scope):
                    wizard.save(draft, step, data, version=0, acting=acting)
            except CustosError as error:
                told.append(error)

    threads = [threading.Thread(target=save, args=[acting]) for acting in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [type(error) for error in told] == [Conflict]
