"""From a request to the arguments of a handler. What was left empty in a form or an address is as if not sent."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from services.console.access import CSRF_FIELD, form
from services.console.context import At
from services.console.problems import Invalid, Malformed
from services.console.route import Kind, Route


async def arguments(request: web.Request, route: Route, at: At) -> dict[str, Any]:
    """Raises Invalid and Malformed."""
    given: dict[str, Any] = {name: request.match_info[name] for name in route.parts if name in route.hints}
    if "at" in route.hints:
        given["at"] = at
    if route.query is not None:
        given["query"] = _read("query", route.query, _fields(request.query, route.hints["query"]))
    if route.body is not None:
        given["body"] = await _body(request, route, route.body)
    return given


async def _body(request: web.Request, route: Route, body: TypeAdapter[Any]) -> Any:
    try:
        if route.kind is Kind.PAGE:
            return _read("body", body, _fields(await form(request), route.hints["body"]))
        if request.content_type != "application/json":
            raise Malformed("Content-Type %(sent)s: expected application/json.", sent=request.content_type)
        return body.validate_json(await request.read())
    except ValidationError as error:
        raise Invalid.of("body", error) from None


def _read(part: str, adapter: TypeAdapter[Any], sent: Mapping[str, Any]) -> Any:
    try:
        return adapter.validate_python(sent)
    except ValidationError as error:
        raise Invalid.of(part, error) from None


def _fields(sent: MultiMapping[Any], model: Any) -> dict[str, Any]:
    known = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
    found: dict[str, Any] = {}
    for name in dict.fromkeys(sent):
        values = [value for value in sent.getall(name) if value != ""]
        if values and name != CSRF_FIELD:
            found[name] = values if _several(known.get(name)) else values[-1]
    return found


def _several(field: FieldInfo | None) -> bool:
    return field is not None and any(f"{kind}[" in str(field.annotation) for kind in ("list", "tuple", "set"))
