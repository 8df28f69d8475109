"""Whoever is asked to be the second person of a grave act reads what it does, and what else can be done."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.confirmations import Act
from custos.foundation.custody.models import Custody
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.factories import somebody

ACTS = sorted(confirmations._acts.values(), key=lambda act: act.name)
GROUND, REASON = "刑事诉讼法 第286条", "未成年人犯罪记录封存"


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_every_grave_act_says_its_effect_what_undoes_it_and_what_to_do_instead(act: Act) -> None:
    for said in (act.effect, act.undone, act.instead):
        words = {}
        for language, end in (("en", "."), ("zh-hans", "。")):
            with translation.override(language):
                words[language] = str(said)
            assert words[language].endswith(end), f"{act.name}: a whole sentence in {language}"
            assert len(words[language]) > 5
        assert words["en"] != words["zh-hans"], f"{act.name}: {said} is not translated"


def test_the_acts_of_the_installation_are_known() -> None:
    assert [act.name for act in ACTS] == [
        "account.make",
        "account.new_password",
        "account.post",
        "account.reset_factors",
        "custody.end_document",
        "custody.end_never_alone",
        "custody.end_transition",
        "custody.merge",
        "custody.release",
        "custody.undo_merge",
        "custody.unseal",
        "record.erase_payload",
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("everywhere")
def test_the_second_person_reads_each_thing_on_a_line_of_its_own(
    stay: Custody, facility: Organization
) -> None:
    leader, deputy = (somebody(post, at=facility) for post in (Post.LEADER, Post.DUTY_LEADER))
    entry = Entry.objects.get(custody_id=stay.pk)
    asked = confirmations.ask(
        "record.erase_payload",
        {
            "custody": str(stay.pk),
            "entry": str(entry.pk),
            "legal_ground": GROUND,
            "reason": REASON,
        },
        organization_id=facility.pk,
        ground=GROUND,
        by=leader,
        proven_at=clock.now(),
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(deputy.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("confirmation", args=[asked.pk])).content.decode()
    lines = {
        label: " ".join(re.sub(r"<[^>]+>", " ", value).split())
        for label, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    }
    assert "王小川" in lines["To whom"]
    assert lines["On what ground"] == GROUND
    assert lines["Who asks"] == f"{leader.staff.name} · {Post.LEADER.title} · {facility.name}"
    assert clock.now().astimezone(clock.LOCAL).strftime("%Y-%m-%d") in lines["Since when"]
    assert lines["Answer by"]
    assert lines["Reason"] == REASON
    with translation.override("en"):
        act = confirmations.act_of("record.erase_payload")
        assert lines["If you confirm"].startswith(str(act.effect))
        assert lines["What undoes it"] == str(act.undone).replace("'", "&#x27;")
        assert lines["What you can do instead"] == str(act.instead)
    assert lines["If you refuse"].startswith("Nothing changes.")
    assert deputy.staff.name in lines["Who signs"]
    assert "Legal ground" not in lines, "what was said as the ground is not said twice"
