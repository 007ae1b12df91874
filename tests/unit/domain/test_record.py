import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from services.domain.instant import from_rfc3339, to_rfc3339
from services.domain.record import EndState, Result, from_json, json_schema, to_json
from tests.unit.domain.test_rating import CALL

ROOT = Path(__file__).parents[3]
SCHEMA_FILE = ROOT / "docs" / "cdr-record.schema.json"
PAGE = (ROOT / "docs" / "cdr-stream.md").read_text(encoding="utf-8")


def test_times_are_rfc3339_in_utc_with_milliseconds() -> None:
    assert to_rfc3339(1772416800_007) == "2026-03-02T02:00:00.007Z"
    assert from_rfc3339("2026-03-02T02:00:00.007Z") == 1772416800_007
    assert from_rfc3339("2026-03-02T10:00:00.007+08:00") == 1772416800_007


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        from_rfc3339("2026-03-02T02:00:00.007")


def test_a_record_comes_back_as_it_was() -> None:
    record = replace(CALL, caller_name='"张\\\n')
    assert from_json(to_json(record)) == record


def test_a_reader_ignores_fields_it_does_not_know_and_refuses_another_schema() -> None:
    fields = json.loads(to_json(CALL))
    assert from_json(json.dumps(fields | {"new_field": 1})) == CALL
    with pytest.raises(ValidationError):
        from_json(json.dumps(fields | {"schema": 2}))


def test_the_schema_in_docs_is_the_models() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()


def test_the_page_defines_every_end_state_and_result_and_no_other() -> None:
    _, states, results, _ = PAGE.split("### ", 3)
    assert set(_first_column(states)) == set(get_args(EndState))
    assert set(_first_column(results)) == set(get_args(Result))


def test_the_page_defines_every_field_of_a_record() -> None:
    table = PAGE.split("## A record")[1].split("An attempt")[0]
    assert set(_first_column(table)) == json.loads(to_json(CALL)).keys()


def test_the_pages_example_is_the_golden_call() -> None:
    example = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    golden = YAML(typ="safe").load(ROOT / "tests" / "golden" / "answered_by_first.yaml")
    assert example == golden["record"]


def _first_column(text: str) -> list[str]:
    return [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")]
