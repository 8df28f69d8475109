"""Names and numbers cut into tokens, and what was typed read as tokens. Pure.

A person has a row for each token of theirs; whatever is looked for is one equality on an index, or a
few of them. The first character of a token says what it is:

| | of 王小川 | |
| --- | --- | --- |
| `H` `h` | 王小川; 王 小 川 王小 小川 | all of a name; a part of it, of at most three characters |
| `s` | 王川 | two characters around a third |
| `P` `p` | wangxiaochuan; wang xiao wangxiao … | the same as they are read, in every reading |
| `I` `i` | wxc; wx xc | first letters of the readings |
| `L` `w` `l` | | all letters of a name; a word; two or three letters in a row |
| `x` | | all letters, or a word, without one of them |
| `n` `t` | | all of a number; its last characters |
| `b` `c` `d` | | blind indexes of a document's number: whole, first 6, first 14 |
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from custos.foundation.codes.identity import check_character
from custos.foundation.custody.people import readings

#: A blind index of a text for a purpose: see `database.secrecy.blind`.
Blind = Callable[[str, str], str]
Token = str

WHOLE, FIRST_6, FIRST_14 = "identity.whole", "identity.first_6", "identity.first_14"

#: Of one part of a name no more readings are kept than this.
_MOST_READINGS = 96
_PART, _READ_WHOLE = 3, 4
#: What stands behind that in a name is found as it is written only.
_MOST_READ = 24
_TAILS = (4, 5, 6, 8, 12)
#: What people say before a number, as it is spoken: "尾号0540". No name has these words before figures.
_SAID_BEFORE = re.compile(
    r"^(?:人员|羁押)?(?:编号|尾号|尾数|末[四4]位|后[四4]位)[是为]?[\s:]*(?=[\W_]*[0-9a-z])"
)
#: Shorter words have too many neighbours for a wrong letter to mean anything; longer ones too many to ask.
_TOLERANT_FROM, _TOLERANT_TO = 4, 24
#: The shortest readings of names have four letters (李怡 liyi): with one missing, three are typed.
_READ_TOLERANT_FROM = 3


# ------------------------------------------------------------------ what a person is found by


def of_name(name: str) -> set[Token]:
    """The tokens of one name or alias."""
    characters, words = _parts(fold(name))
    return _of_characters(characters) | _of_words(words)


def of_number(number: str) -> set[Token]:
    """The tokens of a custody number: all of it, and its last characters."""
    plain = _alphanumeric(number)
    if not plain:
        return set()
    return {f"n{plain}", *(f"t{plain[-length:]}" for length in _TAILS if length < len(plain))}


def of_document(number: str, *, citizen: bool, blind: Blind) -> set[Token]:
    """The blind indexes of an identity document's number; parts of it for a citizen's number only."""
    plain = _alphanumeric(number)
    found = {f"b{blind(WHOLE, plain)}"} if plain else set()
    if citizen and len(plain) == 18:
        found |= {f"c{blind(FIRST_6, plain[:6])}", f"d{blind(FIRST_14, plain[:14])}"}
    return found


def fold(text: str) -> str:
    """Text as it is compared: compatible forms as one, without case, accents of letters left out."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))


def _is_chinese(character: str) -> bool:
    at = ord(character)
    return (
        0x3400 <= at <= 0x9FFF or 0xF900 <= at <= 0xFAFF or 0x20000 <= at <= 0x3FFFF or at == 0x3007
    )


def _parts(folded: str) -> tuple[str, list[str]]:
    """The Chinese characters as one, and the words of other letters. Dots and spaces separate."""
    characters = "".join(c for c in folded if _is_chinese(c))
    spaced = "".join(
        c if c.isalnum() and not _is_chinese(c) else " " for c in folded.replace("'", "")
    )
    return characters, spaced.split()


