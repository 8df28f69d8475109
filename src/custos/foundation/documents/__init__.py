"""Official papers: what each has to say, how it is set, and the number that it bears.

What others use:

- `services.issue()` – make a paper and put it on the record, with a number that leaves no gap;
- `services.preview()` – the same paper as a draft, as PDF and as pictures, nothing recorded;
- `queries.issued()`, `queries.paper()` – papers that were issued, and one as it was;
- `catalogue.offered()`, `catalogue.in_force()` – the templates, by code of the catalogue of documents;
- `contents` – what each template has to be told, as a model;
- `naming.word_at()` – 犯罪嫌疑人, 被告人 or 罪犯.

A paper knows nothing of other modules' tables: whoever issues one brings what it says as plain values.
Incoming papers (warrants, decisions) are not made here; they are files of the entries that name them.
"""
