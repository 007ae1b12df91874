import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.billing import tail as tail_module
from services.billing.files import CelFile, is_live
from services.billing.tail import Tail
from services.domain.cel import CelRow, Torn
from services.store.checkpoints import Checkpoint
from tests.harness.cel import file


def rows(number: int) -> bytes:
    """The rows of one call; its number is the channel's, so that a test can tell which it reads."""
    return file("0 CHAN_START caller\n1 LINKEDID_END caller", call=number)


class Folder:
    """A CEL folder as Asterisk and a rotation treat it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.live = path / "hotline.csv"
        self._tails: list[Tail] = []

    def append(self, data: bytes) -> None:
        with self.live.open("ab") as live:
            live.write(data)

    def rotate(self) -> None:
        for number in range(9, 0, -1):
            if (old := self.path / f"hotline.csv.{number}").exists():
                old.rename(self.path / f"hotline.csv.{number + 1}")
        self.live.rename(self.path / "hotline.csv.1")

    def tail(self, start: Checkpoint | None = None) -> Tail:
        self._tails.append(Tail(self.path, start))
        return self._tails[-1]

    def close(self) -> None:
        for tail in self._tails:
            tail.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.close()


def drain(tail: Tail) -> list[int | bytes]:
    """Numbers of the calls whose ends are read until there is nothing more, and torn bytes."""
    found: list[int | bytes] = []
    while (piece := tail.read()) is not None:
        for row in piece.rows:
            if isinstance(row, Torn):
                found.append(row.data)
            elif row.event == "LINKEDID_END":
                found.append(number(row))
    return found


def number(row: CelRow) -> int:
    return int(row.linkedid.rpartition(".")[2]) // 100


def test_a_folder_without_a_file_is_waited_for(folder: Folder) -> None:
    tail = folder.tail()
    assert (drain(tail), tail.checkpoint) == ([], None)
    folder.append(rows(1))
    assert drain(tail) == [1]


def test_a_file_is_read_as_it_grows(folder: Folder) -> None:
    tail = folder.tail()
    data = rows(1) + rows(2)
    for cut in (20, 30, len(data)):
        folder.append(data[:cut])
        data = data[cut:]
        if data:
            assert drain(tail) == []
    assert drain(tail) == [1, 2]
    assert drain(tail) == []


def test_one_piece_is_bounded(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "PIECE", 1000)
    folder.append(b"".join(map(rows, range(100))))
    tail = folder.tail()
    piece = tail.read()
    assert piece is not None
    assert 0 < len(piece.rows) < 20
    assert drain(tail)[-1] == 99


def test_rotation_while_reading_loses_nothing(folder: Folder) -> None:
    tail = folder.tail()
    folder.append(rows(1))
    assert drain(tail) == [1]
    folder.append(rows(2))
    folder.rotate()
    assert drain(tail) == [2]
    folder.append(rows(3))
    assert drain(tail) == [3]


def test_several_rotations_between_two_looks(folder: Folder) -> None:
    tail = folder.tail()
    folder.append(rows(0))
    assert drain(tail) == [0]
    for turn in range(1, 5):
        folder.append(rows(turn))
        folder.rotate()
    folder.append(rows(5))
    assert drain(tail) == [1, 2, 3, 4, 5]


def test_the_first_start_begins_with_the_oldest_file(folder: Folder) -> None:
    for turn in range(12):
        folder.append(rows(turn))
        folder.rotate()
    folder.append(rows(12))
    folder.path.joinpath("hotline.csv.notes").write_bytes(rows(99))
    folder.path.joinpath("Master.csv").write_bytes(rows(99))
    # Ten rotations are kept: rotate() overwrites the oldest.
    assert drain(folder.tail()) == [*range(2, 13)]


def test_a_checkpoint_is_found_under_the_files_new_name(folder: Folder) -> None:
    folder.append(rows(1))
    first = folder.tail()
    assert drain(first) == [1]
    checkpoint = first.checkpoint
    assert checkpoint is not None
    assert checkpoint.offset == len(rows(1))
    folder.append(rows(2))
    folder.rotate()
    folder.append(rows(3))
    folder.rotate()
    folder.append(rows(4))
    assert drain(folder.tail(checkpoint)) == [2, 3, 4]


def test_a_rotation_between_two_renames_does_not_mix_up_the_order(folder: Folder) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.rotate()
    folder.append(rows(2))
    (folder.path / "hotline.csv.1").rename(folder.path / "hotline.csv.2")
    assert drain(tail) == [2]


def test_while_no_new_file_was_begun_the_renamed_one_is_read_on(folder: Folder) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.rotate()
    with (folder.path / "hotline.csv.1").open("ab") as renamed:
        renamed.write(rows(2))
    assert drain(tail) == [2]
    folder.live.touch()
    assert drain(tail) == []
    with (folder.path / "hotline.csv.1").open("ab") as renamed:
        renamed.write(rows(3))
    assert drain(tail) == [3]
    folder.append(rows(4))
    assert drain(tail) == [4]


def test_what_is_written_between_the_last_look_and_the_rotation(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]

    def rotated_just_now(path: Path, file: CelFile) -> bool:
        monkeypatch.setattr(tail_module, "is_live", is_live)
        folder.append(rows(2))
        folder.rotate()
        folder.append(rows(3))
        return is_live(path, file)

    monkeypatch.setattr(tail_module, "is_live", rotated_just_now)
    assert drain(tail) == [2, 3]


def test_half_a_record_at_a_rotated_files_end_is_reported(folder: Folder) -> None:
    folder.append(rows(1) + rows(9)[:50])
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.rotate()
    folder.append(rows(2))
    assert drain(tail) == [rows(9)[:50], 2]


def test_truncated_and_begun_again(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.append(rows(1) + rows(2))
    tail = folder.tail()
    assert drain(tail) == [1, 2]
    folder.live.write_bytes(b"")
    folder.append(rows(3))
    assert drain(tail) == [3]
    assert "truncated" in caplog.text


def test_truncated_to_a_shorter_file_with_the_same_begin(folder: Folder) -> None:
    folder.append(rows(1) + rows(2))
    tail = folder.tail()
    assert drain(tail) == [1, 2]
    folder.live.write_bytes(rows(1))
    assert drain(tail) == [1]
    folder.append(rows(3))
    assert drain(tail) == [3]


def test_truncated_and_grown_longer_than_it_was(folder: Folder) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.live.write_bytes(rows(2) + rows(3))
    assert drain(tail) == [2, 3]


def test_truncated_then_rotated_before_its_first_row(folder: Folder) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.live.write_bytes(b"")
    assert drain(tail) == []
    folder.rotate()
    folder.append(rows(2))
    assert drain(tail) == [2]


def test_a_checkpoint_in_a_file_that_is_gone(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.append(rows(1))
    folder.rotate()
    folder.append(rows(2))
    assert drain(folder.tail(Checkpoint("0" * 32, 5))) == [1, 2]
    assert "is gone" in caplog.text


def test_the_file_being_read_is_moved_out_of_the_folder(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.append(rows(2))
    folder.live.rename(tmp_path_factory.mktemp("archive") / "old.csv")
    folder.append(rows(3))
    assert drain(tail) == [2, 3]


def test_a_folder_that_goes_away_and_comes_back(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    folder.append(rows(1))
    tail = folder.tail()
    assert drain(tail) == [1]
    folder.live.unlink()
    folder.path.rmdir()
    assert drain(tail) == []
    folder.path.mkdir()
    folder.append(rows(2))
    assert drain(tail) == [2]


def test_quiet_is_the_time_since_the_last_write(folder: Folder) -> None:
    tail = folder.tail()
    assert tail.quiet_ms == 0
    folder.append(rows(1))
    drain(tail)
    assert 0 <= tail.quiet_ms < 60_000
