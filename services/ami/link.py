"""The link that stays: connects, logs in, notices its death, connects again, and has the true state asked for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NoReturn

from services.ami.actions import Action, Field, ListAction
from services.ami.errors import LinkLostError, NotSentError, RefusedError, StalledError
from services.ami.events import Events, Handler, attempt, story
from services.ami.limits import Limits, Pauses
from services.ami.messages import Message
from services.ami.session import Session

DEADLINE = 5.0

Hook = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class State(Enum):
    AWAY = "no connection, or Asterisk is still booting"
    REFUSED = "Asterisk refuses the user or the password"
    JOINING = "connected; what events did not tell is being asked for"
    READY = "connected, and no event was missed since the hooks ran"


@dataclass(frozen=True, eq=False)
class _Resync:
    """One reason to ask for the true state: a new session, or events that were missed."""

    session: Session
    pause: float = 0.0


class _LoginRefusedError(Exception):
    pass


class Link:
    """To one Asterisk, as one user of its manager.conf; the user must read the class ``system`` (FullyBooted).

    What was missed while the link was down, because a handler failed or because the queue of events overflowed, no
    event will tell: then the hooks are awaited, in which the owners ask for the true state. Events that come meanwhile
    wait behind them.
    """

    def __init__(self, host: str, port: int, user: str, secret: str, limits: Limits | None = None) -> None:
        self._address = host, port
        self._login = {"Username": user, "Secret": secret, "Events": "on"}
        self._limits = limits or Limits()
        self._hooks: list[Hook] = []
        self._events = Events(self._missed, self._limits.events, self._limits.handler)
        self._misses = self._pauses()
        self._session: Session | None = None
        """The one that Asterisk has fully booted on."""
        self._due: _Resync | None = None
        """The last one; those before it count for nothing."""
        self._ready = asyncio.Event()
        self._is_refused = False
        self._complaint = ""

    @property
    def state(self) -> State:
        if self._session is None:
            return State.REFUSED if self._is_refused else State.AWAY
        return State.READY if self._ready.is_set() else State.JOINING

    def subscribe(self, event: str, handler: Handler) -> None:
        """``event`` is the name in Asterisk's spelling. Handlers of one event are awaited in the order subscribed.

        When one raises, or takes longer than its deadline, that is logged and the next one is told all the same; after
        the events that already wait, the hooks are awaited.
        """
        self._events.subscribe(event, handler)

    def on_resync(self, hook: Hook) -> None:
        """Awaited in the order given here. When one raises, all are awaited again, after a pause."""
        self._hooks.append(hook)

    async def ready(self, deadline: float) -> None:
        """Waits for `State.READY`. Raises TimeoutError. Not for handlers and hooks: it cannot come while they run."""
        try:
            async with asyncio.timeout(deadline):
                await self._ready.wait()
        except TimeoutError:
            raise TimeoutError(f"not ready after {deadline:g} s: {self.state.value}") from None

    async def action(self, name: str, /, *, deadline: float = DEADLINE, **fields: Field) -> Message:
        """Asterisk's response. It is sent at most once, whatever happens to the link.

        Raises UnsendableError, NotSentError, LinkLostError, StalledError, RefusedError. What an Originate leads to
        comes as an event OriginateResponse, with the ActionID of the response.
        """
        [response] = await self._ask(Action(name, fields), deadline)
        return response

    async def list_action(self, name: str, /, *, deadline: float = DEADLINE, **fields: Field) -> list[Message]:
        """The events that stand for a thing each, in Asterisk's order. Raises as `action`, and BadAnswerError."""
        return await self._ask(ListAction(name, fields), deadline)

    async def run(self, stop: asyncio.Event) -> None:
        """Keeps the link until ``stop`` is set; then ends it, and cancels the handler or hook that runs."""
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(self._events.work()), group.create_task(self._stay())
            await stop.wait()
            for task in tasks:
                task.cancel()

    async def _ask(self, action: Action, deadline: float) -> list[Message]:
        if self._session is None:
            raise NotSentError(f"{action['Action']}: {self.state.value}")
        return await self._session.ask(action, deadline)

    async def _stay(self) -> NoReturn:
        pauses = self._pauses()
        refused = Pauses(self._limits.first_refused_pause, self._limits.longest_refused_pause)
        while True:
            try:
                await self._live()
            except _LoginRefusedError as error:
                self._complain(logging.ERROR, f"it refuses the login of {self._login['Username']!r}: {error}")
                self._is_refused = True
                pause = refused.next()
            except OSError as error:  # every timeout and every lost or refused connection is one
                self._complain(logging.WARNING, str(error))
                pause = pauses.next()
            await asyncio.sleep(pause)

    async def _live(self) -> NoReturn:
        """One session, from connecting to its end. Raises OSError, _LoginRefusedError."""
        session = await self._connect()
        try:
            await self._log_in(session)
            boot_by = asyncio.get_running_loop().time() + self._limits.boot
            while not await session.ended(self._limits.ping_every):
                await session.ping(self._limits.ping)
                if self._session is None and asyncio.get_running_loop().time() > boot_by:
                    raise StalledError(f"not fully booted after {self._limits.boot:g} s, or the user may not know")
            raise LinkLostError(session.reason)
        finally:
            self._session = None
            self._ready.clear()
            session.end("the link is closed")

    async def _connect(self) -> Session:
        loop = asyncio.get_running_loop()
        make = partial(Session, self._happened, self._limits.in_flight)
        try:
            async with asyncio.timeout(self._limits.connect):
                _, session = await loop.create_connection(make, *self._address)
        except TimeoutError as error:
            raise StalledError(str(error) or f"not connected within {self._limits.connect:g} s") from None
        return session

    async def _log_in(self, session: Session) -> None:
        try:
            await session.ask_now(Action("Login", self._login), self._limits.login)
        except RefusedError as refused:
            raise _LoginRefusedError(repr(refused.reason)) from None
        self._is_refused = False

    def _happened(self, session: Session, event: Message) -> None:
        # Only the first one counts: later ones may be forged, to have the state asked for without end.
        if event["Event"] == "FullyBooted" and self._session is None:
            self._session = session
            self._resync(_Resync(session))
        self._events.put(event)

    def _missed(self) -> None:
        if self._session is not None:
            self._resync(_Resync(self._session, self._misses.next()))

    def _resync(self, resync: _Resync) -> None:
        self._ready.clear()
        self._due = resync
        self._events.put_job(partial(self._reconcile, resync))

    async def _reconcile(self, resync: _Resync) -> None:
        pauses = self._pauses()
        if self._counts(resync):
            await resync.session.ended(resync.pause)
        while self._counts(resync):
            failure = await self._run_hooks()
            if not self._counts(resync):
                return
            if failure is None:
                self._complaint = ""
                self._ready.set()
                log.info("the link to Asterisk at %s:%d is ready", *self._address)
                return
            log.error("asking for the true state failed: %s", story(failure))
            await resync.session.ended(pauses.next())

    async def _run_hooks(self) -> BaseException | None:
        for hook in self._hooks:
            if failure := await attempt(hook, self._limits.hook):
                return failure
        return None

    def _counts(self, resync: _Resync) -> bool:
        return self._due is resync and not resync.session.closed

    def _complain(self, level: int, reason: str) -> None:
        """Once for each reason: what fails again and again must not flood the log."""
        if reason != self._complaint:
            self._complaint = reason
            log.log(level, "no link to Asterisk at %s:%d, trying again: %s", *self._address, reason)

    def _pauses(self) -> Pauses:
        return Pauses(self._limits.first_pause, self._limits.longest_pause)
