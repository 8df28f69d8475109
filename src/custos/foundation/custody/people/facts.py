"""The sorts of facts that are held of a person and of a stay. Plain values, no database.

What is in a fact's own fields stands in the record too; what is named by `secret` is encrypted in its row
and written nowhere else. No sort holds ethnicity, religion or political opinion: needs that follow from
them are held as needs, in the person's own words.

Source: Nelson Mandela Rule 7; 看守所条例 第9、12条; 公安机关办理刑事案件程序规定 第370条; 刑事诉讼法
第33、34条.
"""

import re
from functools import cache
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from babel import Locale
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from custos.foundation.api.schemas import Asked, Day, Line, Moment, Name, like
from custos.foundation.codes import identity, shipped


def _of_table(table: str) -> AfterValidator:
    def known(code: str) -> str:
        if code not in shipped.meanings(table):
            raise PydanticCustomError("code", "no code of {table}", {"table": table})
        return code

    return AfterValidator(known)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def _english() -> bool:
    return (get_language() or "").startswith("en")


#: What CLDR names otherwise than GB/T 2659.1, which writes 中国 before Hong Kong, Macao and this alike.
_NAMED = {"TW": {"zh": "中国台湾", "en": "Taiwan, China"}}


def country_title(code: str) -> str:
    """A country's or region's name in the active language (Unicode CLDR, GB/T 2659.1); the code itself
    where unknown.
    """
    language = "en" if _english() else "zh"
    if code in _NAMED:
        return _NAMED[code][language]
    return str(_locale("en" if _english() else "zh_Hans_CN").territories.get(code, code))


def country_choices() -> list[tuple[str, str]]:
    """Each country's code and name: China first, the others by pinyin or letters."""
    return list(_ordered(_english()))


@cache
def _ordered(english: bool) -> tuple[tuple[str, str], ...]:
    # As in `readings`: only a process that needs them loads them.
    from pypinyin import lazy_pinyin

    named = [(code, country_title(code)) for code in countries()]
    sound = str.casefold if english else lambda title: " ".join(lazy_pinyin(title))
    return tuple(sorted(named, key=lambda one: (one[0] != "CN", sound(one[1]))))


@cache
def countries() -> tuple[str, ...]:
    """Codes of ISO 3166-1 alpha-2 (GB/T 2659.1), as CLDR names them."""
    # ZZ and the like are CLDR's own words for what is no country, CQ and the like reserved for no country.
    own = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
    codes = (str(code) for code in _locale("en").territories)
    return tuple(
        sorted(code for code in codes if re.fullmatch("[A-Z]{2}", code) and code not in own)
    )


def _country(code: str) -> str:
    if code not in countries():
        raise PydanticCustomError("code", "no country of ISO 3166-1")
    return code


class Fact(Asked):
    """What every sort of fact has."""

    #: Whether it is of the stay and not of the person, and whether a new one takes the former's place.
    of_stay: ClassVar[bool] = False
    single: ClassVar[bool] = False
    #: Fields that are encrypted and stand in no entry.
    secret: ClassVar[frozenset[str]] = frozenset()
    #: Fields that are codes, by their table.
    tables: ClassVar[dict[str, str]] = {}
    title: ClassVar[Any] = ""
    sort: str

    def open_part(self) -> dict[str, Any]:
        """The fields that may stand in the clear, as JSON."""
        return self.model_dump(mode="json", exclude=set(self.secret))

    def secret_part(self) -> dict[str, str]:
        """The fields that are encrypted, as far as they are filled in."""
        return {name: value for name in sorted(self.secret) if (value := getattr(self, name))}

    def words(self) -> str:
        """The fact in one line, in the active language, without what is secret."""
        return ""

    def meaning(self, field: str) -> str:
        """What the code in a field means."""
        return shipped.title(self.tables[field], str(getattr(self, field)))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


class OtherName(Fact):
    """A further name by which the person is or was known."""

    model_config = ConfigDict(extra="forbid") | like(sort="name", kind="nickname", text="小㐂")
    title = _("Other name")
    tables = {"kind": "custos.name_kind"}
    sort: Literal["name"] = Field("name", description="Always `name`.")
    kind: Annotated[str, _of_table("custos.name_kind")] = Field(
        description="Code of `custos.name_kind`."
    )
    text: Name = Field(description="The name as written, rare characters included.")

    def words(self) -> str:
        return _joined(self.text, self.meaning("kind"))


