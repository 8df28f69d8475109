"""The form of a paper, made from what the engine's facts declare; and those of notices and answers."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from custos.foundation import clock
from custos.foundation.limits import facts as cases
from custos.foundation.limits import law
from custos.foundation.ui.dates import DayField, TimeField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.widgets import Choices
from custos.management.timelimits import kinds

LABELS: dict[str, Any] = {
    "class": _("Sort of case"),
    "until": _("Last day as it stands on the paper"),
    "months": _("Months"),
    "days": _("Days"),
    "years": _("Years"),
    "ground": pgettext_lazy("in law", "Ground"),
    "approver": _("Approved by"),
    "approved_on": _("Approved on"),
    "procedure": _("Procedure"),
    "instance": _("Instance"),
    "paper": _("Judgment or ruling"),
    "outcome": _("Outcome"),
    "half": _("Which half of the form"),
    "sentence_kind": _("Sort of sentence"),
    "application_kind": _("Sort of application"),
    "from": _("First day of the term"),
    "credit_days": _("Days of prior custody"),
    "designated_residence_days": _("Days of surveillance at a designated place"),
    "supervision_days": _("Days held by the supervision commission"),
    "administrative_days": _("Days of administrative detention for the same act"),
    "combined": _("Several crimes together"),
    "minor": _("A minor"),
    "co_defendant_of_death_case": _("Co-defendant in a death case"),
    "decisions": _("Number of decisions"),
    "born": _("Date of birth"),
    "first_time": _("First violation"),
    "serious": _("Serious and vile"),
    "repeated": _("Repeated within a year"),
    "pregnant_or_nursing": _("Pregnant or nursing"),
    "escaped_days": _("Days of escape"),
    "decided_on": _("Date of the decision"),
    "complex": _("Grave and complicated"),
    "excluded_days": _("Days that don't count"),
}
CODES: dict[str, Any] = {
    "ordinary": _("ordinary"),
    "up_to_30_days": _("wandering, repeated or gang crime (up to 30 days)"),
    "simplified": _("simplified"),
    "fast_track": _("fast track"),
    "retrial": _("retrial"),
    "private": _("private prosecution"),
    "complex": _("grave or complicated"),
    "severe_four_classes": _("one of the four classes of grave case"),
    "ten_years_likely": _("ten years or more are likely"),
    "special_npcsc": _("special case"),
    "wandering": _("wandering crime"),
    "repeated": _("repeated crime"),
    "gang": _("gang crime"),
    "more_than_one_year_likely": _("more than one year is likely"),
    "more_than_three_years_likely": _("more than three years are likely"),
    "death_or_civil": _("possible death sentence, or a civil action"),
    "other": _("other"),
    "witness_refuses": _("a witness who refuses"),
    "serious_illness": _("serious illness"),
    "cannot_care_for_self": _("cannot care for themselves"),
    "pregnant_or_nursing": _("pregnant or nursing"),
    "sole_supporter": _("sole supporter of a dependant"),
    "carer_of_minor": _("carer of a minor"),
    "exceeds_likely_sentence": _("custody would exceed the likely sentence"),
    "evidence_changed": _("evidence or facts have changed"),
    "minor": _("a minor"),
    "county_police_head": _("head of the county police"),
    "police_next_higher": _("next higher police"),
    "procuratorate_same_level": _("procuratorate of the same level"),
    "procuratorate_next_higher": _("next higher procuratorate"),
    "procuratorate_province": _("procuratorate of the province"),
    "supreme_procuratorate": _("Supreme People's Procuratorate"),
    "court_intermediate": _("intermediate court"),
    "court_next_higher": _("next higher court"),
    "court_province": _("high court of the province"),
    "supreme_court": _("Supreme People's Court"),
    "first": _("first instance"),
    "second": _("second instance"),
    "judgment": _("judgment"),
    "ruling": _("ruling"),
    "custodial": _("a sentence in custody"),
    "acquitted": _("acquitted"),
    "exempted": _("exempted from punishment"),
    "control": _("control"),
    "suspended": _("suspended sentence"),
    "additional_only": _("an additional penalty alone"),
    "sent": _("the half of the sending authority"),
    "received": _("the half of the receiving authority"),
    "both": _("both halves"),
    "fixed_term": _("fixed-term imprisonment"),
    "criminal_detention_term": _("criminal detention as a sentence"),
    "change_measure": _("to change the measure"),
    "expired": _("that the limit has expired"),
    "necessity": _("to review the need for custody"),
}
#: Fields of a fact that no paper asks to be typed.
_UNASKED = frozenset({"person", "travel_days", "weeks"})


class ScansInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class ScansField(forms.FileField):
    """Scans of a paper, as they were sent; what they are is read from their content by `media`."""

    widget = ScansInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files, none of them empty."""
        found = [super(ScansField, self).clean(one, initial) for one in data or []]
        if len(found) > MOST_SCANS:
            raise forms.ValidationError(
                _("At most %(most)s files; put the pages into one PDF."),
                params={"most": MOST_SCANS},
            )
        return found


