"""Looks at everything every minute, and answers whoever asks how the hub fares."""

from .checks import Signs
from .health import Health

__all__ = ["Health", "Signs"]
