"""The description of the API (OpenAPI 3.1), and the page that shows it.

The page is made here and not by a script from elsewhere: it loads nothing, works by keyboard and
without a mouse, and stands in the shell's look. See decision 0021.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from custos.foundation.record.parties import DUTY_POSTS, Post

DESCRIPTION = """Everything that this installation does, for programs.

Bring `Authorization: Bearer` with a personal token (a person acts on one of their posts) or an
integration token (a system acts as itself for an organization); a session of the pages works too,
with its CSRF token. A token sees what its holder's post and organization see, narrowed by scopes.

- Refusals are problems (RFC 9457) in the language of `Accept-Language`, with a `code`, what to do
  (`mend`) and the places that are wrong (`errors`).
- A write may be sent twice with the same `Idempotency-Key` (kept for 24 hours).
- Lists are paged by `cursor` and `limit`; nothing is skipped or repeated when rows are added.
- `RateLimit` says how many requests are left; beyond them the answer is 429 with `Retry-After`.
- Whoever's data an answer shows is written to the access log, with the `Purpose`.
"""

_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')

#: What a file that is sent may be, and what one that is fetched may be besides: registers, and the sheets
#: by which people were brought in.
FILE_KINDS = ("image/jpeg", "image/png", "image/webp", "application/pdf")
FETCHED_KINDS = (
    *FILE_KINDS,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
)

_PROBLEM = {
    "title": "Problem",
    "type": "object",
    "description": "A refusal in the form of RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "mend", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The code as a URN."},
        "title": {"type": "string", "description": "What happened, in the reader's language."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What happened and what to do."},
        "code": {"type": "string", "description": "What happened, for programs; never translated."},
        "mend": {"type": "string", "description": "What to do; empty where nothing helps."},
        "number": {"type": "string", "description": "By which support finds it in the log."},
        "field": {"type": "string", "description": "The field that is meant."},
        "errors": {
            "type": "array",
            "description": "The places that are wrong.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer (RFC 6901) into the body.",
                    },
                    "parameter": {
                        "type": "string",
                        "description": "Name of a part of the address, or of a header.",
                    },
                    "detail": {"type": "string", "description": "What is wrong there."},
                },
            },
        },
    },
    "examples": [
        {
            "type": "urn:custos:problem:custody.KI-27-CAPACITY",
            "title": "The cell holds as many as it is certified for (看守所组织条例 27).",
            "status": 409,
            "detail": "Choose another cell, or say why it has to be this one.",
            "code": "custody.KI-27-CAPACITY",
            "mend": "Choose another cell, or say why it has to be this one.",
            "errors": [{"pointer": "/reason", "detail": "Say why it has to be this cell."}],
        }
    ],
}

_PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Names this write, so that sending it twice does it once: a random UUID.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "6f1f6c1e-4b0e-4f0e-9a53-0d8a6a1a0c11",
    },
    "Purpose": {
        "name": "Purpose",
        "in": "header",
        "required": False,
        "description": "For what the data is used, as a short code; the access log keeps it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
        "example": "transfer.preparation",
    },
}

_ALWAYS = (401, 403, 422, 429, 503)
_WRITES = (400, 409, 413, 415)
_MEANINGS = {
    400: "The body can't be read.",
    401: "Nobody signed in, or the token isn't valid.",
    403: "The post, the token's scope, a rule or the law forbids it.",
    404: "There is no such thing in the caller's scope.",
    409: "Somebody was first, or the state has moved on.",
    413: "The body is too large.",
    415: "The body is of another kind than this address takes.",
    422: "A value can't be what it should be; `errors` names each.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The database is away or the disk is full; nothing was saved.",
}


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with problems, headers, examples and what each operation asks of a token."""
    components = schema["components"]
    components["schemas"]["Problem"] = _PROBLEM
    components["parameters"] = _PARAMETERS
    components["responses"] = {f"Problem{status}": _refusal(status) for status in _MEANINGS}
    components["securitySchemes"]["Token"]["description"] = (
        "A personal or an integration token. The names beside it are the scopes that it needs."
    )
    components["securitySchemes"]["Session"]["description"] = (
        "Signed in by the pages; writes need the header X-CSRFToken."
    )
    for shape in components["schemas"].values():
        _leave_out_titles(shape)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation, components["schemas"])
    named = _named(schema["paths"], components)
    components["schemas"] = {
        name: shape for name, shape in components["schemas"].items() if name in named
    }
    return schema


