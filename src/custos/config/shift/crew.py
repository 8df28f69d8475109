"""Who plays the shift: people with their tokens, and what the tags at the doors say.

Building a demo writes the file; nobody else does, and `of` refuses where there is none.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path("keys") / "shift.json"
#: The file that says of a data folder that a demo lives there; the supervisor writes it.
MARK = "demo"


class NotADemo(Exception):
    """Nobody plays here; the message says why."""


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who may play a post; `staff` is who they are on the roster.

    `crew` is theirs of the two that were on duty when the demo was built, 0 by day and 1 by night; whoever
    was on neither comes when the roster names them. `area` is where a patrol walks in a shift that is cast.
    """

    post: str
    name: str
    token: str
    staff: str
    crew: int | None
    area: str = ""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who plays at a facility, the area that is left to people, and what each cell's tag says.

    `areas` are those whose rounds are walked, in their order; `womens` are those of them that only women
    walk. `password` is what each of them signs a handover with.
    """

    facility: str
    left: str
    areas: tuple[str, ...]
    womens: tuple[str, ...]
    password: str
    players: tuple[Player, ...]
    tags: dict[str, str]

    @property
    def posts(self) -> list[str]:
        """The posts that are played."""
        return list(dict.fromkeys(one.post for one in self.players))


def write(data: Path, crew: Crew) -> None:
    """Keep a crew in a data folder, for its owner alone."""
    file = data / FILE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(asdict(crew), stream, ensure_ascii=False)
    draft.replace(file)


def of(data: Path) -> Crew:
    """The crew of a demo. Raises `NotADemo` on a real installation, and where no world was built."""
    if not (data / MARK).exists():
        raise NotADemo(f"{data} is no demo's folder: a shift is played nowhere else")
    file = data / FILE
    if not file.exists():
        raise NotADemo(
            f"the demo in {data} has nobody to play; `custos demo --fresh` builds it anew"
        )
    said = json.loads(file.read_text(encoding="utf-8"))
    players = tuple(Player(**one) for one in said.pop("players"))
    areas, womens = (tuple(said.pop(name)) for name in ("areas", "womens"))
    return Crew(players=players, areas=areas, womens=womens, **said)
