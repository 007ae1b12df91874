"""From a request to the arguments of a handler. What was left empty in a form or an address is as if not sent.

No text has a NUL or half a character in it: databases, files and Redis do not take them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from services.console.access import CSRF_FIELD, form, is_text
from services.console.context import At
from services.console.problems import Invalid, Malformed, Where
from services.console.route import Kind, Route


async def arguments(request: web.Request, route: Route, at: At) -> dict[str, Any]:
    """Raises Invalid and Malformed."""
    _check_text("path", request.match_info)
    given: dict[str, Any] = {name: request.match_info[name] for name in route.parts if name in route.hints}
    if "at" in route.hints:
        given["at"] = at
    if route.query is not None:
        given["query"] = _fields("query", request.query, route.query, route.hints["query"])
    if route.body is not None:
        given["body"] = await _body(request, route, route.body)
    return given


async def _body(request: web.Request, route: Route, body: TypeAdapter[Any]) -> Any:
    try:
        if route.kind is Kind.PAGE:
            return _fields("body", await form(request), body, route.hints["body"])
        if request.content_type != "application/json":
            raise Malformed("Content-Type %(sent)s: expected application/json.", sent=request.content_type)
        sent = await request.read()
        if rb"\u0000" in sent:
            _check_text("body", from_json(sent))
        return body.validate_json(sent)
    except ValidationError as error:
        raise Invalid.of("body", error) from None
    except ValueError as error:
        raise Invalid("The JSON cannot be read: %(why)s.", why=error) from None


def _fields(part: str, sent: MultiMapping[Any], adapter: TypeAdapter[Any], model: Any) -> Any:
    known = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
    found: dict[str, Any] = {}
    for name in dict.fromkeys(sent):
        values = [value for value in sent.getall(name) if value != ""]
        if values and name != CSRF_FIELD:
            found[name] = values if _several(known.get(name)) else values[-1]
    _check_text(part, found)
    try:
        return adapter.validate_python(found)
    except ValidationError as error:
        raise Invalid.of(part, error) from None


def _check_text(part: str, sent: Any) -> None:
    where = [Where(at=at, expected="text without NUL, in UTF-8") for at in _not_text(part, sent)]
    if where:
        raise Invalid("%(at)s: expected text without NUL, in UTF-8.", where, at=where[0].at)


def _not_text(at: str, value: Any) -> Iterator[str]:
    match value:
        case str() if not is_text(value):
            yield at
        case Mapping():
            for name, one in value.items():
                yield from _not_text(f"{at}.{name}", one) if is_text(name) else [f"{at}.?"]
        case list():
            for index, one in enumerate(value):
                yield from _not_text(f"{at}.{index}", one)


def _several(field: FieldInfo | None) -> bool:
    return field is not None and any(f"{kind}[" in str(field.annotation) for kind in ("list", "tuple", "set"))