LATE_REASON = _("Why it came late")
#: How many files one paper takes.
MOST_SCANS = 10


class PaperForm(Form):
    """One paper: when, what stands on it, its number and who issued it. `event()` is the fact."""

    kind = forms.CharField(widget=forms.HiddenInput)
    at = DayField(label=_("Date"))
    time = TimeField(
        label=_("Time"),
        required=False,
        help_text=_("Where the paper names one; detention counts from its hour."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed only where the paper doesn't fit and is kept all the same."),
    )
    scans = ScansField(
        label=_("Scan of the paper"),
        required=False,
        help_text=_("PDF, JPEG, PNG or WebP, at most 20 MB each; kept with the entry."),
    )
    #: The JSON names of the fields of this sort of fact, by their names in the form.
    of_fact: dict[str, str] = {}

    def event(self) -> dict[str, Any]:
        """The fact, with dates as they stand on the paper."""
        given = self.cleaned_data
        at: str = given["at"].isoformat()
        if given.get("time"):
            moment = datetime.combine(given["at"], given["time"], clock.LOCAL)
            at = moment.isoformat(timespec="seconds")
        event: dict[str, Any] = {"type": given["kind"], "at": at}
        for name, shown in self.of_fact.items():
            value = given.get(name)
            if value in (None, "", False):
                continue
            event[shown] = value.isoformat() if isinstance(value, date) else value
        if given.get("document"):
            event["document"] = given["document"]
        return event


def _late_reason() -> forms.CharField:
    return forms.CharField(
        label=LATE_REASON,
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "The limit has ended. A paper or a correction that moves the end is entered with the reason why"
            " it comes late. Where custody would go on by it, it counts only once a leader has accepted it."
        ),
    )


def paper_form(
    kind: str,
    data: Any = None,
    files: Any = None,
    *,
    initial: dict[str, Any] | None = None,
    past_end: bool = False,
    weighing: bool = False,
) -> PaperForm:
    """The form of a sort of fact. `initial` is a fact as JSON, with `number` and `authority` beside it.

    `past_end`: the limit has ended, so that it asks why a paper of before the end comes only now.
    `weighing`: nothing is kept yet, so number and issuer may be typed later.
    """
    fields: dict[str, Any] = {}
    of_fact: dict[str, str] = {}
    codes = law.codes()
    for name in law.events()[kind].fields:
        plain, needed = name.rstrip("*"), name.endswith("*")
        if plain in _UNASKED:
            continue
        field = f"fact_{plain}"
        of_fact[field] = "kind" if plain.endswith("_kind") else plain
        fields[field] = _field(plain, needed, codes)
    fields["document"] = forms.ChoiceField(
        label=_("Sort of paper"),
        required=False,
        choices=[("", "—"), *((code, code_title(code)) for code in DOCUMENTS)],
        widget=Choices(),
    )
    fields["number"] = forms.CharField(
        label=_("Number of the paper"),
        required=not weighing and not str((data or {}).get("number_missing", "")).strip(),
        max_length=100,
        help_text=_("As it stands on the paper."),
    )
    fields["number_missing"] = forms.CharField(
        label=_("Why there is no number"),
        required=False,
        max_length=200,
        help_text=_("Only for a paper that bears none, and for an event without a paper."),
    )
    fields["authority"] = forms.CharField(
        label=_("Issued by"),
        required=not weighing,
        max_length=200,
        help_text=_("The authority whose seal stands on it; for an event, who reported it."),
    )
    if past_end:
        fields["late_reason"] = _late_reason()
    made: type[PaperForm] = type("PaperFormOfKind", (PaperForm,), {**fields, "of_fact": of_fact})
    form = made(data, files, initial={"kind": kind, **_initial(of_fact, initial or {})})
    last = ("document", "number", "number_missing", "authority", "scans", "late_reason", "reason")
    form.order_fields([*(n for n in form.fields if n not in last), *last])
    return form


