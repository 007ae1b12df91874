from pathlib import Path

import pytest

from services.billing import files
from services.billing.files import CelFile, oldest_first, open_as
from tests.harness.cel import file

ROWS = file("0 CHAN_START caller")


def test_a_file_renamed_since_it_was_listed_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "hotline.csv.1"
    path.write_bytes(ROWS)
    [(_, identity)] = oldest_first(tmp_path)
    path.rename(tmp_path / "hotline.csv.2")
    assert open_as(path, identity) is None
    path.write_bytes(ROWS)
    assert open_as(path, identity) is None
    opened = open_as(tmp_path / "hotline.csv.2", identity)
    assert opened is not None
    opened.close()


def test_a_listing_that_changes_while_it_is_made_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (tmp_path / "hotline.csv.1", (0, 1)), (tmp_path / "hotline.csv", (0, 2))
    listings = iter([[one, two], [two]])
    monkeypatch.setattr(files, "_listing", lambda _: next(listings))
    assert oldest_first(tmp_path) == []


def test_the_fingerprint_stays_and_tells_files_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(ROWS[:30])
    growing = CelFile(one)
    assert growing.fingerprint == ""
    with one.open("ab") as more:
        more.write(ROWS[30:])
    fingerprint = growing.fingerprint
    with one.open("ab") as more:
        more.write(ROWS)
    two.write_bytes(file("0.001 CHAN_START caller"))
    again, other = CelFile(one), CelFile(two)
    assert len(fingerprint) == 32
    assert again.fingerprint == fingerprint != other.fingerprint
    for opened in (growing, again, other):
        opened.close()
