"""Answers customers by the YAML rules of a folder. README.md tells how to write them; `decide` in rules.py is
where a rule is chosen."""

from .loading import check_folder
from .plugin import AutoReply

__all__ = ["AutoReply", "check_folder"]
