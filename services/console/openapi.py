"""The API's OpenAPI 3.1 document, made from what the routes declare."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter

from services.console.context import At
from services.console.once import HEADER
from services.console.problems import ProblemBody
from services.console.route import JSON, Kind, Route, Routes

REF = "#/components/schemas/{model}"
_BODY: TypeAdapter[Any] = TypeAdapter(ProblemBody)


def routes(known: Sequence[Route]) -> Routes:
    """The route that tells of all others."""
    found = Routes()

    @found.get("/api/v1/openapi.json", None)
    async def openapi(at: At) -> dict[str, Any]:
        """What the API takes and gives."""
        del at
        return described([*known, *found.found])

    return found


def described(known: Iterable[Route]) -> dict[str, Any]:
    api = [route for route in known if route.kind is Kind.API]
    schemas, components = _schemas(api)
    paths: dict[str, Any] = {}
    for route in api:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, api, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "hotline400", "version": "1", "description": "docs/api.md says how it is used."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "hotline"},
            },
        },
    }


Schemas = dict[tuple[str, str], Any]
"""By route and part: ``query``, ``body``, ``answer``, ``problem``."""


def _schemas(api: Sequence[Route]) -> tuple[Schemas, dict[str, Any]]:
    wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = [(("", "problem"), "serialization", _BODY)]
    for route in api:
        key = f"{route.method} {route.path}"
        if route.query is not None:
            wanted.append(((key, "query"), "validation", route.query))
        if route.body is not None:
            wanted.append(((key, "body"), "validation", route.body))
        if route.answer is not None:
            wanted.append(((key, "answer"), "serialization", route.answer))
    found, definitions = TypeAdapter.json_schemas(wanted, ref_template=REF)
    return {key: schema for (key, _), schema in found.items()}, definitions.get("$defs", {})


def _id(route: Route, api: Sequence[Route]) -> str:
    """What one handler does of an account and above the accounts has two."""
    if sum(one.handler is route.handler for one in api) == 1:
        return route.name
    return f"{route.name}_{'of_account' if 'account' in route.parts else 'of_platform'}"


def _operation(route: Route, api: Sequence[Route], schemas: Schemas) -> dict[str, Any]:
    key = f"{route.method} {route.path}"
    operation: dict[str, Any] = {
        "operationId": _id(route, api),
        "tags": [route.area],
        "summary": route.summary,
        "parameters": [*map(_part, route.parts), *_query(schemas.get((key, "query"), {}))],
        "responses": {**_answer(route, schemas.get((key, "answer"))), "default": _problem(schemas[("", "problem")])},
    }
    if route.right is not None:
        operation["security"] = [{"token": [route.right]}, {"session": []}]
    if route.method == "POST":
        operation["parameters"].append(
            {"name": HEADER, "in": "header", "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"}}
        )
    if (key, "body") in schemas:
        body = {"application/json": {"schema": schemas[key, "body"]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": one}
        for name, one in schema.get("properties", {}).items()
    ]


def _answer(route: Route, schema: Any) -> dict[str, Any]:
    if schema is not None:
        return {str(route.status): {"description": "Done.", "content": {"application/json": {"schema": schema}}}}
    if route.media != JSON:
        return {str(route.status): {"description": "Done.", "content": {route.media: {}}}}
    return {"204": {"description": "Done."}}


def _problem(schema: Any) -> dict[str, Any]:
    return {"description": "Refused: docs/api.md.", "content": {"application/problem+json": {"schema": schema}}}
