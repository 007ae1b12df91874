"""The link to Asterisk's manager interface: panoramisk, with what FIELD 3 found wrong in it replaced."""

from services.ami.actions import Field
from services.ami.errors import (
    BadAnswerError,
    LinkLostError,
    NotSentError,
    RefusedError,
    StalledError,
    UnsendableError,
)
from services.ami.events import Handler
from services.ami.limits import Limits
from services.ami.link import Hook, Link, State
from services.ami.messages import Message

__all__ = [
    "BadAnswerError",
    "Field",
    "Handler",
    "Hook",
    "Limits",
    "Link",
    "LinkLostError",
    "Message",
    "NotSentError",
    "RefusedError",
    "StalledError",
    "State",
    "UnsendableError",
]
