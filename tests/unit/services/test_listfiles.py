"""The CSV files beside lists' documents, as `check` and `apply` read them."""

from pathlib import Path

import pytest

from services.cli.files import documents_in
from services.cli.terminal import Refused
from services.domain.lists import NumberList
from tests.store.test_lists import SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP)
    return tmp_path


def refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(Refused):
        documents_in([shop])
    return [line.removeprefix(f"{shop}/") for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("gone.csv", "file: 'gone.csv': cannot be read: No such file or directory"),
        (".", "file: '.': cannot be read: Is a directory"),
        ("large.csv", "file: 'large.csv': is larger than 20,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_had_is_named(
    shop: Path, file: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (shop / "large.csv").open("wb") as large:
        large.truncate(20_000_001)
    (shop / "shop.yaml").write_text(SHOP.replace("blocked.csv", file))
    assert refused(shop, capsys) == [f"shop.yaml:19: {sentence}"]


def test_three_wrong_lines_of_100_000_are_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{spelling}138{number:08d}" for number in range(25_000) for spelling in ("", "0", "86", "+86")]
    wrong = {4: "1380000001", 49_999: "13800138000,fraud,debt", 99_999: "abc"}
    (shop / "blocked.csv").write_text("\n".join(wrong.get(index, line) for index, line in enumerate(lines)))
    assert [line.split(": ")[0] for line in refused(shop, capsys)] == [
        "blocked.csv:5", "blocked.csv:50000", "blocked.csv:100000",
    ]  # fmt: skip
    (shop / "blocked.csv").write_text("\n".join(lines))
    [blocked] = [document for _, document in documents_in([shop]) if isinstance(document, NumberList)]
    assert len(blocked.entries) == 25_002
    assert blocked.entries["13800024999"] is None
