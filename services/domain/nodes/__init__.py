"""The kinds of nodes that a flow is made of: one file a kind here, and one of the same name in ``agi.nodes``."""

from typing import Annotated, get_args

from pydantic import Field

from services.domain.nodes.agent import AgentNode
from services.domain.nodes.ask import Ask
from services.domain.nodes.callback import Callback
from services.domain.nodes.caps import CapsNode
from services.domain.nodes.collect import Collect
from services.domain.nodes.group import GroupNode
from services.domain.nodes.hangup import Hangup
from services.domain.nodes.hours import HoursNode
from services.domain.nodes.language import LanguageNode
from services.domain.nodes.menu import Menu
from services.domain.nodes.password import Password
from services.domain.nodes.percent import PercentNode
from services.domain.nodes.queue import Queue
from services.domain.nodes.region import RegionNode
from services.domain.nodes.say import Say
from services.domain.nodes.screen import Screen
from services.domain.nodes.set import SetVariable
from services.domain.nodes.survey import Survey
from services.domain.nodes.switch import Switch
from services.domain.nodes.text_message import TextMessage
from services.domain.nodes.transfer import TransferNode
from services.domain.nodes.voicemail import VoicemailNode

Node = Annotated[
    Menu
    | Say
    | HoursNode
    | RegionNode
    | PercentNode
    | Screen
    | CapsNode
    | Collect
    | Password
    | SetVariable
    | Switch
    | Ask
    | LanguageNode
    | GroupNode
    | Queue
    | AgentNode
    | TransferNode
    | Callback
    | TextMessage
    | VoicemailNode
    | Survey
    | Hangup,
    Field(discriminator="kind"),
]

KINDS: tuple[str, ...] = tuple(
    get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Node)[0])
)
