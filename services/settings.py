"""Where one process finds its neighbours: read from the environment, every name prefixed ``HOTLINE_``."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """Settings that do not fit together; says which, and what was expected."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="HOTLINE_", frozen=True)

    redis_url: str = "redis://127.0.0.1:6379/0"
    pbx: str = "pbx1"
    """Name of the Asterisk host that this process serves."""
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "hotline"
    ami_secret: SecretStr = SecretStr("")
    asterisk_state: Path | None = None
    """The pbx document's ``folders.state``, for ``serve pbx`` to keep Asterisk's phones those of the documents
    (docs/setup.md); None: it does not."""
    cel_dir: Path = Path("/var/log/asterisk/cel-custom")
    sounds_dir: Path = Path("/var/lib/hotline/sounds")
    """Folder of prepared sounds; agi and Asterisk see it under the same path."""
    recordings_dir: Path = Path("/var/lib/hotline/recordings")
    """Folder of voicemails and recorded talks; Asterisk, agi and billing of one host see it under the same path."""
    speech: str = "espeak-ng"
    """What speaks prompts (docs/prompts.md): espeak-ng, piper, or the address of a service."""
    speech_secret: SecretStr = SecretStr("")
    """What the service is shown."""
    speech_models: Path | None = None
    """Folder of piper's models."""
    notify_url: str = ""
    """The gateway that takes text messages (docs/notify.md)."""
    notify_secret: SecretStr = SecretStr("")
    """Signs what goes to the gateway."""
    notify_file: Path | None = None
    """Instead of a gateway: a file that text messages are appended to."""
    metrics_accounts: int = 100
    """Accounts that /metrics tells of one by one (docs/metrics.md); all others as one."""
    archive_url: SecretStr = SecretStr("sqlite:////var/lib/hotline/archive.db")
    """Database of the archive (docs/archive.md): ``sqlite:///…`` or ``postgresql://…``, which may hold a password."""
    console_host: str = "127.0.0.1"
    console_port: int = 8400
    console_url: str = "http://127.0.0.1:8400"
    """What browsers reach the console by (docs/console.md); cookies go over TLS only where it begins with https."""
    console_proxies: frozenset[str] = frozenset()
    """Addresses of the proxies in front of it, whose ``X-Forwarded-For`` is believed."""
    sip_websocket: str = "ws://127.0.0.1:8088/ws"
    """Asterisk's, for softphones in browsers: the pbx document's ``web`` (docs/desk.md)."""
    assets_dir: Path = Path("/usr/share/hotline/assets")
    """What the build made for browsers (docs/setup.md)."""
