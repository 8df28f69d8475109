"""People who are held already, brought in from a spreadsheet.

- `sheets` reads xlsx and CSV as text, and refuses what is no plain sheet; `columns` are the columns, data;
- `reading` makes of a row what it says, `checking` holds all rows against each other and the record;
- `services.check()` keeps an upload and its report, `services.bring()` brings everybody in, or nobody.

A file may come again, mended: stays are known by their custody number, and nobody comes twice. What the
file says differently of somebody who is here is told, and never written over what the record has.
"""