def _alphanumeric(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def _windows(items: Sequence[str] | str, longest: int) -> Iterator[Sequence[str] | str]:
    """Parts of one to `longest` items in a row that are not all of them."""
    for length in range(1, min(longest, len(items) - 1) + 1):
        for start in range(len(items) - length + 1):
            yield items[start : start + length]


def _of_characters(characters: str) -> set[Token]:
    if not characters:
        return set()
    found = {f"H{characters}", *(f"h{part}" for part in _windows(characters, _PART))}
    found |= {f"s{a}{c}" for a, c in zip(characters, characters[2:], strict=False)}
    read = readings.of_name(characters[:_MOST_READ])
    if not read:
        return found
    if len(read) <= _READ_WHOLE:
        found |= {f"P{joined}" for joined in _joined(read)}
    for length in range(1, min(_PART, len(read) - 1) + 1):
        for start in range(len(read) - length + 1):
            found |= {f"p{joined}" for joined in _joined(read[start : start + length])}
    first = [tuple(dict.fromkeys(one[0] for one in readings_)) for readings_ in read]
    if 2 <= len(first) <= _READ_WHOLE:
        found |= {f"I{joined}" for joined in _joined(first)}
    for length in range(2, min(_PART, len(first) - 1) + 1):
        for start in range(len(first) - length + 1):
            found |= {f"i{joined}" for joined in _joined(first[start : start + length])}
    return found


def _joined(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    return islice(("".join(one) for one in product(*parts)), _MOST_READINGS)


def _of_words(words: Sequence[str]) -> set[Token]:
    joined = "".join(words)
    if not joined:
        return set()
    return {
        f"L{joined}",
        *(f"w{word}" for word in words),
        *(f"l{joined[at : at + n]}" for n in (2, 3) for at in range(len(joined) - n + 1)),
        *(
            f"x{shorter}"
            for word in {joined, *words}
            if _TOLERANT_FROM <= len(word) <= _TOLERANT_TO
            for shorter in _without_one(word)
        ),
    }


# ------------------------------------------------------------------ what was typed


@dataclass(slots=True)
class Wanted:
    """What somebody looks for, as tokens, best first.

    `whole` and `part` are sets of which one token suffices; each of `together` is a row of such sets,
    of which each must have one. `near` are the same for one wrong letter. `surnames` are those of which
    the beginning of what was typed is the common reading: whoever has one stands first. `surname_alone`:
    nothing but that was typed, so that nearly everybody of the surname is meant.
    """

    whole: set[Token] = field(default_factory=set)
    part: set[Token] = field(default_factory=set)
    surnames: set[Token] = field(default_factory=set)
    surname_alone: bool = False
    together: list[list[set[Token]]] = field(default_factory=list)
    near: set[Token] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.whole or self.part or self.together)


def read(typed: str, blind: Blind) -> Wanted:
    """What was typed as tokens. Words with spaces between are also looked for as one name."""
    folded = _SAID_BEFORE.sub("", fold(typed).strip())
    characters, words = _parts(folded)
    if characters and words:
        return _all_of([_characters(characters), *(_word(word, blind) for word in words)])
    if characters:
        return _characters(characters)
    if not words:
        return Wanted()
    if len(words) == 1:
        return _word(words[0], blind)
    joined = _word("".join(words), blind)
    apart = _all_of([_word(word, blind) for word in words])
    joined.together += apart.together
    return joined


def _all_of(parts: Sequence[Wanted]) -> Wanted:
    """Several things that are all looked for: of each, what one token says."""
    sets = [one.whole | one.part for one in parts]
    rows = [row for one in parts for row in one.together[:1] if not (one.whole | one.part)]
    return Wanted(together=[[*(one for one in sets if one), *(s for row in rows for s in row)]])


def _characters(typed: str) -> Wanted:
    wanted = Wanted(whole={f"H{typed}"})
    if len(typed) <= _PART:
        wanted.part.add(f"h{typed}")
    else:
        wanted.together.append([{f"h{part}"} for part in _covering(typed)])
    if len(typed) >= 2:
        # What sounds the same, and one other character of three.
        sounds = list(_joined(readings.of_name(typed)))
        wanted.near |= {f"P{sound}" for sound in sounds}
        if len(typed) <= _PART:
            wanted.near |= {f"p{sound}" for sound in sounds}
    if len(typed) == 3:
        wanted.near |= {f"h{typed[:2]}", f"h{typed[1:]}", f"s{typed[0]}{typed[2]}"}
    elif len(typed) > 3:
        wanted.near |= {f"h{typed[:3]}", f"h{typed[-3:]}"}
    return wanted


def _word(typed: str, blind: Blind) -> Wanted:
    digits = sum(c.isdigit() for c in typed)
    # An X at the end of a number makes no word of it, and a figure in a name makes no number.
    wanted = _letters(typed) if digits * 2 <= len(typed) else Wanted()
    if digits and len(typed) >= 4:
        _add_number(wanted, _alphanumeric(typed), blind)
    return wanted


def _letters(typed: str) -> Wanted:
    wanted = Wanted(whole={f"P{typed}", f"I{typed}", f"L{typed}"})
    wanted.part |= {f"p{typed}", f"i{typed}", f"w{typed}"}
    if len(typed) <= _PART:
        wanted.part.add(f"l{typed}")
    else:
        grams = _covering(typed)
        wanted.together.append([{f"l{gram}"} for gram in grams])
        if len(typed) <= 8:
            wanted.together.append([{f"i{gram}"} for gram in grams])
    for cut in readings.cuts(typed):
        *done, last = cut
        wanted.surnames |= {f"h{one}" for one in readings.surnames_read(cut[0])}
        wanted.surname_alone |= not done
        ends = readings.completions(last)
        if len(cut) <= _READ_WHOLE:
            wanted.part |= {f"P{''.join(done)}{end}" for end in ends}
        if len(cut) <= _PART:
            wanted.part |= {f"p{''.join(done)}{end}" for end in ends}
        else:
            starts = range(0, len(cut) - _PART, _PART)
            parts = [{f"p{''.join(cut[at : at + _PART])}"} for at in starts]
            begun = "".join(cut[-_PART:-1])
            wanted.together.append([*parts, {f"p{begun}{end}" for end in ends}])
    wanted.part -= wanted.whole
    if _READ_TOLERANT_FROM <= len(typed) <= _TOLERANT_TO and typed.isascii():
        for other in readings.neighbours(typed):
            wanted.near |= {f"P{other}", f"p{other}"}
    if _TOLERANT_FROM <= len(typed) <= _TOLERANT_TO and typed.isascii():
        # In other scripts what lacks one letter is kept with the name: see `_of_words`.
        shorter = _without_one(typed)
        wanted.near |= {f"x{typed}", *(f"{sort}{one}" for one in shorter for sort in "xLw")}
    return wanted


#: How well a name fits: all of it, its beginning, a part.
_ALL, _BEGINS, _HAS = range(3)
#: A name is read in no more ways than this to be put in its place.
_MOST_RANKED = 64


def rank(typed: str, name: str) -> tuple[int, int]:
    """Where a name that was found stands among others, the lowest first.

    First by how it must be read to fit: as names are commonly read, with its surname so, or in some other
    reading, as 方 is found by "wang". Then by how much of it fits. Where that says nothing, as of numbers,
    all are alike.
    """
    asked, words = _parts(fold(typed))
    characters, spelled = _parts(fold(name))
    letters = "".join(words)
    if asked and not words:
        fit = _fit(asked, [characters])
        return (0, fit) if fit is not None else (1, _ALL)
    if asked or not letters.isalpha():
        return 0, _ALL
    if spelled and (fit := _fit(letters, ["".join(spelled)])) is not None:
        return 0, fit
    if not characters:
        return 1, _ALL
    every = readings.of_name(characters[:_READ_WHOLE])
    usual = [readings.usual(one, surname=not at) for at, one in enumerate(characters[:_READ_WHOLE])]
    for level, read in enumerate((usual, [*usual[:1], *every[1:]], every)):
        ways = list(islice(("".join(one) for one in product(*read)), _MOST_RANKED))
        initials = ["".join(one[0] for one in way) for way in islice(product(*read), _MOST_RANKED)]
        fits = [fit for fit in (_fit(letters, ways), _fit(letters, initials)) if fit is not None]
        if fits:
            return level, min(fits)
    return 1, _ALL  # by an alias


def _fit(typed: str, ways: Iterable[str]) -> int | None:
    fits = [
        _ALL if way == typed else _BEGINS if way.startswith(typed) else _HAS
        for way in ways
        if typed in way
    ]
    return min(fits, default=None)


def _covering(typed: str) -> list[str]:
    """Parts of three that together are all of something longer; few, since each is a question more."""
    starts = [*range(0, len(typed) - _PART, _PART), len(typed) - _PART]
    return [typed[at : at + _PART] for at in starts]


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _swaps(typed: str) -> set[str]:
    """The same length with one other digit, or two that changed places."""
    found = {typed[:at] + c + typed[at + 1 :] for at in range(len(typed)) for c in "0123456789"}
    for at in range(len(typed) - 1):
        found.add(typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :])
    return found - {typed}


