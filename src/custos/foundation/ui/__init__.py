"""The shell, the components and the live screens. No business word is decided here.

A page extends one of these templates:

| template | blocks to fill |
| --- | --- |
| `ui/page.html` | `title`, `heading`, `subheading`, `actions`, `content`, `scripts` |
| `ui/list.html` | besides: `filters`, `count`, `table`, `paging` |
| `ui/object.html` | besides: `identity`, `facts`, `tabs`, `timeline` |
| `ui/workbench.html` | besides: `now_title` `now`, `item_title` `item`, `people_title` `people` |

and composes it of the tags of `{% load ui %}`: `chip`, `severity`, `state`, `moment`, `deadline`,
`timeline`, `field`, `form_errors`, `facts`, `pages`, `icon`, `empty`, `trouble`, `decision`; each
says in its docstring what it takes. A module puts itself into the top bar with a `navigation.py`
that calls `navigation.register(...)`. What an element shows live it declares by `data-live`:

    <div data-live="{{ organization.id }}" data-live-url="{% url 'duty_list' %}">…</div>

which is fetched again whenever that organization's record grows (a number, a range `low-high`, or
empty for all that the reader may see). Rows carry a `data-key` and stand in a `data-rows` list:
they don't move under the pointer, new ones are marked for two seconds, and `j`, `k`, `Enter` go
through them. `data-press="a"` or `"f"` names the button that the key presses. A partial begins with
`_` and holds what stands inside the live element. What carries `data-alarm` sounds for as long as
it stands there. On a handheld a table's rows become cards, whose cells a `data-label` names. A page
that needs Alpine loads `vendor/alpine.js` in its `scripts` block; none does by default.

Others call `navigation.register`, `refusals.answer`, `moments` and `ports` (what the shell asks of
the layers above); everything else is used through templates.
"""