class IdentityPaper(Fact):
    """A document that says who the person is. A wrong number is kept as unverified, never refused."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="identity", kind="resident_id", number="11010519491231002X", issuer="", valid_to=None
    )
    title = _("Identity document")
    tables = {"kind": "custos.identity_paper"}
    secret = frozenset({"number"})
    sort: Literal["identity"] = Field("identity", description="Always `identity`.")
    kind: Annotated[str, _of_table("custos.identity_paper")] = Field(
        description="Code of `custos.identity_paper`."
    )
    number: Annotated[Name, Field(max_length=40)] = Field(
        description="Its number; stored encrypted."
    )
    issuer: Annotated[Line, Field(max_length=200)] = Field("", description="Who issued it.")
    valid_to: Day | None = Field(None, description="Until when it is valid; null where not known.")

    @property
    def citizen(self) -> bool:
        """Whether its number is a citizen's (GB 11643)."""
        return self.kind == "resident_id"

    @property
    def fault(self) -> str:
        """What is wrong with a citizen's number, by `codes.identity`; empty for nothing."""
        return identity.examine(self.number).fault if self.citizen else ""

    @property
    def verified(self) -> bool:
        """Whether it is a citizen's number that is well formed; others can't be told by themselves."""
        return self.citizen and not self.fault

    @property
    def tail(self) -> str:
        """The last four characters of the number, which may stand in the clear."""
        return self.number.strip()[-4:]

    def words(self) -> str:
        return _joined(self.meaning("kind"), f"…{self.tail}")


class Identified(Fact):
    """How far it is known who the person is; somebody unknown is admitted under a working name."""

    model_config = ConfigDict(extra="forbid") | like(sort="identified", state="claimed", how="自报")
    title = _("Identity")
    single = True
    tables = {"state": "custos.identified"}
    sort: Literal["identified"] = Field("identified", description="Always `identified`.")
    state: Annotated[str, _of_table("custos.identified")] = Field(
        description="Code of `custos.identified`."
    )
    how: Line = Field("", description="How it was found out, or what the working name comes from.")

    def words(self) -> str:
        return _joined(self.meaning("state"), self.how)


class Nationality(Fact):
    """The state whose national the person is."""

    model_config = ConfigDict(extra="forbid") | like(sort="nationality", country="VN")
    title = _("Nationality")
    single = True
    sort: Literal["nationality"] = Field("nationality", description="Always `nationality`.")
    country: Annotated[str, AfterValidator(_country)] = Field(
        description="Code of ISO 3166-1 alpha-2 (GB/T 2659.1)."
    )

    def words(self) -> str:
        return country_title(self.country)


class Language(Fact):
    """A language that the person speaks, and whether it takes an interpreter."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="language", language="越南语", interpreter=True
    )
    title = _("Language")
    single = True
    sort: Literal["language"] = Field("language", description="Always `language`.")
    language: Annotated[Line, Field(min_length=1, max_length=100)] = Field(
        description="The language or dialect, in words; signed languages too."
    )
    interpreter: bool = Field(False, description="Whether an interpreter is needed.")

    def words(self) -> str:
        return _joined(self.language, gettext("Needs an interpreter") if self.interpreter else "")


class Consular(Fact):
    """Whether a foreign national wants their consulate told, and visits from it."""

    model_config = ConfigDict(extra="forbid") | like(sort="consular", wish="wanted", note="")
    title = _("Consular wish")
    single = True
    tables = {"wish": "custos.consular"}
    sort: Literal["consular"] = Field("consular", description="Always `consular`.")
    wish: Annotated[str, _of_table("custos.consular")] = Field(
        description="Code of `custos.consular`."
    )
    note: Line = Field("", description="What the person said, and the paper that bears it.")

    def words(self) -> str:
        return _joined(self.meaning("wish"), self.note)


class Need(Fact):
    """What the person needs, or how staff are to care for them. No diagnosis."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="need", kind="care", text="每日两次胰岛素，按时叫医生"
    )
    title = _("Need")
    tables = {"kind": "custos.need"}
    sort: Literal["need"] = Field("need", description="Always `need`.")
    kind: Annotated[str, _of_table("custos.need")] = Field(description="Code of `custos.need`.")
    text: Line = Field(
        "", description="What exactly, in plain words that everybody on duty may read."
    )

    def words(self) -> str:
        return _joined(self.meaning("kind"), self.text)


