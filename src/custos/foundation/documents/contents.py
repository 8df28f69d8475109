"""What each paper has to be told: one model a template, by its code.

Everything is required that a paper can't do without; what may be absent has a default. Where nothing
is to be said, a person says so: "无" is an answer, an empty field is none (曼德拉规则 规则7). Titles are
source strings, translated where a refusal lists what is missing.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from django.utils.translation import gettext_noop as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=400)]
#: A person's statement in their own words may be long; nothing of it is cut.
Statement = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Maybe = Annotated[str, StringConstraints(max_length=400)]
Fen = Annotated[int, Field(ge=0, le=10**13)]


class Sex(StrEnum):
    """GB/T 2261.1-2003."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    UNSAID = "9"


class Part(BaseModel):
    """A part of what a paper says."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Money(Part):
    """An amount in fen, written in figures and in the capitals of accounts (大写)."""

    fen: Fen


class Content(Part):
    """What a paper says."""


class Person(Part):
    """Whom a paper is about, as far as every paper asks."""

    name: Text = Field(title=_("Name"))
    sex: Sex = Field(title=_("Sex"))
    born: date | None = Field(None, title=_("Date of birth"))
    identity: Maybe = Field("", title=_("Identity document and its number"))
    address: Maybe = Field("", title=_("Home address"))
    number: Text = Field(title=_("Custody number"))


class Paper(Content):
    """A paper about a person. `stage` is the legal stage at which they stand; what is printed is the word
    that follows from it.
    """

    stage: Text = Field(title=_("Legal stage"))
    person: Person = Field(title=_("Person"))


# ---------------------------------------------------------------------- D09, D10: time limits


class LimitNear(Paper):
    """D09: to the authority that handles the case, before a limit of custody ends.

    `basis` is the document on which custody stands now, `began_on` the first day of custody on any;
    `ends_hour` the hour of an end that is not midnight.
    """

    to: Text = Field(title=_("Addressee"))
    charge: Text = Field(title=_("Reason or charge"))
    basis: Text = Field(title=_("Legal document"))
    began_on: date = Field(title=_("First day of custody"))
    limit: Text = Field(title=_("Limit of custody"))
    article: Text = Field(title=_("Article of law"))
    ends_on: date = Field(title=_("Day on which the limit ends"))
    ends_hour: Maybe = Field("", title=_("Hour at which the limit ends"))
    copy_to: Maybe = Field("", title=_("Copy to"))


class LimitOver(LimitNear):
    """D10: to the procuratorate, once a limit has ended without a paper."""

    authority: Text = Field(title=_("Handling authority"))
    done: Statement = Field(title=_("What the facility has done"))


# ---------------------------------------------------------------------- D12: release


class Released(Paper):
    """D12-1. Ground: 看守所条例 第39条."""

    charge: Text = Field(title=_("Charge"))
    measure: Literal["刑事拘留", "逮捕"] = Field(title=_("Measure that ends"))
    measure_on: date = Field(title=_("Day on which the measure was executed"))
    ground: Text = Field(title=_("Ground of release"))
    article: Text = Field(title=_("Article of law"))
    notice: Text = Field(title=_("Notice of release, its authority and number"))
    released_at: AwareDatetime = Field(title=_("Time of release"))
    left: Maybe = Field("", title=_("Not handed over yet"))


class TermServed(Paper):
    """D12-2."""

    charge: Text = Field(title=_("Offence"))
    court: Text = Field(title=_("Court"))
    judgment: Text = Field(title=_("Number of the judgment"))
    sentence: Text = Field(title=_("Sentence"))
    additional: Maybe = Field("", title=_("Additional penalty"))
    changes: Maybe = Field("", title=_("Changes of the sentence"))
    begins_on: date = Field(title=_("First day of the term"))
    ends_on: date = Field(title=_("Last day of the term"))
    released_at: AwareDatetime = Field(title=_("Time of release"))
    left: Maybe = Field("", title=_("Not handed over yet"))


# ---------------------------------------------------------------------- D14: admission


class Dependant(Part):
    """A child or another person who depends on whoever is admitted (曼德拉规则 规则7(f))."""

    name: Text = Field(title=_("Name"))
    relation: Text = Field(title=_("Relation"))
    age: Annotated[int, Field(ge=0, le=130)] | None = Field(None, title=_("Age"))
    where: Text = Field(title=_("Where they are"))
    carer: Text = Field(title=_("Who cares for them"))


class Contact(Part):
    """Whom to reach in an emergency (曼德拉规则 规则7(g))."""

    name: Text = Field(title=_("Name"))
    relation: Text = Field(title=_("Relation"))
    reach: Text = Field(title=_("Telephone or address"))


class Admission(Paper):
    """D14-1: what 曼德拉规则 规则7 (a) to (g) asks, and who received whom on what ground."""

    aliases: Maybe = Field("", title=_("Other names"))
    nationality: Text = Field(title=_("Nationality"))
    language: Text = Field(title=_("Language"))
    interpreter: bool = Field(title=_("Interpreter needed"))
    needs: Text = Field(title=_("Needs of diet, health or disability"))
    basis: Text = Field(title=_("Legal document"))
    basis_number: Text = Field(title=_("Number of the document"))
    authority: Text = Field(title=_("Authority that issued it"))
    charge: Text = Field(title=_("Reason or charge"))
    taken_at: AwareDatetime = Field(title=_("Time of arrest"))
    taken_where: Text = Field(title=_("Place of arrest"))
    taken_by: Text = Field(title=_("Who arrested"))
    arrived_at: AwareDatetime = Field(title=_("Time of arrival"))
    admitted_at: AwareDatetime = Field(title=_("Time of admission"))
    cell: Text = Field(title=_("Cell"))
    injuries: Statement = Field(title=_("Visible injuries"))
    complaints: Statement = Field(title=_("Complaints of ill-treatment"))
    fitness: Text = Field(title=_("Result of the health examination"))
    property: Text = Field(title=_("Inventory of property"))
    family_told: Text = Field(title=_("Notice to the family"))
    consul: Maybe = Field("", title=_("Notice to the consulate"))
    dependants: tuple[Dependant, ...] = Field(title=_("Dependants"))
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1)] = Field(
        title=_("Emergency contacts")
    )
    escorts: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(title=_("Escorting officers"))
    received_by: Annotated[tuple[Text, ...], Field(min_length=2)] = Field(
        title=_("Receiving officers")
    )


class Health(Paper):
    """D14-2 (看守所条例 第10条; 公监管[2010]214号). `pregnancy` is asked of women only."""

    examined_at: AwareDatetime = Field(title=_("Time of the examination"))
    temperature: Text = Field(title=_("Temperature"))
    pulse: Text = Field(title=_("Pulse"))
    pressure: Text = Field(title=_("Blood pressure"))
    blood: Text = Field(title=_("Blood count"))
    ecg: Text = Field(title=_("ECG"))
    ultrasound: Text = Field(title=_("Ultrasound"))
    chest: Text = Field(title=_("Chest X-ray"))
    present: Statement = Field(title=_("Present state"))
    history: Statement = Field(title=_("Medical history"))
    family: Statement = Field(title=_("Family history"))
    allergies: Text = Field(title=_("Allergies"))
    medication: Text = Field(title=_("Medication"))
    mental: Text = Field(title=_("Mental state"))
    pregnancy: Maybe = Field("", title=_("Pregnancy test"))
    conclusion: Statement = Field(title=_("Conclusion"))
    doctor: Text = Field(title=_("Doctor"))


class Injury(Part):
    """One injury. `x` and `y` are per cent of the figure's width and height, from its top left."""

    side: Literal["正面", "背面"] = Field(title=_("Side of the body"))
    x: Annotated[int, Field(ge=0, le=100)] = Field(title=_("Place across"))
    y: Annotated[int, Field(ge=0, le=100)] = Field(title=_("Place down"))
    part: Text = Field(title=_("Part of the body"))
    kind: Text = Field(title=_("Kind of injury"))
    size: Text = Field(title=_("Size"))
    photo: Maybe = Field("", title=_("Number of the photo"))


