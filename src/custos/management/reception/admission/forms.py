"""A form for each step of an admission, made of the rules.

What is needed depends on what was typed in the step itself and in those before it, so it is decided by the
engine once everything is read; a field that isn't needed after all is not asked for.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.codes import shipped
from custos.foundation.custody import arrival
from custos.foundation.custody.people import facts as people
from custos.foundation.record import grounds
from custos.foundation.ui.dates import DayField, MomentField
from custos.foundation.ui.forms import Form, asked_where_needed
from custos.foundation.ui.widgets import Choices
from custos.foundation.ui.wording import enumerated
from custos.management.reception.admission import bodymap, cells, dependants, engine
from custos.management.reception.admission.rules import Item, Step, Title, rules

CHOOSE = ("", _("Choose"))
SEXES = [("1", _("Male")), ("2", _("Female"))]
YESNO = [("yes", _("Yes")), ("no", _("No"))]
OUTCOME_TITLES = {
    "accepted": _("Accepted into custody"),
    "refused": _("Refused, with a written notice"),
    "deferred": _("Deferred, to a hospital first"),
    "exceptional": _("Accepted on exceptional approval"),
}
#: What is asked for one outcome only.
OF_ONE_OUTCOME = frozenset({"refused", "deferred", "exceptional"})
#: What is a list of rows says by itself which of them isn't whole.
_LISTS = (bodymap.Injuries, dependants.Dependants)
LOOK = gettext_noop("Look at both sides of the chosen cell, and confirm.")
LONGEST_LINE, LONGEST_TEXT = 200, 4000


def words(title: Title) -> str:
    """A title of the rules in the reader's language."""
    return title.within(get_language() or "")


def setting_of(acting: Any) -> engine.Setting:
    """Where and when somebody acts, as the engine asks."""
    now = clock.now()
    return engine.Setting(acting.organization.kind, now, clock.day_of(now))


