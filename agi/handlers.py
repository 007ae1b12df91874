"""Which function handles which kind of node."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from agi.call import Call
from services.domain.nodes import KINDS

Handler = Callable[[Call, str, Any], Awaitable[str | None]]
"""Handles a call at a node, given the node's name and document; returns the next node's name, None when it is over."""

HANDLERS: dict[str, Handler] = {kind: import_module(f"agi.nodes.{kind}").handle for kind in KINDS}
