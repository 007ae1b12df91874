import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.domain.record import from_json, from_rfc3339, json_schema, to_json, to_rfc3339
from tests.unit.domain.test_rating import CALL

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "cdr-record.schema.json"


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
