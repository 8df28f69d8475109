"""Which legal documents open the door of which kind of facility, as the rules of admission name them."""

from django.utils.translation import get_language

from custos.foundation import clock
from custos.management.reception.admission.rules import Document, Title, rules


def in_words(title: Title) -> str:
    """A name in the reader's language, in English with that which the paper itself bears."""
    english = (get_language() or "").startswith("en")
    return f"{title.en} ({title.zh})" if english else title.zh


def for_kind(kind: str) -> list[Document]:
    """The documents that by themselves open a facility of this kind today.

    What needs other papers or an approval besides is admitted on by the whole procedure alone: only
    there they are looked at.
    """
    return [one for one in held_on(kind) if one.alone]


def held_on(kind: str) -> list[Document]:
    """The documents on which somebody may be held in a facility of this kind today."""
    return list(rules().documents_for(kind, clock.today()))


def title_of(basis: str) -> str:
    """The name of a document in the reader's language; one that the rules don't know as it stands."""
    known = (document.title for document in rules().documents if document.title.zh == basis)
    return next((in_words(title) for title in known), basis)
