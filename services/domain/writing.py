"""Documents as YAML for people: whole, compared, and put into files that somebody keeps with comments."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from itertools import chain
from typing import Any

from ruamel.yaml import YAML

from services.domain import listfile
from services.domain.documents import Document, Ref
from services.domain.lists import NumberList
from services.domain.model import SCHEMA
from services.domain.reading import read

WIDTH = 120
_UNBROKEN = 100_000
"""Of lines that somebody else has written."""


def text_of(document: Document) -> str:
    """A list's without its entries."""
    return _text(_bare(document))


def _text(document: Document) -> str:
    text = StringIO()
    _yaml(WIDTH).dump({"schema": SCHEMA, **_brief(document)}, text)
    return text.getvalue()


def differences(
    old: Document | None, new: Document | None, names: tuple[str, str], shown: Callable[[str], str] = str
) -> Iterator[str]:
    """What is otherwise in the new document, as lines of a unified diff; then a list's entries that came and went.

    ``shown``: what is made of each one's text before.
    """
    before, after = [[] if one is None else shown(text_of(one)).splitlines() for one in (old, new)]
    lines = difflib.unified_diff(before, after, *names, lineterm="")
    return chain(lines, _entries_changed(old, new))


def csv_name(document: NumberList) -> str:
    """Of the file that has a list's entries: they are too many to be read in YAML."""
    return f"{document.id}.csv"


def revised(text: str, documents: Mapping[Ref, Document]) -> str:
    """A file's text in which these documents of it say what they say now; comments stay, and all that is the same.

    Lists' entries go to the file that the text names, or to ``csv_name``.
    """
    located = read("", text).located
    old = {item.ref: item.document for item in located}
    bare = {name: _bare(document, old.get(name)) for name, document in documents.items()}
    yaml = _yaml(_UNBROKEN)
    yaml.preserve_quotes = True
    if re.search(r"^( *)(- )?[^ #\n][^\n]*:\n\1 +- ", text, re.MULTILINE):
        yaml.indent(mapping=2, sequence=4, offset=2)
    sources = list(yaml.load_all(text))
    for source in sources:
        name = _ref_of(source)
        if name in old and name in bare:
            _revise(
                source, *(_unsigned(fields) for fields in (_full(old[name]), _full(bare[name]), _brief(bare[name])))
            )
    written = StringIO()
    yaml.dump_all(sources, written)
    wanted = [bare.get(item.ref, item.document) for item in located]
    told = [item.document for item in read("", written.getvalue()).located]
    if [_unsigned(_full(one)) for one in told] == [_unsigned(_full(one)) for one in wanted]:
        return written.getvalue()
    return "---\n".join(_text(document) for document in wanted)


def _entries_changed(before: Document | None, after: Document | None) -> Iterator[str]:
    """Of a list, whose order says nothing."""
    old, new = [
        set(listfile.written(one).splitlines()) if isinstance(one, NumberList) else set() for one in (before, after)
    ]
    yield from (f"-{line}" for line in sorted(old - new))
    yield from (f"+{line}" for line in sorted(new - old))


def _revise(source: Any, old: Any, new: Any, brief: Any) -> None:
    """``old`` and ``new`` have every default, ``brief`` none."""
    for key in {**old, **new}:
        if old.get(key) == new.get(key):
            continue
        written = next((one for one in source if str(one) == key), key)
        inner = [values.get(key) for values in (old, new, brief)]
        if key not in brief:
            source.pop(written, None)
        elif all(isinstance(one, dict) for one in (source.get(written), *inner)):
            _revise(source[written], *inner)
        elif _rows(source.get(written), *inner):
            for row in zip(source[written], *inner, strict=True):
                _revise(*row)
        else:
            source[written] = brief[key]


def _rows(*values: Any) -> bool:
    """Whether these are lists of as many mappings."""
    if not all(isinstance(one, list) and len(one) == len(values[0]) for one in values):
        return False
    return all(isinstance(row, dict) for one in values for row in one)


def _yaml(width: int) -> YAML:
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = width
    return yaml


def _bare(document: Document, before: Document | None = None) -> Document:
    """What stands in YAML; ``before``: what stands there now."""
    if not isinstance(document, NumberList):
        return document
    file = before.file if isinstance(before, NumberList) else None
    return document.model_copy(update={"entries": {}, "file": file or csv_name(document)})


def _full(document: Document) -> dict[str, Any]:
    fields = document.model_dump(mode="json", by_alias=True)
    return fields | ({"file": document.file} if isinstance(document, NumberList) else {})


def _brief(document: Document) -> dict[str, Any]:
    fields = {"kind": document.kind, **document.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    return fields | ({"file": document.file} if isinstance(document, NumberList) else {})


def _unsigned(value: Any) -> Any:
    """Without the digests of recordings, which ``hotline apply`` puts in."""
    if isinstance(value, dict):
        return {key: _unsigned(one) for key, one in value.items() if not (key == "sha256" and "file" in value)}
    return [_unsigned(one) for one in value] if isinstance(value, list) else value


def _ref_of(source: Any) -> Ref | None:
    if not isinstance(source, dict):
        return None
    return str(source.get("kind")), str(source.get("number" if source.get("kind") == "hotline" else "id"))
