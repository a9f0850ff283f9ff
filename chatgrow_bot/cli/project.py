"""Which project a word is about, as far as all words know it."""

from pathlib import Path

CONFIG = Path("config/chatgrow.yaml")
