"""Code tables, regions, and the catalogue of data items.

What others use:

- `services.load()` – bring the tables of `rules/` into the database;
- `services.import_regions()` – administrative regions from the published list;
- `services.check_file()` – what in a file does not conform to the catalogue;
- `queries.label()` – what a code means on a day;
- `identity.examine()` – what can be said about an identity number.

There is no table, column or item for ethnicity, religion or political opinion, and none is taken in.
"""
