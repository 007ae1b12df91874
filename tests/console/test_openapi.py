"""What the API promises is what it does, whatever it is asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.console import problems
from services.console.openapi import described
from services.console.problems import Problem, ProblemBody
from services.console.route import Kind
from services.console.routes import ROUTES
from services.domain.people import Token
from services.domain.rights import Right
from services.store import people
from services.store.due import now
from tests.console.conftest import DOCUMENTS, Console, alone
from tests.harness.console import ACCOUNT, add_people
from tests.harness.node import DEMO, PHONES

ROOT = Path(__file__).parents[2]
EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
"""Of each operation, as it is declared and as it is not."""
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]
ENDLESS = "text/event-stream"


@pytest.fixture(scope="module")
async def tried(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Console, str]]:
    """A console that nobody else uses, and what a program of the platform shows that may do all."""
    async with alone(
        tmp_path_factory.mktemp("tried"), ACCOUNT, {name: name for name in PHONES}, [DEMO, DOCUMENTS]
    ) as console:
        await add_people(console.redis)
        token = Token(id="all", name="all", scopes=frozenset(Right), by="root", created=now())
        yield console, await people.add_token(console.redis, token)


def document() -> dict[str, Any]:
    return described(ROUTES)


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_is_openapi() -> None:
    """By the specification's own schema (spec.openapis.org/oas/3.1/schema/2022-10-07), as schemathesis brings it."""
    found = document()
    assert found["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(found).validate()
    for schema in found["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_each_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names) == sum(route.kind is Kind.API for route in ROUTES)
    assert [label for label, operation in operations() if len(operation["summary"]) < 10] == []


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
async def test_nothing_breaks_whatever_is_sent(tried: tuple[Console, str], mode: GenerationMode) -> None:
    console, shown = tried
    found = await asyncio.to_thread(lambda: list(failures(console.url, shown, mode)))
    assert found == []


def failures(url: str, shown: str, mode: GenerationMode) -> Iterator[str]:
    schema = schemathesis.openapi.from_dict(document())
    headers = {"Authorization": f"Bearer {shown}"}
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if ENDLESS in json.dumps(operation.definition.raw) or (
            mode is GenerationMode.NEGATIVE and not takes(operation)
        ):
            continue
        account = {"account": ACCOUNT} if "{account}" in operation.path else None

        @settings(
            max_examples=EXAMPLES[mode],
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode, path_parameters=account))
        def hold(case: Any) -> None:
            answer = case.call(base_url=url, headers=headers, timeout=30)
            case.validate_response(answer, checks=CHECKS)

        try:
            hold()
        except Exception as error:  # noqa: BLE001 - all are told at once
            yield f"{operation.label}: {type(error).__name__}: {error}"


def test_each_problem_is_explained_in_the_guide_and_by_a_page() -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    every = {one for one in vars(problems).values() if isinstance(one, type) and issubclass(one, Problem)} - {Problem}
    assert set(problems.KINDS) == every
    assert [one.id for one in every if f"| `{one.id}` | {one.status.value} |" not in guide] == []
    assert [one.status for one in problems.KINDS] == sorted(one.status for one in problems.KINDS)


async def test_a_problem_leads_to_where_it_is_explained(console: Console) -> None:
    async with console.visiting() as visit:
        problem = ProblemBody.model_validate_json((await visit.get("/api/v1/nothing")).text)
        path, _, anchor = problem.type.partition("#")
        assert f'id="{anchor}"' in (await visit.get(path)).text


def takes(operation: Any) -> bool:
    """Whether anything can be sent that is not as declared."""
    return bool(operation.body or operation.query or operation.path_parameters)