def _choice(choices: list[tuple[Any, Any]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[CHOOSE, *choices], **kwargs)


class StepForm(Form):
    """One step of the sixteen, for whoever acts, on the answers of the steps before it."""

    def __init__(
        self, step: Step, data: QueryDict | None, acting: Any, answers: engine.Facts
    ) -> None:
        self.step, self.acting, self.answers = step, acting, answers
        self.setting = setting_of(acting)
        super().__init__(data)
        foreseen = engine.foreseen(answers, self.setting)
        for item in step.fields:
            if not self._asks(item):
                continue
            field = self._field(item)
            field.label = words(item.title)
            field.required = not item.when and engine.wanted(
                step, item, answers, foreseen, self.setting.kind
            )
            self.fields[item.id] = field
            if item.id == "cell_reason":
                asked_where_needed(field)
            if isinstance(field, _LISTS):
                field.required = False
        self._say_what_is_required()

    @cached_property
    def verdict(self) -> engine.Verdict:
        """What may be decided on the answers of the steps before this one."""
        return engine.verdict(self.answers, self.setting)

    def _asks(self, item: Item) -> bool:
        """Whether the field is for this kind of facility and, of the decision, for what may be decided."""
        if item.kinds and self.setting.kind not in item.kinds:
            return False
        return item.needed not in OF_ONE_OUTCOME or item.needed in self.verdict.outcomes

    def _say_what_is_required(self) -> None:
        for name, field in self.fields.items():
            if isinstance(
                field.widget, forms.RadioSelect
            ):  # what is asked may be bad: none is proposed
                said = gettext("Answer yes or no: %(field)s.")
            elif isinstance(field, forms.ChoiceField | cells.CellField):
                said = gettext("Choose: %(field)s.")
            elif isinstance(field, forms.BooleanField):
                said = gettext("Tick: %(field)s.")
            else:
                said = gettext("Fill in: %(field)s.")
            field.error_messages["required"] = said % {"field": field.label or name}
            # What was chosen before other steps changed isn't told by its code.
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = gettext(
                    "This can't be chosen now: choose again."
                )
            if isinstance(field, cells.SidesField):
                field.error_messages["required"] = gettext(LOOK)

    def _field(self, item: Item) -> forms.Field:
        field = self._bare(item)
        if item.help:
            field.help_text = words(item.help)
        return field

    def _bare(self, item: Item) -> forms.Field:
        file, setting = rules(), self.setting
        match item.as_:
            case "long":
                return forms.CharField(
                    max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
                )
            case "yesno":
                return forms.ChoiceField(choices=YESNO, widget=forms.RadioSelect)
            case "tick":
                return forms.BooleanField()
            case "choice":
                return _choice([(code, words(title)) for code, title in item.choices])
            case "several":
                return forms.MultipleChoiceField(
                    choices=[(code, words(title)) for code, title in item.choices],
                    widget=forms.CheckboxSelectMultiple,
                )
            case "date":
                return DayField()
            case "moment":
                return MomentField()
            case "whole":
                return forms.IntegerField(min_value=0, max_value=1200)
            case "money":
                return forms.DecimalField(min_value=0, max_digits=12, decimal_places=2)
            case "sex":
                return _choice(list(SEXES))
            case "code":
                named = [(code, shipped.title(item.table, code)) for code in self._codes(item)]
                return _choice(named, initial=item.initial or None, widget=Choices())
            case "country":
                return _choice(people.country_choices(), initial=item.initial, widget=Choices())
            case "document":
                known = file.documents_for(setting.kind, setting.today)
                named = [(one.title.zh, words(one.title)) for one in known]
                return _choice([*named, (engine.NO_DOCUMENT, _("No legal document"))])
            case "papers":
                papers = {
                    paper.zh: words(paper)
                    for one in file.documents_for(setting.kind, setting.today)
                    for paper in one.papers
                }
                return forms.MultipleChoiceField(
                    choices=list(papers.items()), widget=forms.CheckboxSelectMultiple
                )
            case "outcome":
                return self._outcomes()
            case "ground":
                found = self.verdict.reasons
                return _choice(
                    [
                        (one.id, f"{words(one.title)} · {grounds.in_words(one.source)}")
                        for one in found
                    ]
                )
            case "cell":
                return cells.CellField(self._door)
            case "sides":
                return cells.SidesField(self._door, self.data)
            case "injuries":
                return bodymap.Injuries()
            case "dependants":
                return dependants.Dependants()
            case _:
                return forms.CharField(max_length=LONGEST_LINE, initial=item.initial or None)

    def _codes(self, item: Item) -> list[str]:
        # Who is never alone is decided after the first look, and not typed as a need.
        return [code for code in shipped.meanings(item.table) if code != "company"]

    @cached_property
    def _door(self) -> cells.Door:
        return cells.Door(self.acting.organization, self.answers)

    def _outcomes(self) -> forms.ChoiceField:
        """What may be decided, and in words what speaks against the rest or is missing first."""
        found = self.verdict
        field = _choice([(code, OUTCOME_TITLES[code]) for code in found.outcomes])
        told = [
            gettext("%(rule)s (%(source)s).")
            % {"rule": words(one.title), "source": grounds.in_words(one.source)}
            for one in (*found.against, *found.groups)
        ]
        if found.gaps:
            missing = enumerated(dict.fromkeys(words(gap.step.title) for gap in found.gaps))
            told.insert(0, gettext("First complete: %(steps)s.") % {"steps": missing})
        instructions = self.answers.get("health", {}).get("instructions")
        if instructions:
            told.append(gettext("Care: %(words)s") % {"words": instructions})
        field.help_text = " ".join(told)
        return field

    def clean(self) -> dict[str, Any]:
        """What the engine says is needed, now that everything is read, and the rules about this step."""
        cleaned = super().clean() or {}
        facts = {**self.answers, self.step.id: cleaned}
        outcome = engine.foreseen(facts, self.setting)
        for item in self.step.fields:
            if item.id not in self.fields:
                continue
            needed = engine.wanted(self.step, item, facts, outcome, self.setting.kind)
            asked = self.has_error(item.id, "required")
            if asked and not needed:
                del self.errors[item.id]
                cleaned.setdefault(item.id, None)
            elif needed and not self.has_error(item.id) and engine.blank(cleaned.get(item.id)):
                self.add_error(item.id, self.fields[item.id].error_messages["required"])
        self._heed_rules(facts, cleaned)
        self._heed_cell(cleaned)
        return cleaned

    def _heed_cell(self, cleaned: dict[str, Any]) -> None:
        """What was confirmed is about the cell that is chosen now."""
        typed = cleaned.get("cell_seen")
        seen = cells.confirmed(typed or "")
        if typed and (seen is None or (cleaned.get("cell") and seen.cell != cleaned["cell"])):
            self.add_error("cell_seen", gettext(LOOK))
        elif seen and cleaned.get("cell") and engine.blank(cleaned.get("cell_reason")):
            # Only once both sides were looked at: before, nobody can say why it has to be this cell.
            for said in self._door.reasons(seen):
                self.add_error("cell_reason", said)

    def _heed_rules(self, facts: engine.Facts, cleaned: dict[str, Any]) -> None:
        for rule in engine.objections(facts, self.setting):
            # What refuses is for the decision; a step that says so is complete.
            own = rule.step == self.step.id and rule.effect == "block" and not rule.then
            if own and not self.has_error(rule.field):
                both = {"rule": words(rule.title), "source": grounds.in_words(rule.source)}
                self.add_error(rule.field, gettext("%(rule)s (%(source)s).") % both)
        for item in self.step.fields:
            value = cleaned.get(item.id)
            if item.as_ in ("text", "long", "name") and value:
                plain = value.replace("\n", "").replace("\r", "")
                if sign := arrival.stray_sign(plain, symbols=item.as_ != "name"):
                    said = gettext("This has a character that doesn't belong here: %(sign)s.")
                    self.add_error(item.id, said % {"sign": f"U+{ord(sign):04X}"})
            future = isinstance(value, datetime) and value > self.setting.now
            if future and not self.has_error(item.id):
                self.add_error(item.id, gettext("This moment lies in the future."))
