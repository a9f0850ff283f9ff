"""What an operator may set for the browser, and what nobody may: flags that open it to its senders."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from chatgrow_bot.plugin import PluginConfig

#: Flags (or beginnings of flags, with `*`) that weaken the walls around a page strangers write to, open a way
#: in from outside, or are the engine's own business.
REFUSED = (
    "allow-file-access*", "allow-running-insecure-content", "app", "app-*", "auto-open-devtools*",
    "browser-subprocess-path", "custom-devtools-frontend", "disable-features", "disable-gpu-sandbox",
    "disable-namespace-sandbox", "disable-seccomp-filter-sandbox", "disable-setuid-sandbox",
    "disable-site-isolation*", "disable-web-security", "gpu-launcher", "host-resolver-rules", "host-rules",
    "ignore-certificate-errors*", "load-extension", "no-sandbox", "no-zygote*", "ppapi-plugin-launcher",
    "profile-directory", "remote-*", "renderer-cmd-prefix", "single-process", "test-type",
    "unsafely-*", "use-fake-*", "user-agent", "user-data-dir", "utility-cmd-prefix",
)  # fmt: skip


class Channel(StrEnum):
    """Which of the installed browsers to prefer."""

    AUTO = "auto"  #: whichever is found first: Chromium, Chrome, Playwright's own
    CHROMIUM = "chromium"  #: Chromium only
    CHROME = "chrome"  #: Google Chrome only
    HEADLESS_SHELL = "headless-shell"  #: the small Chromium without a window: half the memory


def _or_the_hubs(args: Any, info: ValidationInfo) -> Any:
    """`browserArgs` of chatgrow.yaml, which the environment may set, where the plugin has none of its own."""
    file = (info.context or {}).get("file")
    hubs = file.get("browserArgs") if isinstance(file, dict) else None
    return (hubs or ()) if args is None else args


def is_dangerous(flag: str) -> bool:
    """Whether a browser argument is refused. Whatever is not a `--flag` (an address, say) is."""
    name = flag.removeprefix("--").partition("=")[0].lower()
    if not flag.startswith("--") or not name:
        return True
    return any(
        name.startswith(refused[:-1]) if refused.endswith("*") else name == refused for refused in REFUSED
    )


Seconds = Annotated[float, Field(gt=0, le=600)]


class WebSettings(PluginConfig):
    """Keys of `engine_web` in chatgrow.yaml."""

    browser_path: Path | None = Field(
        None, description="The browser's program; found by itself when left out."
    )
    channel: Channel = Field(Channel.AUTO, description="Which installed browser to use.")
    headless: bool = Field(True, description="False shows the browser's window, for linking with a passkey.")
    args: Annotated[tuple[str, ...], BeforeValidator(_or_the_hubs)] = Field(
        None,
        validate_default=True,
        description="More browser flags; `browserArgs` when left out. Those that weaken it are refused.",
    )
    simulator: Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:\d{1,5}$")] | None = Field(
        None, description="Address of the simulator to talk to instead of WhatsApp, 127.0.0.1:PORT."
    )
    start_seconds: Seconds = Field(60.0, description="How long the browser and its page may take to start.")
    answer_seconds: Seconds = Field(10.0, description="How long the page may take to answer a question.")
    ack_seconds: Seconds = Field(20.0, description="How long to wait for the server's ack of a text.")
    media_ack_seconds: Seconds = Field(180.0, description="The same for a file, its upload included.")
    download_seconds: Seconds = Field(
        180.0, description="How long WhatsApp Web may take to fetch a file that came in."
    )
    close_seconds: Seconds = Field(
        10.0, description="How long the browser may take to close before it is killed."
    )

    @field_validator("args")
    @classmethod
    def _only_harmless(cls, args: tuple[str, ...]) -> tuple[str, ...]:
        refused = [flag for flag in args if is_dangerous(flag)]
        if refused:
            raise ValueError(f"these browser flags are refused: {', '.join(refused)}; remove them")
        return args
