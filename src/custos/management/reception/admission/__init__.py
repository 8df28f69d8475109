"""The procedure at the door: what an arrival needs, and what may be made of it.

- `rules` – the file `rules/admission.yaml`, read and checked;
- `engine` – pure: facts in, allowed outcomes, what is missing in words, which rule;
- `forms` – a form for each step, made of the rules;
- `services` – arrivals that are expected or at the door, and the conclusion of an admission;
- `gathered` – the one place that keeps what was learned of the person beside the stay;
- `board`, `views` – the reception board, photos of injuries;
- `bodymap` – the drawing of a body with the injuries on it.
"""
