"""The types that operations take and give. Every text that comes in can be stored and shown."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from ninja import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic_core import PydanticCustomError

from custos.foundation.database.scope import HIGHEST, LOWEST

T = TypeVar("T")

EARLIEST_YEAR, LATEST_YEAR = 1850, 2200


class Shape(BaseModel):
    """Something that is given: read from an object's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Asked(BaseModel):
    """Something that is taken: a name that isn't known is refused, never ignored, and so is text that no
    database stores, whatever field it stands in.
    """

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after", check_fields=False)
    @classmethod
    def _is_storable(cls, value: Any) -> Any:
        return _storable(value) if isinstance(value, str) else value


def like(**fields: Any) -> ConfigDict:
    """The configuration of a shape with an example of it."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def example_of(shape: type[BaseModel]) -> dict[str, Any]:
    """The example of a shape, as part of another's."""
    extra: Any = shape.model_config["json_schema_extra"]
    example: dict[str, Any] = extra["examples"][0]
    return example


class Proof(Asked):
    """What is asked besides where somebody has to prove again who they are, as for a signature."""

    own_password: str = Field(
        "",
        max_length=128,
        description="The caller's own; needed by a token, and by a session after five minutes.",
    )
    own_code: str = Field(
        "", max_length=8, description="Of the authenticator app, where the account uses one."
    )


class Nothing(Asked):
    """Nothing more needs to be said."""

    model_config = like()


def told(what: str, example: Any) -> Any:
    """A filter of a list: none unless it is given."""
    return Field(None, description=what, json_schema_extra={"example": example})


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("characters", "characters that can't be stored")
    return text


def _in_utc(at: datetime) -> datetime:
    """The same instant: offsets of more than sixteen hours are right by RFC 3339, and no database's."""
    return at.astimezone(UTC)


def _possible_year(at: Any) -> Any:
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise PydanticCustomError("year", "too far from our time")
    return at


_storing = AfterValidator(_storable)

#: Text of any length that a database can hold.
Storable = Annotated[str, _storing]

#: What is given in the reader's language.
Translated = Annotated[str, BeforeValidator(str)]
#: A line of text, and one that must say something.
Line = Annotated[str, Field(max_length=400), _storing]
Words = Annotated[str, Field(min_length=1, max_length=4000), _storing]
Name = Annotated[str, Field(min_length=1, max_length=200), _storing]
Day = Annotated[date, AfterValidator(_possible_year)]
Moment = Annotated[AwareDatetime, AfterValidator(_possible_year), AfterValidator(_in_utc)]
OrganizationNumber = Annotated[
    int, Field(ge=LOWEST, le=HIGHEST, description="Number of an organization, nine digits.")
]


_AN_ID = "0198c5a2-7f00-7000-8000-0000000000a1"

CellId = Annotated[UUID, Path(..., description="Identifier of a cell.", example=_AN_ID)]
CustodyId = Annotated[UUID, Path(..., description="Identifier of a stay.", example=_AN_ID)]
EntryId = Annotated[UUID, Path(..., description="Identifier of an entry.", example=_AN_ID)]
TaskId = Annotated[UUID, Path(..., description="Identifier of a task.", example=_AN_ID)]
DeviceId = Annotated[UUID, Path(..., description="Identifier of a device.", example=_AN_ID)]

OrganizationId = Annotated[
    int,
    Path(
        ...,
        ge=LOWEST,
        le=HIGHEST,
        description="Number of an organization, nine digits.",
        example=110101002,
    ),
]


class Paging(Asked):
    """Which part of a list."""

    limit: int = Field(
        50,
        ge=1,
        le=200,
        description="How many items at most.",
        json_schema_extra={"example": 50},
    )
    cursor: str = Field(
        "",
        max_length=600,
        description="`next` of the part before; without it the list begins.",
        json_schema_extra={"example": ""},
    )


class Page(Shape, Generic[T]):
    """A part of a list, in a fixed order. What is added meanwhile moves nothing."""

    items: list[T] = Field(description="The items of this part.")
    next: str | None = Field(
        description="The cursor of the next part; null where this is the last one."
    )
