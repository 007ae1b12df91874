"""What becomes of an action that is not done. Each error says whether Asterisk may have done it all the same."""


class UnsendableError(ValueError):
    """Our fault: an action that must not be sent. Not a byte of it was written."""


class NotSentError(ConnectionError):
    """The link is down, or busy beyond the action's deadline. Not a byte was written: it may be tried again."""


class LinkLostError(ConnectionError):
    """The link went down before the answer came: Asterisk may or may not have done it, and it is not sent again."""


class StalledError(TimeoutError):
    """No answer by the action's deadline: Asterisk may or may not have done it, or may yet do it."""


class RefusedError(Exception):
    """Asterisk says no: unknown action, no permission, no such thing."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"{action}: {reason!r}")
        self.action = action
        self.reason = reason
        """Asterisk's own words."""


class BadAnswerError(Exception):
    """The answer is none to what was asked: not a list, one that was cancelled or that does not end."""
