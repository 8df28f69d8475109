"""Pages of components, as `test_shell` looks at them in a browser: no module's, and no database."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from custos.config.urls import handler400, handler403, handler404, handler500
from custos.foundation import clock, gate

__all__ = ["handler400", "handler403", "handler404", "handler500"]

NAMES = ("李春生", "王小川", "赵铁山", "孙明远", "周国栋", "吴晓东", "郑海波", "欧阳文博")


def people(count: int) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            name=NAMES[index % len(NAMES)],
            cell_name=f"B1-{index % 9 + 1:02}",
            tail=f"{1234 + index * 37}",
            number=f"2026{index:04}",
            needs=["糖尿病", "不得独处"] if index % 3 == 1 else [],
            admitted_at=clock.now() - timedelta(hours=index * 7),
        )
        for index in range(count)
    ]


#: What stands in the list of now; a test changes it, and then the record.
rows: list[dict[str, Any]] = []


def default_rows() -> list[dict[str, Any]]:
    now = clock.now()
    stuff = [
        (1, "监室紧急按钮报警", "B1-03", -4, 9),
        (2, "拒绝进食已满两餐", "A1-02", 35, 80),
        (3, "夜间巡视补签", "A1-05", 190, 20),
        (4, "律师会见提带", "会见室 2", 3000, 200),
    ]
    return [
        {
            "key": f"r{index}",
            "severity": severity,
            "title": title,
            "cell": cell,
            "due": now + timedelta(minutes=due),
            "opened": now - timedelta(minutes=opened),
        }
        for index, (severity, title, cell, due, opened) in enumerate(stuff)
    ]


ROWS = """{% load ui %}<ul class="rows" data-rows>{% for row in rows %}
<li class="row-item" data-key="{{ row.key }}"><a href="/shell/object/">
<span class="row-top">{% severity row.severity %}{% deadline row.due %}</span>
<span class="row-title">{{ row.title }}</span>
<span class="row-line"><span>{{ row.cell }}</span>{% moment row.opened %}</span></a></li>
{% endfor %}</ul>"""

WORKBENCH = """{% extends "ui/workbench.html" %}{% load ui %}
{% block title %}巡控工作台{% endblock %}{% block heading %}巡控工作台{% endblock %}
{% block now_title %}现在要办{% endblock %}
{% block now %}<div data-live="" data-live-url="/shell/rows/">{{ list }}</div>{% endblock %}
{% block item_title %}监室紧急按钮报警{% endblock %}
{% block item %}<div class="row-top">{% severity 1 %}{% state "todo" "待收下" %}</div>
<p>监室内有人按下紧急按钮。</p>
<div class="form-actions"><button type="button" class="btn btn-primary" data-press="a">收下</button>
<button type="button" class="btn" data-press="f" data-opens="finish">办结</button></div>
{% decision "finish" title="办结" action="?refused" submit="办结" what=what whom=people.0 shown=wrong %}
{% field finish.result %}{% enddecision %}{% endblock %}
{% block people_title %}B1-03 的人{% endblock %}
{% block people %}<ul class="people">
{% for person in people %}<li>{% chip person %}</li>{% endfor %}</ul>{% endblock %}"""

LIST = """{% extends "ui/list.html" %}{% load ui %}
{% block title %}在押人员{% endblock %}{% block heading %}在押人员{% endblock %}
{% block count %}63 人{% endblock %}
{% block table %}<table class="table">
<thead><tr><th>姓名</th><th>编号</th><th>收押时间</th></tr></thead>
<tbody data-rows>{% for person in page %}<tr data-key="{{ person.number }}">
<td>{% chip person href="/shell/object/" %}</td><td data-label="编号">{{ person.number }}</td>
<td data-label="收押时间">{% moment person.admitted_at %}</td></tr>
{% endfor %}</tbody></table>{% endblock %}"""

OBJECT = """{% extends "ui/object.html" %}{% load ui %}
{% block title %}王小川{% endblock %}{% block heading %}王小川{% endblock %}
{% block actions %}<a class="btn btn-primary" href="/shell/form/">调整监室</a>{% endblock %}
{% block identity %}{% chip people.1 plain=True %}{% state "doing" "侦查羁押" %}{% endblock %}
{% block facts %}{% facts facts %}{% endblock %}
{% block timeline %}{% timeline lines more="?before=x" %}{% endblock %}"""

FORM = """{% extends "ui/page.html" %}{% load ui %}
{% block title %}收押{% endblock %}{% block heading %}收押一人{% endblock %}
{% block content %}<form class="form panel" method="post" novalidate>{% csrf_token %}
{% form_errors form %}{% for bound in form %}{% field bound %}{% endfor %}
<div class="form-actions"><button class="btn btn-primary">收押</button></div></form>
{% empty "这里会列出待收押的人" hint="办案机关送来的人会先出现在这里。" %}
{% trouble "读取失败" kept="此前内容都在" mend="请重试" number="12345678" %}{% endblock %}"""


class Admission(forms.Form):
    name = forms.CharField(label="姓名", max_length=20)
    sex = forms.ChoiceField(
        label="性别", choices=[("1", "男"), ("2", "女")], widget=forms.RadioSelect
    )
    cell = forms.ChoiceField(
        label="监室", choices=[("", "请选择"), ("1", "B1-01")], help_text="空床 2"
    )
    alias = forms.CharField(label="别名", required=False)
    checked = forms.BooleanField(label="已核对证件与法律文书")


class Finish(forms.Form):
    result = forms.CharField(label="结果", widget=forms.Textarea(attrs={"rows": 2}))


def lines() -> list[SimpleNamespace]:
    now = clock.now()
    plain = {"ground": "", "by": "陈安平", "post": "巡控岗"}
    return [
        SimpleNamespace(
            id="a",
            occurred_at=now - timedelta(minutes=3),
            recorded_at=now,
            title="待办已回复",
            text="到场查看，系误触；已安抚，继续观察 30 分钟。",
            **plain,
        ),
        SimpleNamespace(
            id="b",
            occurred_at=now - timedelta(days=1),
            recorded_at=now - timedelta(days=1),
            title="体温记录",
            text="37.8 ℃",
            corrected=True,
            attachments=[{"name": "体检表.pdf"}],
            **(plain | {"ground": "入所健康检查规定 第五条"}),
        ),
        SimpleNamespace(
            id="c",
            occurred_at=now - timedelta(days=3),
            recorded_at=now - timedelta(days=3),
            title="收押",
            text="",
            erased=True,
            corrects_id="x",
            **plain,
        ),
    ]


def shown(request: HttpRequest, source: str, **context: Any) -> HttpResponse:
    text = engines["django"].from_string(source).render(context, request)
    return HttpResponse(text)


@gate.everybody
def now_rows(request: HttpRequest) -> HttpResponse:
    return shown(request, ROWS, rows=rows)


@gate.everybody
def workbench(request: HttpRequest) -> HttpResponse:
    inner = engines["django"].from_string(ROWS).render({"rows": rows}, request)
    finish = Finish(request.POST if request.method == "POST" else None)
    context = {"people": people(6), "what": "待办结束", "finish": finish, "wrong": finish.errors}
    return shown(request, WORKBENCH, list=inner, **context)


@gate.everybody
def listing(request: HttpRequest) -> HttpResponse:
    return shown(request, LIST, page=Paginator(people(63), 20).get_page(request.GET.get("page")))


@gate.everybody
def one_object(request: HttpRequest) -> HttpResponse:
    facts = [("性别", "男"), ("人员编号", "20260001"), ("收押时间", clock.now()), ("别名", None)]
    return shown(request, OBJECT, people=people(2), facts=facts, lines=lines())


@gate.everybody
def form(request: HttpRequest) -> HttpResponse:
    return shown(request, FORM, form=Admission(request.POST if request.method == "POST" else None))


urlpatterns = [
    path("", include("custos.config.urls")),
    path("shell/", workbench),
    path("shell/rows/", now_rows),
    path("shell/list/", listing),
    path("shell/object/", one_object),
    path("shell/form/", form),
]
