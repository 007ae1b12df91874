"""What somebody may have meant who wrote a key or a name that there is not."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence; empty when nothing known is near, and of numbers, which are all near each other."""
    if word.isdecimal():
        return ""
    near = difflib.get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def keys_at(models: Iterable[type[BaseModel]], source: Any, path: list[str]) -> set[str]:
    """What could stand where ``path`` leads to, in a document of one of ``models``."""
    candidates = _chosen(models, source)
    for step in path:
        source = _child(source, step)
        named = [annotation for model in candidates for key, annotation in _keys(model) if key == step]
        candidates = _chosen(
            (found for annotation in named for found in _models(annotation)) if named else candidates, source
        )
    return {key for model in candidates for key, _ in _keys(model)}


def _chosen(models: Iterable[type[BaseModel]], source: Any) -> list[type[BaseModel]]:
    """Those of the kind that the source says, if it says one."""
    found = list(models)
    kind = source.get("kind") if isinstance(source, dict) else None
    of_kind = [model for model in found if "kind" in model.model_fields and kind in _literal(model)]
    return of_kind or found


def _literal(model: type[BaseModel]) -> tuple[Any, ...]:
    return get_args(model.model_fields["kind"].annotation)


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return ((field.alias or name, field.annotation) for name, field in model.model_fields.items())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _child(source: Any, step: str) -> Any:
    if isinstance(source, dict):
        return source.get(step)
    return source[int(step)] if isinstance(source, list) and step.isdigit() and int(step) < len(source) else None
