"""Arrival, over the API."""

from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    Day,
    Line,
    Moment,
    Name,
    OrganizationId,
    Shape,
    like,
)
from custos.foundation.custody import queries
from custos.foundation.custody.api import PersonShown
from custos.foundation.custody.kinds import Admitted
from custos.foundation.errors import Malformed
from custos.foundation.organizations import queries as organizations
from custos.foundation.ui.wording import enumerated
from custos.management.reception import documents, known

router = Router(_("Arrival"))

_CELL = "0198c5a2-7f00-7000-8000-0000000000c1"


class DocumentShown(Shape):
    """A kind of legal document on which people are admitted."""

    model_config = like(title="拘留证", name="拘留证", source="看守所条例 第9条", confidence="V")
    title: str = Field(description="Its name, as `basis` takes it.")
    name: str = Field(description="The same in the reader's language.")
    source: str = Field(description="The law.")
    confidence: str = Field(description="V read, E excerpt, M from memory, P our proposal.")


@router.read(
    "/organizations/{organization}/admission-documents",
    gives=list[DocumentShown],
    scope="organizations:read",
    summary=_("List the documents that open a facility"),
)
def list_admission_documents(call: Call, organization: OrganizationId) -> Any:
    """The legal documents on which this kind of facility admits, those that need nothing besides.

    What needs other papers or an approval is admitted on at the desk only, where they are looked at.
    """
    found = documents.for_kind(organizations.in_scope(organization).kind)
    return [
        DocumentShown(
            title=one.title.zh,
            name=documents.in_words(one.title),
            source=one.source,
            confidence=one.confidence,
        )
        for one in found
    ]


class Admission(Asked):
    """Who comes, on what ground, and into which cell."""

    model_config = like(
        name="王小川", sex="1", born="1990-05-01", basis="拘留证", basis_number="京公(2026)1号",
        number="110101002202603020001", arrived_at="2026-03-02T09:30:00+08:00", cell=_CELL,
        reason="", same_name="",
    )  # fmt: skip
    name: Name = Field(description="The person's name.")
    sex: str = Field(pattern=r"^[12]$", description="1 male, 2 female (GB/T 2261.1).")
    born: Day | None = Field(None, description="Date of birth; null where it is not known.")
    basis: Annotated[Name, Field(max_length=32)] = Field(
        description="The kind of legal document; one of those that open this facility."
    )
    basis_number: Annotated[Name, Field(max_length=100)] = Field(description="Its number.")
    number: Annotated[Name, Field(max_length=32)] = Field(description="The custody number.")
    arrived_at: Moment = Field(description="When the person arrived.")
    cell: UUID = Field(description="The cell.")
    reason: Line = Field("", description="Needed only where a rule warns.")
    same_name: Line = Field(
        "",
        description="How it is known that this isn't the person of the same name, sex and birth who is in"
        " custody already; needed only where there is one.",
    )


@router.write(
    "/admissions",
    gives=PersonShown,
    scope="people:write",
    posts=Admitted.writers.allowed_posts,
    purpose="reception.admit",
    made=True,
    summary=_("Admit a person"),
)
def admit_person(call: Call, admission: Admission) -> Any:
    """Admits a person into a cell on a legal document. The law's refusals name their source.

    Whoever has the name, sex and birth of somebody in custody is refused (`admission.here_already`) unless
    `same_name` says how they are known to be another person.
    """
    place = organizations.cell(admission.cell)
    kind = organizations.organization(place.organization_id).kind
    opening = [document.title.zh for document in documents.for_kind(kind)]
    if admission.basis not in opening:
        raise Malformed(
            "reception.basis",
            _("On this document nobody is admitted here."),
            field="basis",
            mend=_("Known are: %(known)s."),
            known=enumerated(opening),
        )
    said = admission.model_dump()
    somebody_else = said.pop("same_name")
    stay = known.admit(place.organization_id, somebody_else=somebody_else, **said, by=call.actor)
    return queries.person(stay.pk)
