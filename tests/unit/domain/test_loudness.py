from array import array

from services.domain.loudness import peaks


def test_the_loudest_of_each_piece() -> None:
    pieces = [array("h", some).tobytes() for some in ([0, 16_384, -1], [-32_768, 32_767], [0, 0])]
    assert list(peaks(pieces)) == [0.5, 1.0, 0.0]


def test_half_a_sample_is_none() -> None:
    assert list(peaks([b"\x00", array("h", [8192]).tobytes() + b"\x7f"])) == [0.0, 0.25]