class Dependant(Fact):
    """A child or another person whom the person in custody looked after, and who does so now."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="dependant", name="小宝", relation="20", born="2019-06-01", place="家中", carer="外祖母",
        cared_for=True,
    )  # fmt: skip
    title = _("Dependant")
    tables = {"relation": "GB/T 4761-2008"}
    sort: Literal["dependant"] = Field("dependant", description="Always `dependant`.")
    name: Name = Field(description="Their name.")
    relation: Annotated[str, _of_table("GB/T 4761-2008")] = Field(
        description="Code of GB/T 4761-2008."
    )
    born: Day | None = Field(None, description="Date of birth; null where not known.")
    place: Line = Field("", description="Where they are.")
    carer: Line = Field("", description="Who looks after them now.")
    cared_for: bool = Field(False, description="Whether somebody does.")

    def words(self) -> str:
        nobody = "" if self.cared_for else gettext("Nobody cares for them yet")
        return _joined(
            self.name,
            self.meaning("relation"),
            self.born.isoformat() if self.born else "",
            self.place,
            self.carer,
            nobody,
        )


class Contact(Fact):
    """Somebody to turn to: in an emergency, of the family, or who acts for the person."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="contact", kind="emergency", name="王秀英", relation="52", phone="13800000000", note=""
    )
    title = _("Contact")
    tables = {"kind": "custos.contact", "relation": "GB/T 4761-2008"}
    secret = frozenset({"phone"})
    sort: Literal["contact"] = Field("contact", description="Always `contact`.")
    kind: Annotated[str, _of_table("custos.contact")] = Field(
        description="Code of `custos.contact`."
    )
    name: Name = Field(description="Their name.")
    relation: Annotated[str, _of_table("GB/T 4761-2008")] = Field(
        "99", description="Code of GB/T 4761-2008; 99 for no relative."
    )
    phone: Annotated[Line, Field(max_length=40)] = Field("", description="Stored encrypted.")
    note: Line = Field("", description="What else helps to reach them.")

    def words(self) -> str:
        return _joined(self.name, self.meaning("relation"), self.meaning("kind"), self.note)


class Lawyer(Fact):
    """A lawyer of the person."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="lawyer", kind="appointed", name="陈律师", firm="某某律师事务所", licence="", phone=""
    )
    title = _("Lawyer")
    tables = {"kind": "custos.lawyer"}
    secret = frozenset({"phone"})
    sort: Literal["lawyer"] = Field("lawyer", description="Always `lawyer`.")
    kind: Annotated[str, _of_table("custos.lawyer")] = Field(description="Code of `custos.lawyer`.")
    name: Name = Field(description="Their name.")
    firm: Line = Field("", description="Their firm or legal-aid centre.")
    licence: Annotated[Line, Field(max_length=60)] = Field("", description="Number of the licence.")
    phone: Annotated[Line, Field(max_length=40)] = Field("", description="Stored encrypted.")

    def words(self) -> str:
        return _joined(self.name, self.firm, self.meaning("kind"))


class Basis(Fact):
    """A legal document on which the stay rests, or that changed it."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="basis", kind="arrest_warrant", number="京公(2026)9号", issuer="某县公安局",
        issued_on="2026-03-05", executed_at="2026-03-05T15:00:00+08:00", valid_to=None,
        seal=True, matches=True, note="",
    )  # fmt: skip
    title = _("Legal document")
    of_stay = True
    tables = {"kind": "custos.basis"}
    sort: Literal["basis"] = Field("basis", description="Always `basis`.")
    kind: Annotated[str, _of_table("custos.basis")] = Field(description="Code of `custos.basis`.")
    number: Annotated[Name, Field(max_length=100)] = Field(description="Its number.")
    issuer: Annotated[Name, Field(max_length=200)] = Field(
        description="The authority that issued it."
    )
    issued_on: Day | None = Field(None, description="Its date.")
    executed_at: Moment | None = Field(None, description="When the measure was carried out.")
    valid_to: Day | None = Field(None, description="Its last day; null where it names none.")
    seal: bool = Field(False, description="Whether it bears the seal.")
    matches: bool = Field(False, description="Whether name, sex, birth and photo match the person.")
    note: Line = Field("", description="What else was found on it.")

    def words(self) -> str:
        on = self.issued_on.isoformat() if self.issued_on else ""
        return _joined(self.meaning("kind"), self.number, self.issuer, on)


