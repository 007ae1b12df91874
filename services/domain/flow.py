"""What happens to a call: a node names the nodes that follow it, the flow is the graph."""

from typing import Annotated

from pydantic import Field

from services.domain.model import Id, Model
from services.domain.nodes import Node


class Flow(Model):
    start: Id
    nodes: Annotated[dict[Id, Node], Field(min_length=1)]
