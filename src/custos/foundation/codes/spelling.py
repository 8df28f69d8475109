"""Names, and numbers of documents, as they are compared, however they were typed. Pure.

It folds what a keyboard or a printer chooses: width, case, spaces, brackets, and the dot within a name. It
isn't how people are looked for: see `custody.people.names`.
"""

import unicodedata

_BRACKETS = str.maketrans(dict.fromkeys("〔［[【（", "(") | dict.fromkeys("〕］]】）", ")"))
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅.", "·"))


def same_number(one: str, other: str) -> bool:
    """Whether two numbers of documents are one, however brackets, widths and spaces were typed."""
    return _plain_number(one) == _plain_number(other)


def plain_name(name: str) -> str:
    """A name as it is compared: dots, widths, spaces and case folded."""
    return _joined(unicodedata.normalize("NFKC", name).translate(_DOTS))


def _plain_number(number: str) -> str:
    return _joined(unicodedata.normalize("NFKC", number).translate(_BRACKETS))


def _joined(folded: str) -> str:
    return "".join(folded.split()).casefold()
