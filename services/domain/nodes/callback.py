from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Prompt


class Callback(NodeModel):
    """The caller is called back as soon as it is its turn; it confirms its own number, or keys in another."""

    WAYS = ("next", "otherwise")
    PROMPTS = (
        "use_this",
        "or_another",
        "enter",
        "invalid",
        "agreed",
        "pending",
        "refused",
        "announce",
        "confirm",
        "digits",
    )
    WAITS = True

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

    def ends(self) -> bool:
        return self.next is None or self.otherwise is None

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "group", "group", self.group
