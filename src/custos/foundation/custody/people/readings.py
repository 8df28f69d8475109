"""How Chinese characters are read: every reading without tones, and the syllables there are. Pure.

Readings come from `pypinyin`'s dictionary of characters, all of them: which one belongs to a name only
its bearer knows. `rules/readings.yaml` adds what surnames and rare characters are read as.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from typing import Literal

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.custody.engine import Titles

RULES = Path(__file__).parent / "rules" / "readings.yaml"


class ReadingFile(BaseModel):
    """Readings that are added to the dictionary's: a character or two, and theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    source: Titles
    confidence: Literal["V", "E", "M", "P"]
    surnames: tuple[tuple[str, str], ...]
    rare: tuple[tuple[str, str], ...]


def load() -> ReadingFile:
    """Read the file as shipped. Raises `ValueError` for one that is wrong."""
    file = ReadingFile.model_validate(rulefiles.read(RULES))
    for characters, reading in (*file.surnames, *file.rare):
        if len(characters) != len(reading.split()) or not reading.replace(" ", "").isascii():
            raise ValueError(f"{characters}: one reading for each character, in plain letters")
    return file


@cache
def _surnames() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for characters, reading in load().surnames:
        found.setdefault(characters, []).append(tuple(reading.split()))
    return found


@cache
def _rare() -> dict[str, str]:
    return dict(load().rare)


@cache
def of_character(character: str) -> tuple[str, ...]:
    """Every reading of one character, the usual one first; nothing for one that isn't Chinese."""
    # Its phrases take a third of a second to load, so only a process that needs readings does.
    from pypinyin.constants import PINYIN_DICT

    known = PINYIN_DICT.get(ord(character), "")
    plain = [form for one in known.split(",") if one for form in _plain(one)]
    if character in _rare():
        plain.append(_rare()[character])
    return tuple(dict.fromkeys(plain))


def usual(character: str, *, surname: bool = False) -> tuple[str, ...]:
    """How one character is commonly read, in each way to type it: as a surname where it begins a name."""
    if surname and character in _surnames():
        return tuple(one[0] for one in _surnames()[character])
    from pypinyin.constants import PINYIN_DICT

    first = PINYIN_DICT.get(ord(character), "").partition(",")[0]
    return tuple(_plain(first)) if first else of_character(character)


@cache
def _by_surname() -> dict[str, frozenset[str]]:
    from pypinyin.constants import PINYIN_DICT

    found: dict[str, set[str]] = {}
    for character in (chr(at) for at in PINYIN_DICT):
        for reading in usual(character, surname=True):
            found.setdefault(reading, set()).add(character)
    return {reading: frozenset(those) for reading, those in found.items()}


def surnames_read(reading: str) -> frozenset[str]:
    """The characters that are commonly read so where they begin a name."""
    return _by_surname().get(reading, frozenset())


@cache
def _plain(reading: str) -> list[str]:
    """A reading without its tone. ü after l and n is typed as v, yu (as passports have it) or u."""
    decomposed = unicodedata.normalize("NFD", reading)
    kept = "".join(c for c in decomposed if c == "\u0308" or not unicodedata.combining(c))
    kept = kept.replace("u\u0308", "v").replace("\u0308", "")
    if not (kept.isascii() and kept.isalpha() and set(kept) & set("aeiouv")):
        return []
    return [kept, kept.replace("v", "yu"), kept.replace("v", "u")] if "v" in kept else [kept]


def of_name(characters: str) -> list[tuple[str, ...]]:
    """For each character that can be read at all, its readings in a name, a surname's added."""
    found = [list(of_character(one)) for one in characters]
    for length in (1, 2):
        for readings in _surnames().get(characters[:length], ()):
            for at, reading in enumerate(readings):
                if reading not in found[at]:
                    found[at].append(reading)
    return [tuple(one) for one in found if one]


@cache
def syllables() -> frozenset[str]:
    """Every syllable in which anything is read."""
    from pypinyin.constants import PINYIN_DICT

    read = {one for said in PINYIN_DICT.values() for one in said.split(",")}
    return frozenset(form for one in read for form in _plain(one))


@cache
def _beginnings() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for syllable in sorted(syllables()):
        for length in range(1, len(syllable) + 1):
            found.setdefault(syllable[:length], []).append(syllable)
    return {begun: tuple(whole) for begun, whole in found.items()}


def completions(begun: str) -> Sequence[str]:
    """The syllables that begin so, itself among them where it is one."""
    return _beginnings().get(begun, ())


#: No ambiguous string of letters that anybody types has more ways to be cut that matter.
_MOST_CUTS = 12
_LONGEST = 6


def cuts(letters: str) -> list[tuple[str, ...]]:
    """The ways to cut letters into syllables, of which the last may only be begun; fewest first."""
    known, begun = syllables(), _beginnings()
    found: list[tuple[str, ...]] = []

    def cut(rest: str, before: tuple[str, ...]) -> None:
        if len(found) >= _MOST_CUTS * 4:
            return
        if rest in begun:
            found.append((*before, rest))
        for length in range(min(_LONGEST, len(rest) - 1), 0, -1):
            if rest[:length] in known:
                cut(rest[length:], (*before, rest[:length]))

    if letters:
        cut(letters, ())
    return sorted(found, key=len)[:_MOST_CUTS]


def neighbours(letters: str) -> set[str]:
    """All that can be read and is one letter away: another, one more, one less, or two that changed places.

    Walks what is begun of a syllable after each letter, so that of the thousand strings one letter away
    only those are made that can be read.
    """
    known, begun, end = syllables(), _beginnings(), len(letters)

    def step(part: str, letter: str) -> list[str]:
        """What may be begun of a syllable after one more letter."""
        longer = [part + letter] if part + letter in begun else []
        return [*longer, letter] if part in known and letter in begun else longer

    whole: dict[tuple[int, str], bool] = {}

    def rest(at: int, part: str) -> bool:
        """Whether letters from `at` on can be read after what is begun of a syllable."""
        if (at, part) not in whole:
            ends = at == end and (part in known or not part)
            whole[at, part] = ends or (
                at < end and any(rest(at + 1, one) for one in step(part, letters[at]))
            )
        return whole[at, part]

    parts: list[set[str]] = [{""}]
    for letter in letters:
        parts.append({one for part in parts[-1] for one in step(part, letter)})
    found: set[str] = set()
    for at, here in enumerate(parts):
        before, after = letters[:at], letters[at:]
        for part in here:
            if after and rest(at + 1, part):
                found.add(before + after[1:])
            for letter in ascii_lowercase:
                for one in step(part, letter):
                    if rest(at, one):
                        found.add(before + letter + after)
                    if after and rest(at + 1, one):
                        found.add(before + letter + after[1:])
            if len(after) > 1:
                swapped = after[1] + after[0]
                ways = (two for one in step(part, after[1]) for two in step(one, after[0]))
                if any(rest(at + 2, two) for two in ways):
                    found.add(before + swapped + after[2:])
    return found - {letters, ""}
