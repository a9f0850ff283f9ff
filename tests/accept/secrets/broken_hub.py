"""`chatgrow run` with one mistake in it, for AC-22's negative control: nothing takes secrets out of lines."""

from typing import Any

from chatgrow_bot.cli import main
from chatgrow_bot.logs import redaction, tracebacks


def as_it_is(self: Any, logger: object, method: str, line: Any) -> Any:
    """No redaction."""
    return {
        name: repr(value) if isinstance(value, BaseException | bytes) else value
        for name, value in line.items()
    }


if __name__ == "__main__":
    redaction.Redaction.__call__ = as_it_is  # type: ignore[method-assign,assignment]
    tracebacks._may_speak = lambda name: True
    main()