class Body(Paper):
    """D14-3. Each tells for themselves how an injury came about (人民检察院刑事诉讼规则 第656条)."""

    examined_at: AwareDatetime = Field(title=_("Time of the examination"))
    injuries: tuple[Injury, ...] = Field(title=_("Injuries"))
    marks: Text = Field(title=_("Marks"))
    own_words: Statement = Field(title=_("The person's explanation"))
    escort_words: Statement = Field(title=_("The escort's explanation"))
    finding: Statement = Field(title=_("The doctor's finding"))
    prosecutor_told: Text = Field(title=_("Notice to the resident prosecutor"))
    doctor: Text = Field(title=_("Doctor"))
    escort: Text = Field(title=_("Escorting officer"))
    officer: Text = Field(title=_("Receiving officer"))


class Thing(Part):
    """One thing that somebody brought."""

    name: Text = Field(title=_("Name"))
    count: Annotated[int, Field(ge=1, le=100_000)] = Field(title=_("How many"))
    unit: Text = Field(title=_("Unit"))
    look: Text = Field(title=_("Features"))
    kept: Text = Field(title=_("What is done with it"))
    seal: Maybe = Field("", title=_("Number of the seal"))


class Property(Paper):
    """D14-4 (看守所条例 第11条): two officers and the person sign."""

    things: tuple[Thing, ...] = Field(title=_("Things"))
    cash: Money = Field(title=_("Cash"))
    registered_at: AwareDatetime = Field(title=_("Time of the inventory"))
    officers: Annotated[tuple[Text, ...], Field(min_length=2)] = Field(
        title=_("Officers who took the inventory")
    )


# ---------------------------------------------------------------------- D15: rights


class Rights(Paper):
    """D15. What it says follows from the kind of facility and the stage; see `rules/rights.yaml`."""

    language: Text = Field(title=_("Language in which it was told"))
    interpreter: Maybe = Field("", title=_("Interpreter"))
    told_at: AwareDatetime = Field(title=_("Time at which it was told"))
    told_by: Text = Field(title=_("Officer who told it"))


