"""The registry behind the search box of the top bar.

An app with a `search.py` registers there what it can find; the module is loaded at start-up. A finder
asks its own module's queries, in the scope of the running page: what the reader may not see is not
found, and people who are shown are noted in the access log by the query that names them.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

LONGEST = 64
#: How many hits of a group stand in the list; a finder is asked for one more, to know of others.
MOST = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: where it opens, and what tells it from others of its name.

    `person` is what a `chip` takes; it then stands in place of the title. `exact` where what was typed
    is its whole name or number: its group then stands first, and where it is a person, all else is folded.
    """

    url: str
    title: Any = ""
    line: Any = ""
    person: Any = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What one finder found."""

    name: str
    title: Any
    icon: str
    hits: Sequence[Hit]
    more: bool
    #: Where all of them stand; empty where there is no such list.
    url: str = ""
    #: Whether it is opened by whoever wants more than the exact one.
    folded: bool = False


#: Asked with the words, `request.acting` and how many hits are wanted at most.
Finder = Callable[[str, Any, int], Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class _Source:
    title: Any
    find: Finder
    icon: str
    order: int
    shown: Callable[[Any], bool]
    everything: Callable[[str], str]


_sources: dict[str, _Source] = {}


def register(
    name: str,
    title: Any,
    find: Finder,
    *,
    icon: str,
    order: int = 100,
    shown: Callable[[Any], bool] = lambda acting: True,
    everything: Callable[[str], str] = lambda words: "",
) -> None:
    """Let the search box find something, under a title, for those for whom `shown` is true.

    `everything` gives the address of the list of all that fits the words, where there is one.
    """
    _sources[name] = _Source(title, find, icon, order, shown, everything)


def words_of(text: str) -> str:
    """What was typed as it is looked for: full-width letters and digits made plain, spaces single."""
    return " ".join(unicodedata.normalize("NFKC", text).split())[:LONGEST]


def long_enough(words: str) -> bool:
    """Whether that is worth a search: one Chinese character is, one letter or digit isn't."""
    return len(words) >= 2 or (len(words) == 1 and not words.isascii())


def finds_for(acting: Any) -> bool:
    """Whether anything is searched for this reader: who finds nothing is shown no search box."""
    return any(source.shown(acting) for source in _sources.values())


def ask(words: str, acting: Any) -> list[Group]:
    """What all finders find, empty groups left out; those that hold what was typed by its whole name
    stand first, all else in their order. Beside somebody of exactly this name or number the rest is folded.
    """
    if not acting or not long_enough(words):
        return []
    groups = []
    for name, source in sorted(_sources.items(), key=lambda item: (item[1].order, item[0])):
        if not source.shown(acting):
            continue
        hits = source.find(words, acting, MOST + 1)
        if hits:
            more, url = len(hits) > MOST, source.everything(words)
            groups.append(Group(name, source.title, source.icon, hits[:MOST], more, url))
    if any(_is_it(hit) for group in groups for hit in group.hits):
        return _folded(groups)
    return sorted(groups, key=lambda group: not any(hit.exact for hit in group.hits))


def _is_it(hit: Hit) -> bool:
    return hit.exact and hit.person is not None


def _folded(groups: Sequence[Group]) -> list[Group]:
    first, rest = [], []
    for group in groups:
        exact = [hit for hit in group.hits if _is_it(hit)]
        others = [hit for hit in group.hits if not _is_it(hit)]
        if exact:
            first.append(replace(group, hits=exact, more=False, url=""))
        if others:
            rest.append(replace(group, name=f"{group.name}-rest", hits=others, folded=True))
    return [*first, *rest]
