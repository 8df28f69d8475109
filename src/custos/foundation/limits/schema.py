"""JSON Schemas of a case and of a result, made from the rules: what a program may send and gets."""

from typing import Any

from custos.foundation.limits import facts, law

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_INSTANT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+08:00$"}
_MOMENT = {
    "description": "A date, or an ISO 8601 instant with its zone.",
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}(T.+)?$",
}
_TEXT = {"type": "string"}
_ORDINAL = {"type": ["integer", "null"], "minimum": 0}


def case() -> dict[str, Any]:
    """The schema of one case, a line of what `custos limits compute` reads."""
    return {
        "$schema": _DIALECT,
        "title": "A case of custody time limits",
        "type": "object",
        "required": ["as_of", "events"],
        "properties": {
            "id": {"description": "Returned as it came."},
            "facility_kind": {"description": "Code of the kind of facility, returned nowhere."},
            "person": {
                "description": "Whose case it is: those of others are refused. Needed where two are named."
            },
            "as_of": _MOMENT,
            "events": {"type": "array", "minItems": 1, "items": {"oneOf": _events()}},
        },
    }


def _events() -> list[dict[str, Any]]:
    found = []
    for name, kind in law.events().items():
        fields = {
            "type": {"const": name},
            "at": _MOMENT,
            "person": {},
            "document": _coded("document"),
        }
        fields["travel_days"] = _number()
        required = ["type", "at"]
        for field in kind.fields:
            plain = field.rstrip("*")
            shown = "kind" if plain.endswith("_kind") else plain
            fields[shown] = _field(plain)
            if field.endswith("*"):
                required.append(shown)
        found.append(
            {
                "title": f"{kind.en} {kind.zh}",
                "type": "object",
                "required": required,
                "properties": fields,
            }
        )
    return found


def _field(name: str) -> dict[str, Any]:
    if name in law.codes():
        return _coded(name)
    if name in facts.DATES:
        return _MOMENT
    return {"type": "boolean"} if name in facts.FLAGS else _number()


def _coded(name: str) -> dict[str, Any]:
    return {"enum": list(law.codes()[name])}


def _number() -> dict[str, Any]:
    return {"type": "integer", "minimum": 0}


def _object(required: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | others}


def result() -> dict[str, Any]:
    """The schema of one result, a line of what `custos limits compute` writes."""
    words = _object({"zh": _TEXT, "en": _TEXT})
    nothing = {"type": "null"}
    stage = _object(
        {
            "state": _TEXT,
            "started_at": {"anyOf": [_DATE, _INSTANT]},
            "due_at": {"anyOf": [_INSTANT, nothing]},
            "last_day": {"anyOf": [_DATE, nothing]},
            "ended_at": {"anyOf": [_INSTANT, nothing]},
            "ended_by": _ORDINAL,
            "ends": {"type": "array", "items": _object({"rule": _TEXT, "at": _INSTANT})},
            "basis": {
                "type": "array",
                "items": _object(
                    {
                        "rule": _TEXT,
                        "version": {"type": "integer"},
                        "source": _TEXT,
                        "source_en": _TEXT,
                    }
                ),
            },
        },
        explanation=words,
    )
    window = _object(
        {
            "rule": _TEXT,
            "kind": _TEXT,
            "due_at": _INSTANT,
            "title": words,
            "stage": _ORDINAL,
            "event": _ORDINAL,
            "who": _TEXT,
            "answered": {"type": "boolean"},
        },
        document=_coded("document"),
        blocks=_TEXT,
        repeats={"type": "object"},
    )
    return {
        "$schema": _DIALECT,
        "title": "The clock of a case",
        **_object(
            {
                "id": {},
                "stages": {"type": "array", "items": stage},
                "current": _ORDINAL,
                "status": {"enum": ["running", "due", "overdue", "ended", "no_basis"]},
                "windows": {"type": "array", "items": window},
                "totals": {
                    "type": "array",
                    "items": _object(
                        {
                            "rule": _TEXT,
                            "from": _DATE,
                            "last_day": _DATE,
                            "exceeded": {"type": "boolean"},
                        }
                    ),
                },
                "problems": {
                    "type": "array",
                    "items": _object(
                        {
                            "code": {"enum": sorted(law.problems())},
                            "message": _TEXT,
                            "message_zh": _TEXT,
                            "event": _ORDINAL,
                            "refused": {"type": "boolean"},
                        }
                    ),
                },
            },
            sentence=_object(
                {"kind": _TEXT, "from": _DATE, "last_day": {"anyOf": [_DATE, nothing]}}
            ),
        ),
    }