def _initial(of_fact: dict[str, str], fact: dict[str, Any]) -> dict[str, Any]:
    given = {name: fact[shown] for name, shown in of_fact.items() if shown in fact}
    beside = ("document", "number", "number_missing", "authority")
    given |= {name: fact[name] for name in beside if name in fact}
    if at := str(fact.get("at", "")):
        given["at"] = at[:10]
        if "T" in at:
            given["time"] = time.fromisoformat(
                datetime.fromisoformat(at).astimezone(clock.LOCAL).strftime("%H:%M")
            )
    return given


def _field(name: str, needed: bool, codes: dict[str, tuple[str, ...]]) -> forms.Field:
    common: dict[str, Any] = {"label": LABELS.get(name, name), "required": needed}
    if name in codes:
        options = [("", "—"), *((code, CODES.get(code, code)) for code in codes[name])]
        return forms.ChoiceField(choices=options, **common)
    if name in cases.FLAGS:
        return forms.BooleanField(label=common["label"], required=False)
    if name in cases.DATES:
        return DayField(**common)
    return forms.IntegerField(min_value=0, max_value=20_000, **common)


#: The papers that come in from outside (文书目录, B.21), by their codes.
DOCUMENTS: dict[str, Any] = {
    "D01": _("Detention warrant"),
    "D02": _("Arrest warrant or decision"),
    "D04": _("Request for arrest and its decision"),
    "D05": _("Decision to extend custody during investigation"),
    "D06": _("Changed-limit notice"),
    "D07": _("Transfer form"),
    "D08": _("Interrogation permit"),
    "D11": _("Notice of release"),
    "D13": _("Papers of execution, judgment or ruling"),
    "D21": _("Papers of detention (administrative, judicial)"),
    "D22": _("Papers of drug treatment"),
    "D24": _("Decision of service outside or in custody"),
}


def code_title(code: str) -> Any:
    """What a sort of paper is called; its code where nobody knows it."""
    return DOCUMENTS.get(code, code)


class TakeBackForm(Form):
    """Why a paper is taken back altogether; where the limit has ended, why that comes only now, too."""

    reason = forms.CharField(
        label=_("Reason"), min_length=4, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    late_reason = _late_reason()

    def __init__(self, *args: Any, past_end: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not past_end:
            del self.fields["late_reason"]


class TakeOverForm(Form):
    """Why the papers of a former facility come only now; asked where the limit has ended here."""

    late_reason = _late_reason()


class AnswerForm(Form):
    """What came back on a warning; for a leader on whom a paper waits, whether it counts."""

    intention = forms.ChoiceField(
        label=_("What is intended"), choices=[("", "—"), *kinds.INTENTIONS.items()]
    )
    answer = forms.CharField(
        label=_("Who answered, and what"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, decides: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        intention = self.fields["intention"]
        assert isinstance(intention, forms.ChoiceField)
        if decides:
            intention.label = _("Decision, or what is intended")
            self.fields["answer"].label = _("Why, or who answered and what")
        intention.choices = [
            ("", "—"),
            *((code, title) for code, title in kinds.INTENTIONS.items() if _may_say(code, decides)),
        ]


def _may_say(intention: str, decides: bool) -> bool:
    return decides or intention not in kinds.DECISIONS


class NoticeForm(Form):
    """What a notice says besides what is known of the person; proposed, to be looked through."""

    to = forms.CharField(label=_("Addressee"), max_length=200)
    charge = forms.CharField(label=_("Reason or charge"), max_length=400)
    basis = forms.CharField(label=_("Legal document"), max_length=400)
    limit = forms.CharField(label=_("Limit of custody"), max_length=200)
    article = forms.CharField(label=_("Article of law"), max_length=400)
    copy_to = forms.CharField(label=_("Copy to"), required=False, max_length=200)
    again = forms.CharField(
        label=_("Why another one is issued"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One was issued already; both stay on the record."),
    )

    def __init__(self, *args: Any, sent: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sent:
            del self.fields["again"]


class ReportForm(NoticeForm):
    """The same for the report to the procuratorate."""

    authority = forms.CharField(label=_("Handling authority"), max_length=200)
    done = forms.CharField(
        label=_("What the facility has done"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["copy_to"]
