"""Each ``*.yaml`` beside this file is one call: its CEL table, its tariff, and the record that must come of it.

The expected records were worked out by hand; each file's comment has the arithmetic. They may leave out what is null or
empty. ``unrated``: why the call has no price.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from services.billing.calls import SILENCE_MS, OpenCalls
from services.billing.tail import Piece
from services.domain.cel import Splitter
from services.domain.rating import Home, Rater
from services.domain.record import Record, from_json, json_schema, to_json
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError, usage_of
from tests.harness.cel import file

CASES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_call_comes_out_as_worked_out_by_hand(path: Path) -> None:
    case = YAML(typ="safe").load(path)
    record = _record(case["cel"])
    if "unrated" in case:
        with pytest.raises(UnratableError, match=f"^{case['unrated']}$"):
            usage_of(record)
    elif record.account is not None:
        tariff = Tariff(kind="tariff", id="standard", name="standard", **case["tariff"])
        record = replace(record, charge=Rater(tariff, 3).rate(usage_of(record), Home()))
    text = to_json(record)
    assert _said(json.loads(text)) == _said(case["record"])
    jsonschema.validate(json.loads(text), json_schema(), format_checker=jsonschema.FormatChecker())
    assert from_json(text) == record


def _said(value: Any) -> Any:
    """Without what is null or empty, at every depth."""
    if isinstance(value, dict):
        return {key: _said(one) for key, one in value.items() if one not in (None, [])}
    return [_said(one) for one in value] if isinstance(value, list) else value


def _record(table: str) -> Record:
    calls = OpenCalls("pbx1")
    [record] = calls.take(Piece("file", Splitter().feed(file(table)))) + calls.silent(2 * SILENCE_MS)
    return record
