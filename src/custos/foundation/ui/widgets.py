"""Widgets of forms."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Choices(forms.Select):
    """A select of a hundred choices or more, such as the cells of a facility.

    Django makes each option by three templates: with 130 cells that is a third of a page's cost.
    """

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        widget = context["widget"]
        groups = [(name, _options(several)) for name, several, _index in widget["optgroups"]]
        choices = format_html_join(
            "",
            "{}",
            (
                (format_html('<optgroup label="{}">{}</optgroup>', name, made) if name else made,)
                for name, made in groups
            ),
        )
        attrs = widget["attrs"] | {"name": widget["name"]}
        return format_html("<select{}>{}</select>", flatatt(attrs), choices)


def _options(several: list[dict[str, Any]]) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((one["value"], flatatt(one["attrs"]), one["label"]) for one in several),
    )
