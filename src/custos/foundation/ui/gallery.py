"""The gallery: every component with invented content, and each of its states. For whoever builds or runs
Custos: shown in a demo, and else to system administrators only. It asks the database for nothing but
the drafts of its example wizard.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from custos.foundation import clock, gate
from custos.foundation.ui import listing, ports, wizard
from custos.foundation.ui.charts import Chart, Series, Threshold
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.papers import Paper
from custos.foundation.ui.plans import Room, Tone, Wing
from custos.foundation.ui.wizard import Step

#: Parts of the gallery, each a page of its own: no page shows more than can be looked at.
PARTS: tuple[tuple[str, Any], ...] = (
    ("signs", _("Signs and people")),
    ("table", _("Data table")),
    ("object", _("Object, tabs, timeline")),
    ("form", _("Form and decision")),
    ("wizard", _("Wizard")),
    ("plan", _("Floor plan")),
    ("figures", _("Tiles and charts")),
    ("paper", _("Printed document")),
    ("states", _("Empty, error, waiting")),
)

_NAMES = ("李春生", "王小川", "赵铁山", "孙明远", "周国栋", "吴晓东", "郑海波", "欧阳文博")
_LONG = "诺尔哈提·阿不都热依木·买买提明（曾用名较长，证件姓名与自报姓名不一致，待核）"


def _seen(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that isn't there for others."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not ports.sees_gallery(getattr(request, "acting", None)):
            raise Http404
        return view(request, *args, **kwargs)

    return seen


def _people(count: int) -> list[SimpleNamespace]:
    now = clock.now()
    return [
        SimpleNamespace(
            id=f"p{at}",
            name=_LONG if at == 5 else _NAMES[at % len(_NAMES)],
            cell_name=f"B1-{at % 9 + 1:02}",
            number=f"10100100120260{at:03}",
            tail=f"{1200 + at * 37}",
            needs=[_("diabetic"), _("never alone")] if at % 3 == 1 else [],
            severity=at % 4 + 1,
            state=(("done", _("Seen by the doctor")), ("waiting", _("Waits for the doctor")))[
                at % 2
            ],
            talks=at % 5 if at % 4 else None,
            seen_at=now - timedelta(hours=7 * at),
            due_at=now + timedelta(minutes=90 * at - 200),
        )
        for at in range(count)
    ]


class _PeopleTable(listing.Table):
    name = listing.PersonColumn(route="gallery_part", by="part", verbose_name=_("Name"))
    severity = listing.SeverityColumn(verbose_name=_("Risk"))
    state = listing.StateColumn(verbose_name=_("Health check"))
    talks = listing.NumberColumn(verbose_name=_("Talks this week"))
    seen_at = listing.MomentColumn(verbose_name=_("Seen last"))
    due_at = listing.DeadlineColumn(verbose_name=_("Talk due"))

    class Meta:
        orderable = False


class _Arrival(Form):
    name = forms.CharField(label=_("Name"), max_length=20)
    sex = forms.ChoiceField(
        label=_("Sex"), choices=[("1", _("Male")), ("2", _("Female"))], widget=forms.RadioSelect
    )
    born = DayField(label=_("Date of birth"), required=False)


class _Ground(Form):
    document = forms.ChoiceField(
        label=_("Legal document"),
        choices=[("", _("Choose")), ("1", "拘留证"), ("2", "逮捕证")],
        help_text=_("Nobody is admitted without a document that names them."),
    )
    number = forms.CharField(label=_("Number of the document"), max_length=40)


class _Belongings(Form):
    list = forms.CharField(
        label=_("What they brought"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    counted = forms.BooleanField(label=_("Counted in front of the person"))


def _finished(answers: wizard.Answers, _acting: Any, _draft: Any) -> str:
    return reverse("gallery_part", args=["wizard"])


EXAMPLE = "gallery"
wizard.declare(
    EXAMPLE,
    title=_("Example: an arrival"),
    submit=_("Finish the example"),
    finish=_finished,
    may=ports.sees_gallery,
    label=lambda answers: str(answers.get("who", {}).get("name", "")),
)
wizard.register(EXAMPLE, Step("who", _("Who"), _Arrival))
wizard.register(EXAMPLE, Step("ground", _("On what ground"), _Ground))
wizard.register(
    EXAMPLE,
    Step("things", _("Belongings"), _Belongings, hint=_("Another module added this step.")),
    after="who",
)


def _timeline() -> list[SimpleNamespace]:
    now = clock.now()
    plain: dict[str, Any] = {"ground": "", "by": "陈安平", "post": _("Patrol")}
    return [
        SimpleNamespace(
            id="e1",
            occurred_at=now - timedelta(minutes=43),
            recorded_at=now - timedelta(minutes=3),
            title=_("Task answered"),
            text="到场查看，系误触；已安抚，继续观察 30 分钟。",
            **plain,
        ),
        SimpleNamespace(
            id="e2",
            occurred_at=now - timedelta(days=1),
            recorded_at=now - timedelta(days=1),
            title=_("Temperature"),
            text="37.8 ℃",
            corrected=True,
            attachments=[{"name": "体检表.pdf"}],
            **(plain | {"ground": "入所健康检查规定 第五条"}),
        ),
        SimpleNamespace(
            id="e3",
            occurred_at=now - timedelta(days=3),
            recorded_at=now - timedelta(days=3),
            title=_("Admitted"),
            text="",
            erased=True,
            corrects_id="e0",
            **plain,
        ),
    ]


def _wings(sexes: bool) -> list[Wing]:
    wings = []
    for number, (name, cells) in enumerate(((_("Area one"), 11), (_("Area two"), 6)), 1):
        rooms: list[Room] = []
        for at in range(cells):
            people = (at * 5 + number * 3) % 15
            tone: Tone
            tone, meaning = (
                ("over", _("more people than places"))
                if people > 12
                else ("near", _("full"))
                if people == 12
                else ("calm", _("places free"))
            )
            label: Any = f"{people}/12"
            if sexes:
                tone, meaning = ("calm", _("Male")) if number == 1 else ("low", _("Female"))
                label = meaning
            rooms.append(Room(f"{number}{at + 1:02}", label, tone, meaning, "?"))
        rooms[3] = Room(f"{number}04", "—", "none", _("out of use"), note=_("water damage"))
        wings.append(Wing(str(name), rooms))
    return wings


def _charts() -> list[Chart]:
    today = clock.today()
    days = [today - timedelta(days=back) for back in range(13, -1, -1)]
    words = [f"{day:%m-%d}" for day in days]
    people = [541, 544, 550, 556, 561, None, None, 578, 583, 590, 596, 601, 604, 598]
    return [
        Chart(
            "crowding",
            _("People by area"),
            _("Area two holds 14 people more than it has places for."),
            _("% of places"),
            [
                str(_("Area one")),
                str(_("Area two")),
                str(_("Area three")),
                str(pgettext_lazy("area", "Women")),
            ],
            [Series(_("Occupancy"), [92, 109, None, 71])],
            threshold=Threshold(100, _("Certified places"), _("base record of 2026")),
            label_title=_("Area"),
        ),
        Chart(
            "people",
            _("People in custody, the last two weeks"),
            _(
                "More arrive than leave: 57 more than two weeks ago, four above the certified places."
            ),
            _("people"),
            words,
            [Series(_("In custody"), people)],
            kind="line",
            threshold=Threshold(600, _("Certified places"), _("base record of 2026")),
            label_title=_("Day"),
        ),
    ]


def _paper() -> Paper:
    text = (
        "我所在押人员王小川（人员编号 101001001202603020001），因突发腹痛，经驻所医生初步诊断为"
        "疑似急性阑尾炎，所内不具备进一步检查和手术条件。依照《看守所条例》第二十六条之规定，"
        "拟送定点医院诊治，由民警三人押解，途中及诊治期间全程录音录像。"
    )
    return Paper(
        "出所就医审批表（示例）",
        [*[text] * 4, "妥否，请批示。"],
        "01975b2c-4f3a-7d10-9c55-2ab07c1e88f1",
        "陈安平",
        clock.now(),
        number="演看医字〔2026〕0012 号",
        to="甲东市公安局：",
        signed=("甲东市第一看守所", "2026年3月2日"),
    )


def _context(part: str, request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    people = _people(12)
    for person in people:
        person.part = "object"
    match part:
        case "signs":
            return {
                "people": people[:6],
                "at": now - timedelta(minutes=3),
                "due": now + timedelta(days=2, hours=3),
                "late": now - timedelta(minutes=40),
            }
        case "table":
            page = Paginator(people, 6).get_page(1)
            return {"table": _PeopleTable(page.object_list), "page": page}
        case "object":
            facts = [
                (_("Sex"), _("Male")),
                (_("Custody number"), people[1].number),
                (_("Admitted"), now - timedelta(days=40)),
                (_("Alias"), None),
                (_("Legal document"), f"拘留证 · {_LONG}"),
            ]
            here = request.GET.get("tab", "facts")
            tabs = [
                ("facts", _("Facts"), None),
                ("talks", _("Talks"), 4),
                ("health", _("Health"), 0),
            ]
            return {
                "person": people[1],
                "facts": facts,
                "tabs": tabs,
                "here": here,
                "lines": _timeline(),
            }
        case "form":
            wrong = _Arrival({"name": _LONG, "born": "1990-13-01"})
            return {"form": _Ground(), "wrong": wrong, "decide": ReasonForm(), "person": people[1]}
        case "plan":
            sexes = request.GET.get("m") == "sex"
            measures = [
                ("?m=people", _("People per place"), not sexes),
                ("?m=sex", _("Sex"), sexes),
            ]
            return {"wings": _wings(sexes), "measures": measures, "measure": measures[sexes][1]}
        case "figures":
            return {"charts": _charts()}
        case "paper":
            return {"paper": _paper()}
    return {"checked": now - timedelta(minutes=2)}


@require_GET
@gate.signed_in
@_seen
def page(request: HttpRequest, part: str = "signs") -> HttpResponse:
    """One part of the gallery."""
    if part not in dict(PARTS):
        raise Http404
    context = {"part": part, "title": dict(PARTS)[part], "parts": PARTS} | _context(part, request)
    return render(request, f"ui/gallery/{part}.html", context)


@require_POST
@gate.signed_in
@_seen
def nothing(request: HttpRequest) -> HttpResponse:
    """Where the examples' forms lead: nothing is done with what they send."""
    return redirect("gallery_part", part="form")
