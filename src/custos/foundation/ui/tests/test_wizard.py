"""How steps are put in order; drafts are held by tests of those who have an account."""

import pytest
from django import forms

from custos.foundation.errors import Missing
from custos.foundation.ui import wizard
from custos.foundation.ui.wizard import Step


class Short(forms.Form):
    name = forms.CharField()


@pytest.fixture(autouse=True)
def wizards(monkeypatch):
    monkeypatch.setattr(wizard, "_wizards", {})
    monkeypatch.setattr(wizard, "_early", {})


def a_step(name):
    return Step(name, name, Short)


def declare(name="admission"):
    wizard.declare(name, title="Admit", submit="Admit", finish=lambda answers, acting, draft: "/")


def order():
    return [step.name for step in wizard.wizard("admission").ordered()]


def test_a_step_stands_right_behind_the_one_it_names():
    declare()
    for name, after in (("who", ""), ("ground", ""), ("health", "who"), ("things", "health")):
        wizard.register("admission", a_step(name), after=after)
    assert order() == ["who", "health", "things", "ground"]


def test_steps_may_come_before_their_wizard_and_before_the_one_they_follow():
    wizard.register("admission", a_step("things"), after="who")
    wizard.register("admission", a_step("who"))
    declare()
    assert order() == ["who", "things"]


def test_those_behind_the_same_step_stand_as_they_came():
    declare()
    for name, after in (("who", ""), ("a", "who"), ("b", "who")):
        wizard.register("admission", a_step(name), after=after)
    assert order() == ["who", "a", "b"]


def test_a_step_behind_none_is_a_fault():
    declare()
    wizard.register("admission", a_step("things"), after="nobody")
    with pytest.raises(ValueError, match="things after nobody"):
        order()


@pytest.mark.parametrize("name", ["review", "finish", "give-up", "who"])
def test_a_name_that_is_reserved_or_taken_is_a_fault(name):
    declare()
    wizard.register("admission", a_step("who"))
    with pytest.raises(ValueError, match=name):
        wizard.register("admission", a_step(name))


def test_a_wizard_that_nobody_declared_is_missing():
    with pytest.raises(Missing):
        wizard.wizard("nothing")
