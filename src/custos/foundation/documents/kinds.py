"""Entries about papers."""

from django.utils.translation import gettext_lazy as _

from custos.foundation.documents import catalogue
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Readers, Writers


class DocumentIssued(Kind):
    """A paper was issued; it is the entry's attachment. Which posts may is said by its template."""

    name, version = "document.issued", 1
    title = _("Document issued")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    code: str
    template_version: int
    year: int
    number: int
    mark: str
    reason: str = ""

    def line(self) -> str:
        title = catalogue.title_of(self.code)
        return f"{title} {number_of(self.mark, self.year, self.number)}"


def number_of(mark: str, year: int, number: int) -> str:
    """A paper's number as it stands on it (GB/T 9704-2012 7.2.5)."""
    return f"{mark}〔{year}〕{number}号"