def _named(paths: Any, components: dict[str, Any]) -> set[str]:
    """The schemas that are referred to; what a list's parameters were made of is not."""
    text, named = json.dumps(paths), {"Problem"}
    while found := set(_REFERENCE.findall(text)) - named:
        named |= found
        text = json.dumps([components["schemas"][name] for name in sorted(found)])
    return named


def _refusal(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": _example_of(status),
            }
        },
    }
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds until it is worth trying again.",
                "schema": {"type": "integer"},
            }
        }
    return described


def _example_of(status: int) -> dict[str, Any]:
    return {
        "type": f"urn:custos:problem:{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _MEANINGS[status],
        "code": str(status),
        "mend": "",
        "errors": [],
    }


def _leave_out_titles(shape: dict[str, Any]) -> None:
    """Pydantic names every property by its own name again."""
    for inner in shape.get("properties", {}).values():
        inner.pop("title", None)


def _complete(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    wanted = set(_ALWAYS)
    # What names a thing may name one that isn't there.
    names_one = operation.pop("x-custos-may-miss") or any(
        one.get("required") for one in operation["parameters"]
    )
    if method == "post" or names_one:
        wanted.add(404)
    if method == "post":
        wanted |= set(_WRITES)
    for status in sorted(wanted):
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    for status in (200, 201):
        for content in operation["responses"].get(status, {}).get("content", {}).values():
            if (example := _example(content.get("schema", {}), schemas)) is not None:
                content["example"] = example
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if (example := _example(content["schema"], schemas)) is not None:
            content["example"] = example
    scope = operation["x-custos-scope"]
    operation["security"] = [{"Token": [scope] if scope else []}, {"Session": []}]
    for parameter in operation["parameters"]:
        if "schema" in parameter:
            parameter["schema"] = _in_an_address(parameter["schema"])
    if 200 in operation["responses"] and "content" not in operation["responses"][200]:
        operation["responses"][200]["content"] = _a_file(FETCHED_KINDS)
    if path.endswith("/files"):
        operation["requestBody"] = {"required": True, "content": _a_file(FILE_KINDS)}


def _a_file(kinds: tuple[str, ...]) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}


def _in_an_address(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without null, which an address can't hold: it is left out instead."""
    kinds = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(kinds) == 1:
        schema = {**kinds[0], **{name: of for name, of in schema.items() if name != "anyOf"}}
    schema.pop("title", None)
    return schema


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """An example of a schema, out of those that the schemas of its parts declare."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("type") == "array":
        one = _example(schema.get("items", {}), schemas)
        return None if one is None else [one]
    if "items" in schema.get("properties", {}) and "next" in schema["properties"]:
        return {"items": _example(schema["properties"]["items"], schemas) or [], "next": None}
    return None


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    titles: str
    integrations: bool
    parameters: list[dict[str, Any]]
    body: str
    answer: str


def _titles(posts: list[str]) -> str:
    if len(posts) == len(DUTY_POSTS):
        return str(_("every post"))
    return "、".join(str(Post(post).title) for post in posts)


def _as_text(contents: list[dict[str, Any]]) -> str:
    """The first example of a body, indented; empty without one."""
    examples = [content["example"] for content in contents if "example" in content]
    return json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else ""


def shown(schema: dict[str, Any]) -> Iterator[tuple[str, str, list[Shown]]]:
    """The operations by their tag and its title, in the order of the modules."""
    by_tag: dict[str, list[Shown]] = {}
    named = schema["components"]["parameters"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            words = operation["summary"]
            answers = (operation["responses"].get(status, {}) for status in (200, 201))
            parts = [part for answer in answers for part in answer.get("content", {}).values()]
            bodies = list(operation.get("requestBody", {}).get("content", {}).values())
            by_tag.setdefault(operation["tags"][0], []).append(
                Shown(
                    operation["operationId"],
                    method.upper(),
                    path,
                    _(words),
                    operation.get("description", ""),
                    operation["x-custos-scope"],
                    _titles(operation["x-custos-posts"]),
                    operation["x-custos-integrations"],
                    [
                        named[p["$ref"].rsplit("/", 1)[-1]] if "$ref" in p else p
                        for p in operation["parameters"]
                    ],
                    _as_text(bodies),
                    _as_text(parts),
                )
            )
    for tag, operations in by_tag.items():
        yield tag, _(tag), operations
