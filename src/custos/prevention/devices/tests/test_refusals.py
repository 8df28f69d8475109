"""Why a message was refused, in the reader's language."""

import pytest
from django.utils import translation

from custos.prevention.devices import onvif
from custos.prevention.devices.refusals import TITLES, in_words

TOPIC = "101001001/101/onvif-ej/Device/Trigger/DigitalInput/&button"


@pytest.mark.parametrize(
    ("payload", "zh", "en"),
    [
        (b"garbage{", "从第 1 行第 1 字起读不出", "Unreadable from line 1, character 1 on"),
        (b'{"a":\n,}', "从第 2 行第 1 字起读不出", "Unreadable from line 2, character 1 on"),
        (b'{"a": NaN}', "读不出：NaN", "Unreadable: NaN"),
        (b"ab\xff", "从第 3 字节起读不出", "Unreadable from byte 3 on"),
    ],
)
def test_where_a_message_stops_being_readable_is_said_in_both_languages(
    payload: bytes, zh: str, en: str
) -> None:
    with pytest.raises(onvif.Unreadable) as refusal:
        onvif.read(TOPIC, payload)
    assert TITLES[refusal.value.code]
    with translation.override("zh-hans"):
        assert in_words(refusal.value.code, refusal.value.detail) == zh
    with translation.override("en"):
        assert in_words(refusal.value.code, refusal.value.detail) == en


def test_a_detail_is_named_and_an_unknown_reason_shown_as_it_is() -> None:
    with translation.override("zh-hans"):
        assert in_words("unknown_device", "button") == "输入端：button"
        assert in_words("unknown_device", "") == ""
        assert in_words("of_a_later_version", "x") == "x"
