"""What each kind of node does to a call: one file a kind, all of one shape."""

from collections.abc import Awaitable, Callable
from typing import Any

from agi.call import Call
from agi.nodes import callback, group, hangup, menu, queue, say, text_message, voicemail
from services.domain.flow import Callback, GroupNode, Hangup, Menu, Queue, Say, TextMessage, VoicemailNode

Handler = Callable[[Call, str, Any], Awaitable[str | None]]
"""Handles a call at a node, given the node's name and document; returns the next node's name, None when it is over."""

HANDLERS: dict[type, Handler] = {
    Menu: menu.handle,
    Say: say.handle,
    GroupNode: group.handle,
    Queue: queue.handle,
    Callback: callback.handle,
    TextMessage: text_message.handle,
    VoicemailNode: voicemail.handle,
    Hangup: hangup.handle,
}