class Authority(Fact):
    """The authority that holds the case; another takes its place when the case moves."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="authority", kind="police", name="某县公安局", code="", case_number="A1101", since=None
    )
    title = _("Handling authority")
    of_stay = single = True
    tables = {"kind": "custos.authority"}
    sort: Literal["authority"] = Field("authority", description="Always `authority`.")
    kind: Annotated[str, _of_table("custos.authority")] = Field(
        description="Code of `custos.authority`."
    )
    name: Name = Field(description="Its name.")
    code: Annotated[Line, Field(max_length=20)] = Field(
        "", description="Its code, as its scheme has it."
    )
    case_number: Annotated[Line, Field(max_length=60)] = Field(
        "", description="The number of the case there."
    )
    since: Moment | None = Field(None, description="Since when it holds the case.")

    def words(self) -> str:
        return _joined(self.name, self.meaning("kind"), self.case_number)


class Charge(Fact):
    """What the person is accused of or was punished for, by article and name."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="charge", code="CL-264", article="刑法 第264条", name="盗窃罪"
    )
    title = _("Charge")
    of_stay = True
    tables = {"code": "custos.charge"}
    sort: Literal["charge"] = Field("charge", description="Always `charge`.")
    code: Annotated[str, _of_table("custos.charge")] = Field(description="Code of `custos.charge`.")
    article: Annotated[Line, Field(max_length=100)] = Field("", description="Law and article.")
    name: Annotated[Line, Field(max_length=200)] = Field(
        "", description="Its name as the document has it; needed where the code is `other`."
    )

    def words(self) -> str:
        return _joined(self.name or self.meaning("code"), self.article)


class CoDefendant(Fact):
    """Somebody accused in the same case. A fact of the papers; who must be apart follows from it."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="co_defendant", name="赵铁山", case_number="A1101", custody=None
    )
    title = _("Co-defendant")
    of_stay = True
    sort: Literal["co_defendant"] = Field("co_defendant", description="Always `co_defendant`.")
    name: Name = Field(description="Their name.")
    case_number: Annotated[Line, Field(max_length=60)] = Field(
        "", description="The number of the case."
    )
    custody: UUID | None = Field(
        None, description="Their stay, where they are in custody within reach."
    )

    def words(self) -> str:
        return _joined(self.name, self.case_number)


class Photo(Fact):
    """The person's photo, as `media` checked and stored it. No template is made of it."""

    model_config = ConfigDict(extra="forbid") | like(
        sort="photo", sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        media_type="image/jpeg",
    )  # fmt: skip
    title = _("Photo")
    single = True
    sort: Literal["photo"] = Field("photo", description="Always `photo`.")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="Digest of its content."
    )
    media_type: Annotated[str, Field(pattern=r"^image/[a-z]+$")] = Field(
        description="Its media type."
    )


SORTS: dict[str, type[Fact]] = {
    str(one.model_fields["sort"].default): one
    for one in (
        OtherName,
        IdentityPaper,
        Identified,
        Nationality,
        Language,
        Consular,
        Need,
        Dependant,
        Contact,
        Lawyer,
        Basis,
        Authority,
        Charge,
        CoDefendant,
        Photo,
    )
}
#: What is typed; a photo is sent.
TYPED = tuple(sort for sort in SORTS if sort != "photo")
Given = Annotated[
    OtherName
    | IdentityPaper
    | Identified
    | Nationality
    | Language
    | Consular
    | Need
    | Dependant
    | Contact
    | Lawyer
    | Basis
    | Authority
    | Charge
    | CoDefendant,
    Field(discriminator="sort"),
]
