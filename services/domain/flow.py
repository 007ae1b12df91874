"""The nodes a hotline's flow is made of. A node names the nodes that follow it; the flow is the graph."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from services.domain.template import CallerText

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""Names of documents and nodes: lower case, digits, ``-`` and ``_``, at most 40 characters."""

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]

BoundNumber = Annotated[str, StringConstraints(pattern=r"^\+?\d{3,20}$")]
"""A number that the trunk dials: mobile, landline with area code, or E.164."""

Password = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~!@#%^*+=-]{12,64}$"), Field(repr=False)]
"""12 to 64 letters, digits and signs that need no quoting in Asterisk's files."""


class Model(BaseModel):
    """Base of all documents and their parts: unknown keys are errors, nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SoundFile(Model):
    file: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Path of a sound, relative to the document that names it."""


SpokenText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Prompt = Annotated[
    Annotated[SpokenText, Tag("text")] | Annotated[SoundFile, Tag("file")],
    Discriminator(lambda prompt: "text" if isinstance(prompt, str) else "file"),
]
"""Text to be spoken, or ``{file: …}``."""


def keys_as_text(keys: Any) -> Any:
    """YAML reads an unquoted ``1:`` as a number."""
    return {str(key): node for key, node in keys.items()} if isinstance(keys, dict) else keys


class Menu(Model):
    """Plays the prompt and waits for a key; after ``tries`` wrong or missing keys the call goes ``otherwise``."""

    kind: Literal["menu"]
    prompt: Prompt
    keys: Annotated[dict[Key, Id], BeforeValidator(keys_as_text), Field(min_length=1)]
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    """Seconds to wait for a key after the prompt."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    invalid: Prompt | None = None
    """Played after a key that leads nowhere."""
    otherwise: Id

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield from ((f"keys.{key}", node) for key, node in self.keys.items())
        yield "otherwise", self.otherwise

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield "prompt", self.prompt
        if self.invalid is not None:
            yield "invalid", self.invalid


class Say(Model):
    kind: Literal["say"]
    prompt: Prompt
    next: Id

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield "prompt", self.prompt


class GroupNode(Model):
    """Rings a group; when nobody answered the call goes ``otherwise``."""

    kind: Literal["group"]
    group: Id
    otherwise: Id

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield "otherwise", self.otherwise

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield from ()


class Announcements(Model):
    """What a caller is told while it waits, between music."""

    first_seconds: Annotated[int, Field(ge=0, le=600)] = 5
    every_seconds: Annotated[int, Field(ge=10, le=600)] = 30
    """From the begin of one to the begin of the next."""
    position: bool = True
    wait: bool = True
    """The waiting time, while it can be told and lately came true."""
    hint: Prompt | None = None
    """Said last: which keys may be pressed."""


class Queue(Model):
    """The caller waits for a member of a group, who is reserved before it rings; each trigger may lead elsewhere."""

    kind: Literal["queue"]
    group: Id
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    """Callers of a higher priority go first."""
    announcements: Announcements | None = None
    keys: Annotated[dict[Key, Id], BeforeValidator(keys_as_text)] = {}
    """Where a key leads that is pressed while waiting; other keys do nothing."""
    keeps_place: bool = False
    """A call that comes from another queue brings its age along."""
    max_wait_seconds: Annotated[int, Field(ge=1, le=7200)] = 600
    predicted_wait_seconds: Annotated[int, Field(ge=30, le=7200)] | None = None
    waited: Id | None = None
    """Where the call goes after ``max_wait_seconds``."""
    predicted: Id | None = None
    """Where it goes when at its entering the middle of its expected wait is beyond ``predicted_wait_seconds``."""
    full: Id | None = None
    """Where it goes when as many wait as the group has room for."""
    nobody_on_duty: Id | None = None
    nobody_ready: Id | None = None
    otherwise: Id
    """Where it goes when a trigger has no way of its own. A call waits for who is on duty but not ready."""

    @model_validator(mode="after")
    def _predicts(self) -> "Queue":
        if self.predicted is not None and self.predicted_wait_seconds is None:
            raise ValueError("'predicted' needs 'predicted_wait_seconds'")
        return self

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield from ((f"keys.{key}", node) for key, node in self.keys.items())
        for key in ("waited", "predicted", "full", "nobody_on_duty", "nobody_ready", "otherwise"):
            if (following := getattr(self, key)) is not None:
                yield key, following

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        if self.announcements is not None and self.announcements.hint is not None:
            yield "announcements.hint", self.announcements.hint


class TextMessage(Model):
    """A text message to a caller who has a mobile; the call goes on at once."""

    kind: Literal["text_message"]
    text: CallerText
    next: Id

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield from ()


class VoicemailNode(Model):
    """The prompt, a tone, and what the caller says is recorded: to #, a silence, or the end of ``max_seconds``."""

    kind: Literal["voicemail"]
    prompt: Prompt
    group: Id
    """Whom it is for."""
    max_seconds: Annotated[int, Field(ge=5, le=600)] = 120
    text_to: Annotated[tuple[BoundNumber, ...], Field(max_length=10)] = ()
    """Numbers that are told of it by text message."""
    next: Id | None = None
    """None: the call is over."""

    def nexts(self) -> Iterator[tuple[str, str]]:
        if self.next is not None:
            yield "next", self.next

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield "prompt", self.prompt


class Callback(Model):
    """The caller is called back as soon as it is its turn; it confirms its own number, or keys in another."""

    kind: Literal["callback"]
    group: Id
    use_this: Prompt = "请按1确认用"
    """Before the number is read out."""
    or_another: Prompt = "回拨，按2输入其他号码。"
    """After it."""
    enter: Prompt = "请输入您的电话号码，固定电话请加区号，按井号键结束。"
    invalid: Prompt = "这个号码不能回拨。"
    agreed: Prompt = "好的，我们会尽快给您回电。"
    pending: Prompt = "您的回拨已经登记，我们会尽快给您回电。"
    """For who asks again."""
    refused: Prompt = "对不起，现在不能登记回拨。"
    announce: Prompt = "回拨，尾号"
    """What the agent hears, before the last four digits."""
    confirm: Prompt = "请按1接通。"
    """Then, if the agent is one that has to confirm."""
    digits: Annotated[tuple[Prompt, ...], Field(min_length=10, max_length=10)] = tuple("零幺二三四五六七八九")
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    """Seconds to wait for a key."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    next: Id | None = None
    """Where the call goes when the callback is agreed on; left out: it ends."""
    otherwise: Id | None = None
    """Where it goes when no number was given, or so many callbacks are pending that no more are taken."""

    def nexts(self) -> Iterator[tuple[str, str]]:
        for key in ("next", "otherwise"):
            if (following := getattr(self, key)) is not None:
                yield key, following

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        for key in (
            "use_this",
            "or_another",
            "enter",
            "invalid",
            "agreed",
            "pending",
            "refused",
            "announce",
            "confirm",
        ):
            yield key, getattr(self, key)
        yield from ((f"digits.{index}", prompt) for index, prompt in enumerate(self.digits))


class Hangup(Model):
    kind: Literal["hangup"]

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield from ()

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        yield from ()


Node = Annotated[
    Menu | Say | GroupNode | Queue | Callback | TextMessage | VoicemailNode | Hangup, Field(discriminator="kind")
]


class Flow(Model):
    start: Id
    nodes: Annotated[dict[Id, Node], Field(min_length=1)]
