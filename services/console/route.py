"""How a handler says what it answers to, and who may ask.

A handler is ``async def name(at: At, query: Model, body: Model, account: str, …)``: of these it has what it needs,
parts of the path by their names. Of the API it gives a model, a list of models or None; of a page a ``Page`` or
``Redirect``. Either may give a response of its own. Its docstring's first line is what the OpenAPI document says of it.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter

from services.domain.rights import Right

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

JSON = "application/json"
FORM_MOST = 1_000_000
"""Bytes of a body."""
_PART = re.compile(r"\{(\w+)\}")


class Kind(Enum):
    API = "api"
    PAGE = "page"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    right: Right | None
    """None: anybody, logged in or not."""
    kind: Kind
    handler: Callable[..., Awaitable[Any]]
    area: str
    most: int = FORM_MOST
    media: str = JSON
    """Of the answer."""
    status: int = 200
    told_once: bool = False
    """Whether the answer has a secret in it, which is kept for nobody who sends the same command again."""
    hints: dict[str, Any] = field(init=False, repr=False)
    """The types of the handler's arguments, and of what it gives, as ``return``."""
    _made: dict[str, TypeAdapter[Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hints = get_type_hints(self.handler, include_extras=True)
        unknown = set(hints) - {"at", "query", "body", "return", *self.parts}
        if unknown:
            raise TypeError(f"{self.handler.__qualname__}: nothing gives {unknown}")
        read = [part for part in ("query", "body", *(["return"] if self._gives_json(hints) else [])) if part in hints]
        made = {part: TypeAdapter(hints[part]) for part in read}
        object.__setattr__(self, "hints", hints)
        object.__setattr__(self, "_made", made)

    @property
    def parts(self) -> list[str]:
        return _PART.findall(self.path)

    @property
    def name(self) -> str:
        return f"{self.handler.__module__.rsplit('.', 1)[-1]}.{self.handler.__name__}"

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.handler) or self.handler.__name__.replace("_", " ").capitalize()).split("\n")[0]

    @property
    def query(self) -> TypeAdapter[Any] | None:
        return self._made.get("query")

    @property
    def body(self) -> TypeAdapter[Any] | None:
        return self._made.get("body")

    @property
    def answer(self) -> TypeAdapter[Any] | None:
        """None: no JSON."""
        return self._made.get("return")

    def _gives_json(self, hints: dict[str, Any]) -> bool:
        return self.kind is Kind.API and self.media == JSON and hints.get("return") is not type(None)


class Routes:
    """Those of one area: whose catalogue says their texts, by default that of the module's name.

    ``right=None`` is written out where everybody may.
    """

    def __init__(self, area: str = "") -> None:
        self.found: list[Route] = []
        self._area = area

    def get(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("GET", path, right, Kind.API, **more)

    def post(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("POST", path, right, Kind.API, **more)

    def put(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("PUT", path, right, Kind.API, **more)

    def delete(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("DELETE", path, right, Kind.API, **more)

    def page(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("GET", path, right, Kind.PAGE, **more)

    def form(self, path: str, right: Right | None, **more: Any) -> Callable[[F], F]:
        return self._add("POST", path, right, Kind.PAGE, **more)

    def _add(self, method: str, path: str, right: Right | None, kind: Kind, **more: Any) -> Callable[[F], F]:
        def add(handler: F) -> F:
            area = self._area or handler.__module__.rpartition(".")[2]
            self.found.append(Route(method, path, right, kind, handler, area, **more))
            return handler

        return add