def _add_number(wanted: Wanted, typed: str, blind: Blind) -> None:
    wanted.whole |= {f"n{typed}", f"b{blind(WHOLE, typed)}"}
    tail = max((length for length in _TAILS if length <= len(typed)), default=0)
    if tail:
        wanted.part.add(f"t{typed[-tail:]}")
    if len(typed) == 6:
        wanted.part.add(f"c{blind(FIRST_6, typed)}")
    if len(typed) == 14:
        wanted.part.add(f"d{blind(FIRST_14, typed)}")
    if len(typed) >= 9:
        wanted.near |= {f"n{other}" for other in _swaps(typed)}
    if len(typed) == 18:
        wanted.near |= {f"b{blind(WHOLE, one)}" for one in _swaps(typed) if _checks(one)}


def _checks(number: str) -> bool:
    return number[:17].isdigit() and check_character(number[:17]) == number[17]


def of_person(
    names: Iterable[str],
    numbers: Iterable[str],
    documents: Iterable[tuple[str, bool]],
    blind: Blind,
) -> set[Token]:
    """All tokens of a person: names and aliases, custody numbers, documents and whether a citizen's."""
    found: set[Token] = set()
    for name in names:
        found |= of_name(name)
    for number in numbers:
        found |= of_number(number)
    for number, citizen in documents:
        found |= of_document(number, citizen=citizen, blind=blind)
    return found
