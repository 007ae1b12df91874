"""One connection to Asterisk: panoramisk's protocol, with its reading, sending and ending replaced (FIELD 3)."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from panoramisk import ami_protocol

from services.ami.actions import Action
from services.ami.errors import LinkLostError, NotSentError, RefusedError, StalledError
from services.ami.messages import Message, NotAmiError, Reader

_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000),
)
"""A host that is gone is noticed by the kernel within 5 s; a process that hangs, only by its unanswered pings."""

log = logging.getLogger(__name__)


class Session(ami_protocol.AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """Asks, and matches answers by ActionID, which holds a UUID: no caller can forge one. Never sends anything twice.

    An action stays in the table until it is answered, even when its caller has left: so the table is bounded, and what
    comes late of a list is not taken for news.
    """

    transport: asyncio.Transport
    closed: bool
    responses: dict[str, Action]

    def __init__(self, on_event: Callable[["Session", Message], None], in_flight: int) -> None:
        self._on_event = on_event
        self._slots = asyncio.Semaphore(in_flight)
        self._reader = Reader()
        self._has_complained = False
        self._ended = asyncio.Event()
        self.reason = ""
        """Why it has ended."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        for option in _SOCKET_OPTIONS:
            transport.get_extra_info("socket").setsockopt(*option)

    async def ask(self, action: Action, deadline: float) -> list[Message]:
        """See `Action.verdict` for what it returns and raises; NotSentError and StalledError besides.

        ``deadline`` in seconds, the wait for one of the places among the actions in flight included.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise NotSentError(f"{action['Action']}: too many actions in flight for {deadline:g} s") from None
        if self.closed:
            self._slots.release()  # wakes the next one who waits
        else:
            action.in_slot = True
        return await self.ask_now(action, until - loop.time())

    async def ask_now(self, action: Action, deadline: float) -> list[Message]:
        """As `ask`, but ahead of all that wait and beyond the limit: for login and pings."""
        if self.closed:
            raise NotSentError(f"{action['Action']}: {self.reason}")
        self.send(action)
        try:
            # Not a timeout: an answer that has come counts, even if this process was too busy to look at it in time.
            await asyncio.wait([action.future], timeout=deadline)
            if not action.future.done():
                raise StalledError(f"{action['Action']}: no answer within {deadline:g} s")
            return action.verdict()
        finally:
            action.leave()

    async def ping(self, deadline: float) -> None:
        """Raises StalledError, LinkLostError, NotSentError.

        Asterisk answers in order: of what was asked before, what has no answer by then will never have one.
        """
        given_up = [action for action in self.responses.values() if action.future.done()]
        with contextlib.suppress(RefusedError):  # an answer, too
            await self.ask_now(Action("Ping"), deadline)
        for action in given_up:
            self._forget(action)

    async def ended(self, within: float) -> bool:
        """Waits so many seconds for the session to end."""
        try:
            async with asyncio.timeout(within):
                return await self._ended.wait()
        except TimeoutError:
            return False

    def end(self, reason: str) -> None:
        """At once, unsent bytes or not: a peer that no longer reads would keep a polite ending waiting for ever."""
        if self.closed:
            return
        self.closed = True
        self.reason = reason
        self._ended.set()
        self.transport.abort()
        for action in list(self.responses.values()):
            if not action.future.done():
                action.future.set_exception(LinkLostError(f"{action['Action']}: {reason}"))
            self._forget(action)

    def send(self, action: Action) -> None:
        self.responses[action.id] = action
        self.transport.write(action.encoded)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self.handle_message(message)
        except NotAmiError as error:
            self.end(f"the peer is not Asterisk's manager: {error}")
        if self._reader.dropped and not self._has_complained:
            self._has_complained = True  # once a session: whoever can provoke it could flood the log
            log.warning("a message of Asterisk's is too long: some of its lines are dropped")

    def handle_message(self, message: Message) -> None:
        action = self.responses.get(message.get("ActionID", ""))
        is_event = "Event" in message
        # What an asynchronous action leads to is told by an event with the action's id, which is not its answer.
        if action is not None and (action.responses or not is_event):
            if action.add_message(message):
                self._forget(action)
        elif is_event:
            self._on_event(self, message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(f"connection lost: {exc or 'closed by Asterisk'}")

    def _forget(self, action: Action) -> None:
        if self.responses.pop(action.id, None) is not None and action.in_slot:
            self._slots.release()
