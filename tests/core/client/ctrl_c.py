"""A program as a person starts it."""

import signal


def hears_ctrl_c() -> None:
    """In the process that is begun: in the background, where tests may run, it would be deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
