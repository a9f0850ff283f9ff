"""The command line: `chatgrow WORD`. Each word lives in a file of its own; plugins add theirs."""

from .main import main

__all__ = ["main"]
