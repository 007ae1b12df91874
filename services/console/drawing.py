"""Pictures of a call, as numbers for SVG: its time line, and how loud its recordings are."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.domain.record import Record
from services.domain.timeline import Doing, Lane, lanes

WIDTH, HEIGHT = 1000, 100
"""Of either picture, which is stretched to the room that it has."""
TICKS = 4
_LEAST = 2.0
"""What is shorter would not be seen."""


@dataclass(frozen=True, slots=True)
class Shape:
    doing: Doing
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Drawn:
    lane: Lane
    after_ms: int
    """Since the call came."""
    ms: int
    shapes: Sequence[Shape]


def time_line(record: Record) -> list[Drawn]:
    whole = max(1, record.ended - record.started)

    def x(at: int) -> float:
        return round(min(max(at - record.started, 0), whole) / whole * WIDTH, 1)

    return [
        Drawn(
            lane,
            lane.begin - record.started,
            lane.end - lane.begin,
            [
                Shape(bar.doing, min(x(bar.begin), WIDTH - _LEAST), max(_LEAST, round(x(bar.end) - x(bar.begin), 1)))
                for bar in lane.bars
            ],
        )
        for lane in lanes(record)
    ]


def ticks(record: Record) -> list[int]:
    """Milliseconds since the call came, at even distances."""
    return [record.total_ms * tick // TICKS for tick in range(TICKS)]


def wave_path(peaks: Sequence[float]) -> str:
    """For the ``d`` of an SVG path: an upright stroke for each, the loudest as high as there is room."""
    step = WIDTH / max(1, len(peaks))
    loudest = max(peaks, default=0) or 1
    middle = HEIGHT / 2
    strokes = []
    for number, peak in enumerate(peaks):
        half = max(0.5, round(peak / loudest * middle, 1))
        strokes.append(f"M{(number + 0.5) * step:.1f} {middle - half:g}V{middle + half:g}")
    return "".join(strokes)
