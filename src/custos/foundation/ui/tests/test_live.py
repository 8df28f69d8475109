"""The hub without a database or a broker; the whole way is a browser test."""

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import AsyncClient, RequestFactory

from custos.foundation import clock
from custos.foundation.database import wakes
from custos.foundation.database.scope import Scope
from custos.foundation.ui import live, views

HERE, ELSEWHERE = 101001001, 102001001


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(live.Hub, "_start", lambda self: None)
    hub = live.Hub()
    hub._watching_since = clock.now() - timedelta(minutes=1)
    hub.database_up = True
    return hub


def stream_of(lowest, highest):
    return live.Stream(Scope(lowest, highest))


def said(stream):
    """What a stream has to say just now."""

    async def taken():
        try:
            return await asyncio.wait_for(stream.next(), 0.01)
        except TimeoutError:
            return []

    return asyncio.run(taken())


def notice(**changes):
    plain = {
        "id": "n1",
        "organization_id": HERE,
        "kind": "alarm.duress",
        "severity": 1,
        "occurred_at": "2026-03-05T04:00:00+00:00",
        "device": "B1-03",
    }
    return json.dumps(plain | changes).encode()


def heard(hub, body):
    async def hear():
        hub.heard(body)

    asyncio.run(hear())


def organizations(messages):
    return [data["organizations"] for event, data in messages if event == "changed"]


def test_a_stream_hears_of_its_own_range_only():
    stream = stream_of(101001000, 101001999)
    stream.changed([HERE, ELSEWHERE])
    assert organizations(said(stream)) == [[HERE]]
    stream.changed([ELSEWHERE])
    assert said(stream) == []


def test_changes_that_wait_are_said_once():
    stream = stream_of(HERE, HERE)
    for _again in range(5):
        stream.changed([HERE])
    assert organizations(said(stream)) == [[HERE]]


def test_a_slow_stream_keeps_one_beat():
    stream = stream_of(HERE, HERE)
    for number in range(5):
        stream.say("beat", {"number": number})
    assert said(stream) == [("beat", {"number": 4})]


def test_what_changed_between_page_and_stream_is_not_missed(hub):
    made = clock.now()
    hub._changed_at = {HERE: made + timedelta(milliseconds=10), ELSEWHERE: made}
    stream = stream_of(HERE, HERE)
    hub.join(stream, made)
    assert organizations(said(stream)) == [[HERE]]


def test_a_page_older_than_the_watch_is_told_that_anything_may_have_changed(hub):
    stream = stream_of(HERE, HERE)
    hub.join(stream, clock.now() - timedelta(hours=1))
    assert organizations(said(stream)) == [None]


def test_an_event_that_could_not_be_recorded_reaches_its_range_at_once(hub):
    here, elsewhere = stream_of(HERE, HERE), stream_of(ELSEWHERE, ELSEWHERE)
    for stream in (here, elsewhere):
        hub.join(stream, clock.now())
        said(stream)
    heard(hub, notice())
    [(event, data)] = said(here)
    assert (event, data["id"], data["device"]) == ("unrecorded", "n1", "B1-03")
    assert said(elsewhere) == []


def test_it_is_told_once_however_often_it_is_said(hub):
    stream = stream_of(HERE, HERE)
    hub.join(stream, clock.now())
    said(stream)
    heard(hub, notice())
    heard(hub, notice())
    assert len(said(stream)) == 1


def test_a_stream_that_opens_later_hears_of_it_too(hub):
    heard(hub, notice())
    stream = stream_of(HERE, HERE)
    hub.join(stream, clock.now())
    assert "unrecorded" in [event for event, _data in said(stream)]


def test_it_is_taken_down_when_it_is_recorded(hub):
    stream = stream_of(HERE, HERE)
    hub.join(stream, clock.now())
    heard(hub, notice())
    said(stream)
    heard(hub, notice(recorded=True))
    assert said(stream) == [("recorded", {"id": "n1"})]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"id": 1}', b"\xff\xfe"])
def test_a_malformed_message_is_dropped(hub, body):
    heard(hub, body)
    assert hub._outstanding == {}


def test_a_flood_leaves_the_latest(hub):
    for number in range(live.MOST_OUTSTANDING + 10):
        heard(hub, notice(id=str(number)))
    assert len(hub._outstanding) == live.MOST_OUTSTANDING
    assert str(live.MOST_OUTSTANDING + 9) in hub._outstanding


def test_the_beat_says_how_old_the_last_sweep_is(hub):
    hub._swept_at = clock.now() - timedelta(seconds=130)
    beat = hub._beat()
    assert beat["sweep_age"] in (130, 131)
    assert beat["database"] == "up"


def test_the_beat_says_how_long_a_sweep_fails(hub):
    assert hub._beat()["failing_age"] is None
    hub._failing_since = clock.now() - timedelta(seconds=130)
    assert hub._beat()["failing_age"] in (130, 131)


def test_sweeps_that_were_never_heard_are_silent_since_the_watch_began(hub):
    hub._swept_at = None
    assert hub._beat()["sweep_age"] in (60, 61)


@pytest.fixture
def alone(settings, tmp_path):
    """Nobody else on this machine marks what is waited for."""
    settings.DATA = tmp_path


def waited(rest=0.0, marks_after=None):
    """Seconds until a look follows the one before."""

    async def wait():
        known, loop = wakes.state(), asyncio.get_running_loop()
        if marks_after is not None:
            loop.call_later(marks_after, wakes.mark)
        began = loop.time()
        await live._until_woken(known, rest)
        return loop.time() - began

    return asyncio.run(wait())


def test_a_commit_on_this_machine_is_looked_at_long_before_the_next_poll(alone):
    assert waited(marks_after=0.03) < live.POLL / 2


def test_without_one_the_next_poll_looks(alone):
    assert live.POLL <= waited() < 2 * live.POLL


def test_what_takes_long_to_look_at_is_looked_at_less_often(alone):
    assert waited(rest=0.1, marks_after=0.01) >= 0.1


def test_a_line_end_in_a_message_stays_within_its_event():
    wire = live.wire("unrecorded", {"device": "a\n\nevent: closed"}, at="t")
    assert wire.count("\n\n") == 1


def test_nobody_hears_anything_without_signing_in():
    async def heard():
        answer = await AsyncClient().get("/live/")
        return [part async for part in answer.streaming_content]

    [only] = asyncio.run(heard())
    assert b"event: closed" in only


def test_a_stream_ends_within_ten_seconds_of_its_session(hub, monkeypatch):
    monkeypatch.setattr(views.streams, "hub", lambda: hub)
    monkeypatch.setattr(views, "_acting_now", lambda request: None)  # signed out meanwhile
    acting = SimpleNamespace(scope=Scope(HERE, HERE))

    async def heard():
        events = views._events(RequestFactory().get("/live/"), acting, None)
        heard = [await anext(events)]
        async with asyncio.timeout(20):
            with clock.set_to(clock.now() + timedelta(seconds=10)):
                hub._tell_beat()
                async for part in events:
                    heard.append(part)
        return heard

    *_before, last = asyncio.run(heard())
    assert "event: closed" in last


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-45", "2026-03-05", "2026-03-05T04:00:00"]
)
def test_a_time_that_cannot_be_read_counts_as_none(text):
    assert views._instant(text) is None
