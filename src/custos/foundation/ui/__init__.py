"""The shell, the components and the live screens. No business word is decided here.

A page extends one of these templates:

| template | blocks to fill |
| --- | --- |
| `ui/page.html` | `title`, `heading`, `subheading`, `actions`, `content`, `scripts` |
| `ui/list.html` | besides: `filters`, `count`, `table`, `paging`; for lists that need no more than that |
| `ui/object.html` | besides: `identity`, `facts`, `tabs`, `timeline` |
| `ui/workbench.html` | besides: `now_title` `now`, `item_title` `item`, `people_title` `people` |

and composes it of the tags of `{% load ui %}`; each says in its docstring what it takes:

| tag | what it shows |
| --- | --- |
| `severity`, `state`, `icon` | signs: always a shape, a word and a colour |
| `moment`, `deadline` | time, both ways |
| `chip` | a person, the same everywhere |
| `listing` | a data table: filters as a sentence, order, pages, columns, saved views, export (`listing`) |
| `rows` | a few rows of a `listing.Table`, nothing around them |
| `facts`, `tabs`, `timeline` | an object's facts, its parts, its entries |
| `field`, `form_errors`, `control` | forms with errors at their fields |
| `decision` | a dialog that says what will happen; `forms.ReasonForm` asks why |
| `plan` | a floor plan by a chosen measure, with a table behind it (`plans`) |
| `tile` | one figure with its meaning |
| `chart`, `chart_scripts` | a chart with its numbers behind it (`charts`) |
| `paper` | a document on A4 sheets, on the screen and in print (`papers`) |
| `pages`, `empty`, `trouble`, `waiting` | where one is, nothing, something wrong, not yet |

All of them, with their states, are shown by the gallery at `/ui/`: in a demo to everybody, else to
system administrators (`ports.is_operator`).

Modules feed the shell by registries, each from a file of theirs that is loaded at start-up:

| file | call | what comes of it |
| --- | --- | --- |
| `navigation.py` | `navigation.register` | a place in the top bar |
| `search.py` | `search.register` | a group of hits of the search box |
| `notices.py` | `bell.register` | notices of the bell |
| `workbench.py` | `workbench.register` | what a post has to do now, what comes next, its people |
| `wizards.py` | `wizard.declare`, `wizard.register` | a wizard; a step of one, be it another module's |

What an element shows live it declares by `data-live`:

    <div data-live="{{ organization.id }}" data-live-url="{% url 'duty_list' %}">…</div>

which is fetched again whenever that organization's record grows, or `pulse.stir` tells of a change
that writes no entry (a number, a range `low-high`, or empty for all that the reader may see). Rows
carry a `data-key` and stand in a `data-rows` list: they don't move under the pointer, new ones are
marked for two seconds, and `j`, `k`, `Enter` go through them. `data-press="a"` or `"f"` names the
button that the key presses: that of the row at hand, else the page's own; one with `data-says` says
in its words why nothing can be pressed. The middle of a workbench shows what the reader rests on in
a list with `data-follows`. A partial begins with `_` and holds what stands inside the live element.
What was typed into it and the focus stay when it is fetched again, and where the field is gone its
words are shown by a hidden `data-unsent` of its name; it waits while the pointer rests on it, unless
it is `data-live-eager`, and is fetched when the page opens where it is `data-live-at-once`. A list with
`data-opens-first` opens its first row when one comes. What carries `data-alarm` sounds for as long as
it stands there, and is counted in the page's title; `calls` puts it above every page of whoever is
asked, and a quiet one as a plain line. On a handheld a table's rows become cards, whose cells a
`data-label` names. A page that needs Alpine loads `vendor/alpine.js` in its `scripts` block; none does
by default. A link with `data-fetches` saves a file; whatever takes longer than a second says so and can
be stopped. A form with `data-kept` is saved while it is typed, and may be left. A select with
`data-choices-by="sex"` leaves out the options whose `data-for` is not what the field of that name says.

Others call the registries, `listing`, `wizard`, `methods.form_of`, `refusals.answer`, `moments` and
`ports` (what the shell asks of the layers above); everything else is used through templates. Of
Tabler's style sheet only the rules of the classes in `static_src/tabler.txt` are kept: a class that you
need is a line there.
"""
