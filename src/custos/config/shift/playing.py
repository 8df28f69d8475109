"""A shift being played: each second, what is due is done over the API.

Nothing is kept but what time it is for: who is on duty, which cells are due, what is open and how far a
handover is are asked of the installation, so a shift goes on after a restart of either.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from custos.config.shift import script
from custos.config.shift.casting import cast
from custos.config.shift.client import Client, Refused
from custos.config.shift.crew import Crew, Player
from custos.config.shift.script import Noticing, stream
from custos.config.shift.walk import Door, Walk

DAY, NIGHT = 0, 1
LEADER = "duty_leader"
#: Whose tasks are left to people, whatever they are about.
LEFT_TO_PEOPLE = ("duty_leader", "leader")
BEHIND = "DUTY-ROUNDS-BEHIND"
_PLAYED = ("DUTY-INFO-", "DUTY-EMERGENCY-BUTTON")
#: What waits for the duty leader of what was noticed here; while so many do, nothing grave is noticed.
_MOST_GRAVE = 2
_KEYS = 86
#: The next shift signs on so long before it begins; the last leaves so long after.
_EARLY, _LATE = timedelta(minutes=8), timedelta(minutes=10)
#: A demo has two shifts of one length.
_HALF_A_DAY = timedelta(hours=12)
_EVERY_LIST, _EVERY_SHIFT, _EVERY_HANDOVER = (timedelta(seconds=n) for n in (15, 30, 20))
#: Minutes after the change until its handover is signed, and from there until it is taken.
_SIGNS, _TAKES = (2.0, 5.0), (2.0, 6.0)

Say = Callable[[str], None]


def moment(said: str) -> datetime:
    """An instant as the API says it."""
    return datetime.fromisoformat(said)


def crew_of(begins: datetime) -> int:
    """Which crew leads the shift that begins then, by the time of the day where it is."""
    return DAY if 4 <= begins.hour < 16 else NIGHT


@dataclass(slots=True)
class Doing:
    """A task that somebody of us takes, or has taken, and when they do the next thing about it."""

    player: Player
    at: datetime


@dataclass(slots=True)
class Playing:
    """One shift after another of a crew. `local` turns an instant into the facility's time."""

    crew: Crew
    client: Client
    seed: int
    say: Say
    local: Callable[[datetime], datetime]
    _begins: datetime | None = None
    _ends: datetime | None = None
    _casts: dict[datetime, tuple[Player, ...]] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _on: set[tuple[str, datetime]] = field(default_factory=set)
    _doors: dict[str, list[Door]] = field(default_factory=dict)
    _gone: bool = False
    _walks: dict[tuple[str, datetime], Walk] = field(default_factory=dict)
    _doing: dict[str, Doing] = field(default_factory=dict)
    _posts: Iterator[str] | None = None
    _due: dict[str, datetime] = field(default_factory=dict)
    _grave_open: int = 0
    _noticing: dict[bool, Noticing] = field(default_factory=dict)
    _behind: dict[str, str] = field(default_factory=dict)
    _seen: int = 0

    # ------------------------------------------------------------------ each second

    def play(self, now: datetime) -> None:
        """Do what is due. What the API refuses is said and left; somebody else was there before."""
        for step in (
            self._look_at_the_clock,
            self._walk,
            self._work,
            self._notice,
            self._hand_over,
            self._leave,
        ):
            with self._said_and_left(step.__name__.lstrip("_")):
                step(now)

    @contextlib.contextmanager
    def _said_and_left(self, what: str) -> Iterator[None]:
        """One player's refusal is said, and ends nothing for those after them."""
        try:
            yield
        except Refused as error:
            self.say(f"{what}: {error}")

    @property
    def on_duty(self) -> tuple[Player, ...]:
        """Whose shift it is."""
        assert self._begins is not None  # the clock is looked at first
        return self._cast_of(self._begins)

    def _is_due(self, what: str, every: timedelta, now: datetime) -> bool:
        if self._due.get(what, now) > now:
            return False
        self._due[what] = now + every
        return True

    def _chance(self, *names: Any) -> Any:
        return stream(self.seed, *names)

    # ------------------------------------------------------------------ who is there

    def _look_at_the_clock(self, now: datetime) -> None:
        if self._is_due("shift", _EVERY_SHIFT, now) or self._ends is None or now >= self._ends:
            shown = self._asked("/shift")
            begins, self._ends = moment(shown["begins"]), moment(shown["ends"])
            if begins != self._begins:
                self._begins, self._gone = begins, False
                self._refused.clear()
                leaders = "、".join(one.name for one in self._all_on(LEADER))
                self.say(f"{shown['name']}: {leaders} has the shift")
        assert self._begins is not None
        self._sign_on(self._begins)
        if now >= self._ends - _EARLY:
            self._sign_on(self._ends)

    def _cast_of(self, begins: datetime) -> tuple[Player, ...]:
        """Who plays the shift that begins then: by the roster, asked once a shift."""
        if begins not in self._casts:
            named = self._named(begins)
            beside = (begins - _HALF_A_DAY, begins + _HALF_A_DAY)
            elsewhere = set().union(*map(self._named, beside))
            self._casts[begins] = cast(
                self.crew,
                crew_of(self.local(begins)),
                named,
                elsewhere=elsewhere,
                refused=self._refused,
            )
        return self._casts[begins]

    def _named(self, begins: datetime) -> dict[str, bool]:
        """Whom the roster names for the shift that begins then, and whether for the women's area."""
        rows = []
        with self._said_and_left("roster"):
            rows = self._asked(f"/roster?day={self.local(begins).date()}", LEADER)
        return {
            row["staff_id"]: row["womens_area"] for row in rows if moment(row["since"]) == begins
        }

    def _asked(self, path: str, post: str = "") -> Any:
        """What any of us, or of a post, is answered. Raises `Refused` where all are."""
        able = [one for one in self.crew.players if one.post == post or not post]
        for one in able[:-1]:
            with contextlib.suppress(Refused):
                return self.client.get(one.token, path)
        return self.client.get(able[-1].token, path)

    def _sign_on(self, begins: datetime) -> None:
        for one in self._cast_of(begins):
            if (one.token, begins) in self._on:
                continue
            try:
                self.client.post(one.token, "/shift/sign-on", {})
            except Refused as error:
                # Somebody else takes their place until the shift changes.
                self._refused.add(one.token)
                self._casts.pop(begins, None)
                self.say(f"{one.name} doesn't sign on: {error}")
            self._on.add((one.token, begins))

    def _leave(self, now: datetime) -> None:
        """Who had the last shift goes, once they have finished and handed over."""
        assert self._begins is not None
        if self._gone or now < self._begins + _LATE:
            return
        busy = {one.player.token for one in self._doing.values()}
        stay = {one.token for one in self.on_duty}
        before = self._cast_of(self._begins - _HALF_A_DAY)
        leaving = [one for one in before if one.post != LEADER and one.token not in stay]
        if any(one.token in busy for one in leaving):
            return
        for one in leaving:
            with self._said_and_left(one.name):
                self._sign_off(one)
        self._gone = True

    def _sign_off(self, one: Player) -> None:
        try:
            self.client.post(one.token, "/shift/sign-off", {})
        except Refused as error:
            if error.code != "shift.not_on":
                raise

    def _all_on(self, post: str) -> list[Player]:
        return [one for one in self.on_duty if one.post == post]

    def _one_on(self, post: str) -> Player | None:
        return next(iter(self._all_on(post)), None)

    # ------------------------------------------------------------------ rounds

    def _walk(self, now: datetime) -> None:
        patrols = self._all_on("patrol")
        if not patrols:
            return
        if self._is_due("rounds", _EVERY_LIST, now):
            self._doors = {}
            for cell in self.client.get(patrols[0].token, "/rounds"):
                # Of a cell that was made since the crew has no tag: its rounds are for people.
                if cell["cell_id"] not in self.crew.tags:
                    continue
                last = cell["last_at"] and moment(cell["last_at"])
                door = Door(cell["cell_id"], cell["name"], moment(cell["wanted_by"]), last)
                self._doors.setdefault(cell["area"], []).append(door)
        for one in patrols:
            walk = self._walk_of(one, now)
            at = walk.next_door(self._doors.get(one.area, ()), now)
            if at is not None:
                with self._said_and_left(f"{one.name} at {at.name}"):
                    self._look(one, at, walk, now)

    def _walk_of(self, one: Player, now: datetime) -> Walk:
        assert self._begins is not None
        known = self._walks.get((one.area, self._begins))
        if known is None:
            chance = self._chance("walk", one.area, self._begins.isoformat())
            known = self._walks[one.area, self._begins] = Walk(chance, now)
        return known

    def _look(self, one: Player, door: Door, walk: Walk, now: datetime) -> None:
        said = {
            "cell": door.cell,
            "how": "tag",
            "code": self.crew.tags[door.cell],
            "text": script.sentence(walk.chance),
            "reason": walk.chance.choice(script.script().late) if door.wanted_by < now else "",
        }
        self.client.post(one.token, "/rounds", said)

    # ------------------------------------------------------------------ tasks

    def _work(self, now: datetime) -> None:
        """Look at what one post is asked, one post a second, and do what is due of all."""
        post = self._next_post()
        if (one := self._one_on(post)) is not None:
            rows = self.client.get(one.token, "/tasks?state=open&state=accepted&limit=100")["items"]
            self._take_in_hand(post, rows, now)
        for task, doing in list(self._doing.items()):
            if doing.at <= now:
                with self._said_and_left(doing.player.name):
                    self._go_on(task, doing, now)

    def _next_post(self) -> str:
        if self._posts is None:
            self._posts = self._posts_in_turn()
        return next(self._posts)

    def _posts_in_turn(self) -> Iterator[str]:
        while True:
            yield from self.crew.posts

    def _take_in_hand(self, post: str, rows: Sequence[Any], now: datetime) -> None:
        if post == LEADER:
            grave = tuple(f"DUTY-INFO-{one.type[1:].upper()}" for one in script.script().grave)
            self._grave_open = sum(row["state"] == "open" and _rule(row) in grave for row in rows)
        for row in rows:
            if row["id"] in self._doing:
                continue
            player = self._whose(post, row)
            if player is None:
                continue
            self._seen += 1
            chance = self._chance("task", self._seen)
            if row["state"] == "open":
                at = max(now, moment(row["opened_at"]) + script.takes(row["severity"], chance))
            else:
                at = now + script.does(row["severity"], chance)
            self._doing[row["id"]] = Doing(player, at)

    def _whose(self, post: str, row: Any) -> Player | None:
        """Who of us does a task, or has it in hand since before a restart; None where it isn't ours."""
        players = self._all_on(post)
        if row["state"] == "accepted":
            known = [one for one in self.crew.players if one.post == post]
            return next((one for one in known if one.name == row["holder"]), None)
        if not row["may_accept"] or not players:
            return None
        rule = _rule(row)
        if post in LEFT_TO_PEOPLE:
            ours = rule == BEHIND and post == LEADER and self._is_behind_here(players[0], row)
            return players[0] if ours else None
        if not rule.startswith(_PLAYED):
            return None
        if post == "patrol":
            area = self._area_of(row["cell_id"])
            return next((one for one in players if one.area == area), None)
        return self._chance("who", self._seen).choice(players)  # type: ignore[no-any-return]

    def _area_of(self, cell: str | None) -> str:
        rows = self._doors.items()
        return next((area for area, doors in rows if any(d.cell == cell for d in doors)), "")

    def _is_behind_here(self, leader: Player, row: Any) -> bool:
        """Whether what fell behind is an area that is walked here, and has been walked since."""
        if (area := self._behind.get(row["id"])) is None:
            history = self.client.get(leader.token, f"/tasks/{row['id']}/history")
            source = row["source_entry_id"]
            told = next((one["payload"] for one in history if one["id"] == source), None)
            area = self._behind[row["id"]] = str((told or {}).get("area", ""))
        doors = self._doors.get(area, ())
        opened = moment(row["opened_at"])
        return area in self.crew.areas and all(door.wanted_by > opened for door in doors)

    def _go_on(self, task: str, doing: Doing, now: datetime) -> None:
        del self._doing[task]
        token = doing.player.token
        row = self.client.get(token, f"/tasks/{task}")
        if row["state"] == "open" and row["may_accept"]:
            self.client.post(token, f"/tasks/{task}/accept", {})
            self._seen += 1
            chance = self._chance("does", self._seen)
            doing.at = now + script.does(row["severity"], chance)
            self._doing[task] = doing
        elif row["state"] == "accepted" and row["may_answer"]:
            chance = self._chance("answer", self._seen)
            rule = _rule(row)
            words = (
                chance.choice(script.script().behind)
                if rule == BEHIND
                else script.script().answer(rule, chance)
            )
            self.client.post(token, f"/tasks/{task}/answer", {"text": words})

    # ------------------------------------------------------------------ what is noticed

    def _notice(self, now: datetime) -> None:
        for grave in (False, True):
            known = self._noticing.get(grave)
            if known is None:
                known = self._noticing[grave] = Noticing(self._chance("notice", grave), grave)
                self._due[f"notice {grave}"] = now + known.pause()
            if self._due[f"notice {grave}"] > now:
                continue
            self._due[f"notice {grave}"] = now + known.pause()
            if not (grave and self._grave_open >= _MOST_GRAVE):
                self._record(known.next(), known.chance)

    def _record(self, noticed: script.Noticed, chance: Any) -> None:
        players = self._all_on(noticed.by)
        walked = [area for area in self.crew.areas if self._doors.get(area)]
        if not players or not walked:
            return
        player = chance.choice(players)
        door = chance.choice(self._doors.get(player.area) or self._doors[chance.choice(walked)])
        said: dict[str, Any] = {
            "type": noticed.type,
            "text": noticed.text,
            "details": noticed.details,
        }
        if noticed.about == "person":
            there = self.client.get(player.token, f"/people?cell={door.cell}")["items"]
            if not there:
                return
            said["custody"] = chance.choice(there)["custody_id"]
        else:
            said["cell"] = door.cell
        self.client.post(player.token, "/observations", said)

    # ------------------------------------------------------------------ handing over

    def _hand_over(self, now: datetime) -> None:
        if not self._is_due("handover", _EVERY_HANDOVER, now):
            return
        leader = self._one_on(LEADER)
        if leader is None:
            return
        for row in self.client.get(leader.token, "/handovers?waiting=true")["items"]:
            with self._said_and_left(f"handover of {row['at']}"):
                self._pass_on(row, leader, now)

    def _pass_on(self, row: Any, incoming: Player, now: datetime) -> None:
        changed = moment(row["at"])
        chance = self._chance("handover", row["at"])
        signs, takes = (timedelta(minutes=chance.uniform(*span)) for span in (_SIGNS, _TAKES))
        outgoing = self._who_led(row, incoming, changed)
        if row["standing"] == "signed" and now >= moment(row["signed_at"]) + takes:
            self._take(row, outgoing, incoming, chance)
        elif row["standing"] == "prepared" and now >= changed + signs and outgoing is not None:
            self._sign(row, outgoing, chance)

    def _who_led(self, row: Any, incoming: Player, changed: datetime) -> Player | None:
        """Who of us led the shift that ended then; None where somebody else did, and signs it."""
        named = row["on_duty"] or [one.name for one in self._cast_of(changed - _HALF_A_DAY)]
        return next(
            (
                one
                for one in self.crew.players
                if one.post == LEADER and one.name in named and one.token != incoming.token
            ),
            None,
        )

    def _sign(self, row: Any, outgoing: Player, chance: Any) -> None:
        play = script.script()
        said = {
            "keys_expected": _KEYS,
            "keys_counted": _KEYS,
            "defects": chance.choice(play.defects),
            "words": chance.choice(play.words),
            "own_password": self.crew.password,
        }
        self.client.post(outgoing.token, f"/handovers/{row['id']}/sign", said)
        self.say(f"{outgoing.name} has signed the handover")

    def _take(self, row: Any, outgoing: Player | None, incoming: Player, chance: Any) -> None:
        path = f"/handovers/{row['id']}"
        document = self.client.get(incoming.token, path)
        if not document["may_read"]:
            return
        items = [item for part in document["sections"] for item in part["items"]]
        unread = [{"item": item["id"], "remark": ""} for item in items if not item["mine"]]
        if unread and chance.random() < 0.5:
            unread[0]["remark"] = chance.choice(script.script().questions)
        if unread:
            self.client.post(incoming.token, f"{path}/read", {"items": unread})
        self.client.post(incoming.token, f"{path}/take", {"own_password": self.crew.password})
        if outgoing is not None:
            self._sign_off(outgoing)
        self.say(f"{incoming.name} has taken the shift over")


def _rule(row: Any) -> str:
    """The rule that opened a task."""
    return str(row["why"][0]["rule"]) if row["why"] else ""