# ---------------------------------------------------------------------- D21, D22


class DetentionEnded(Paper):
    """D21-1 (拘留所条例 第30条)."""

    reason: Text = Field(title=_("Reason or charge"))
    authority: Text = Field(title=_("Authority that decided"))
    decision: Text = Field(title=_("Number of the decision"))
    measure: Literal["行政拘留", "司法拘留"] = Field(title=_("Measure"))
    days: Annotated[int, Field(ge=1, le=20)] = Field(title=_("Days of detention"))
    begins_on: date = Field(title=_("First day"))
    ends_on: date = Field(title=_("Last day of the term"))
    ground: Text = Field(title=_("Ground of the end"))
    released_at: AwareDatetime = Field(title=_("Time of release"))
    left: Maybe = Field("", title=_("Not handed over yet"))


class TreatmentEnded(Paper):
    """D22-1 (戒毒条例 第34条)."""

    authority: Text = Field(title=_("Authority that decided"))
    decision: Text = Field(title=_("Number of the decision"))
    months: Annotated[int, Field(ge=1, le=36)] = Field(title=_("Months of treatment"))
    begins_on: date = Field(title=_("First day"))
    ends_on: date = Field(title=_("Last day of the term"))
    ground: Text = Field(title=_("Ground of the end"))
    community: Maybe = Field("", title=_("Recovery in the community"))
    released_at: AwareDatetime = Field(title=_("Time of release"))
    left: Maybe = Field("", title=_("Not handed over yet"))


class TreatmentAssessed(Paper):
    """D22-2: the four parts of 强制隔离戒毒诊断评估办法, and what is proposed."""

    period: Text = Field(title=_("Period that is assessed"))
    decision: Text = Field(title=_("Number of the decision"))
    physical: Statement = Field(title=_("Physical withdrawal"))
    recovery: Statement = Field(title=_("Recovery of body and mind"))
    behaviour: Statement = Field(title=_("Conduct"))
    society: Statement = Field(title=_("Social surroundings and ability to adapt"))
    own_words: Statement = Field(title=_("The person's own view"))
    conclusion: Statement = Field(title=_("Conclusion"))
    assessed_on: date = Field(title=_("Day of the assessment"))
    assessors: Annotated[tuple[Text, ...], Field(min_length=2)] = Field(title=_("Assessors"))


# ---------------------------------------------------------------------- registers and copies


class Line(Part):
    """One entry of a file: when, what, by which post. Its number is that of the facility's chain."""

    number: int
    at: Text
    title: str
    text: str
    by: str
    corrected: bool = False
    erased: bool = False


class Refused(Content):
    """D14-5: to whoever brought somebody who is not received. Nobody was taken into custody, so there is
    neither a stage nor a number.
    """

    to: Text = Field(title=_("Addressee"))
    name: Text = Field(title=_("Name"))
    sex: Sex = Field(title=_("Sex"))
    born: date | None = Field(None, title=_("Date of birth"))
    arrived_at: AwareDatetime = Field(title=_("Time of arrival"))
    papers: Text = Field(title=_("Documents presented"))
    ground: Text = Field(title=_("Ground of the refusal"))
    article: Text = Field(title=_("Article of law"))
    words: Maybe = Field("", title=_("Explanation"))


class FileCopy(Paper):
    """D25: what is on the record about a person, for the person (曼德拉规则 规则9)."""

    reason: Text = Field(title=_("Reason"))
    basis: Text = Field(title=_("Legal document"))
    admitted_at: AwareDatetime = Field(title=_("Time of admission"))
    lines: Annotated[tuple[Line, ...], Field(min_length=1)] = Field(title=_("Entries"))


class Register(Content):
    """D26: a list generated from the record. A row has a cell for each of its columns."""

    name: Text = Field(title=_("Name of the register"))
    narrowed: str = ""
    columns: Annotated[tuple[Text, ...], Field(min_length=1, max_length=12)]
    widths: tuple[Annotated[int, Field(ge=1, le=12)], ...]
    rows: tuple[tuple[str, ...], ...]


CONTENTS: dict[str, type[Content]] = {
    "D09": LimitNear,
    "D10": LimitOver,
    "D12-1": Released,
    "D12-2": TermServed,
    "D14-1": Admission,
    "D14-2": Health,
    "D14-3": Body,
    "D14-4": Property,
    "D14-5": Refused,
    "D15": Rights,
    "D21-1": DetentionEnded,
    "D22-1": TreatmentEnded,
    "D22-2": TreatmentAssessed,
    "D25": FileCopy,
    "D26": Register,
}


def strings_of(value: object) -> list[str]:
    """Every text within what a paper says, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, BaseModel):
        return [
            text for name in type(value).model_fields for text in strings_of(getattr(value, name))
        ]
    if isinstance(value, Sequence):
        return [text for part in value for text in strings_of(part)]
    return []
