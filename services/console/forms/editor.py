"""The form of one document, or of one node of a flow: made, and read."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast, get_args

from services.console.forms.filled import Filled, Filler, key_of
from services.console.forms.sent import Sent, plain, typed
from services.console.forms.shapes import Shape, shape_of
from services.domain.documents import Document
from services.domain.model import Model
from services.domain.nodes import Node
from services.domain.problem import Problem as Flaw

MODELS: Mapping[str, type[Any]] = {
    get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(get_args(Document)[0])
}
NODE_MODELS: Mapping[str, type[Model]] = {
    get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(get_args(Node)[0])
}
NOT_IN_FORMS: Mapping[str, Collection[str]] = {
    "hotline": {"account", "number", "flow"},
    "list": {"account", "id", "file", "entries"},
    "account": {"id", "tariff", "packages", "prepaid", "caps", "suspended", "refusal"},
}
"""What is seen elsewhere, or is not to be changed once it is there."""
TWICE = "is there twice"


@dataclass(frozen=True)
class Editor:
    shape: Shape
    path: str = ""
    """Where in the document its values stand: ``flow.nodes.welcome``."""

    def filled(self, values: Any, problems: Iterable[Flaw] = (), extra: str = "") -> Filled:
        wrong: dict[str, list[str]] = defaultdict(list)
        for one in problems:
            if (at := self.place(one)) is not None:
                wrong[at].append(expected_of(one))
        return Filler(wrong, extra).fill(self.shape, values)

    def place(self, problem: Flaw) -> str | None:
        """Where in the form it is shown, of a mapping's key and its value at the one that is wrong; None: elsewhere."""
        at = self._inside(problem.key)
        if at is None:
            return None
        parent, _, key = at.rpartition(".")
        found: Shape | None = self.shape
        for step in parent.split(".") if parent else ():
            found = next((one for one in found.inner if one.key == step), None) if found else None
        of_key = found is not None and found.widget == "pairs" and problem.value == repr(key)
        return key_of(at) if of_key else at

    def _inside(self, key: str) -> str | None:
        """A document's key as the form's own."""
        if not self.path:
            return key
        if key == self.path:
            return ""
        return key.removeprefix(f"{self.path}.") if key.startswith(f"{self.path}.") else None

    def typed(self, sent: Sent) -> Any:
        return typed(self.shape, sent)

    def plain(self, values: Any) -> tuple[dict[str, Any], list[Flaw]]:
        """As the document has it, and which keys are there twice."""
        double: list[str] = []
        data = plain(self.shape, values, double.append)
        prefix = f"{self.path}." if self.path else ""
        return data or {}, [Flaw(file="", line=0, key=f"{prefix}{key}", value="", expected=TWICE) for key in double]


def expected_of(problem: Flaw) -> str:
    """An empty value is a missing one."""
    return "is missing" if problem.value in {"''", '""', "None"} else problem.expected


@lru_cache(maxsize=100)
def of_document(kind: str, *, new: bool = False) -> Editor:
    hidden = {"account"} if new else {"account", "id", *NOT_IN_FORMS.get(kind, ())}
    hidden |= {"entries", "file"} if kind == "list" else set()
    return Editor(without(shape_of(cast("Any", MODELS[kind])), hidden))


@lru_cache(maxsize=1000)
def of_node(kind: str, name: str) -> Editor:
    return Editor(shape_of(NODE_MODELS[kind]), f"flow.nodes.{name}")


def without(shape: Shape, keys: Collection[str]) -> Shape:
    return replace(shape, inner=tuple(one for one in shape.inner if one.key not in keys))


def hidden_of(editor: Editor, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the document has and its form does not show."""
    shown = {one.key for one in editor.shape.inner}
    return {key: value for key, value in data.items() if key not in shown}


Options = Callable[[str], Sequence[tuple[str, str]]]


def pairs_of(fields: Any) -> list[tuple[str, str]]:
    """Of what a browser sent, files apart."""
    return [(name, value) for name, value in cast("Any", fields).items() if isinstance(value, str)]
