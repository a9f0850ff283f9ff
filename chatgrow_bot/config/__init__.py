"""Configuration: YAML in, settings or a report out. `source` reads text into data with positions, `check`
holds data against a model, `report` shows what to mend, `models` says what is accepted."""

from .check import check
from .connection import ConnectionSettings, Pacing, ReplyPace, SendPace
from .load import Loaded, load
from .models import OnUnknown, Settings
from .names import did_you_mean, nearest
from .plans import Plan, Plans
from .plugins import RESERVED, PluginEntry, Tenants
from .report import InvalidConfig, Position, Problem, in_order, render
from .shape import Misfit, Shape
from .source import Document, read, survey
from .values import Count, Flag, Folder, Limit, Seconds, Section, Size, Zone
from .walk import At

__all__ = [
    "RESERVED",
    "At",
    "ConnectionSettings",
    "Count",
    "Document",
    "Flag",
    "Folder",
    "InvalidConfig",
    "Limit",
    "Loaded",
    "Misfit",
    "OnUnknown",
    "Pacing",
    "Plan",
    "Plans",
    "PluginEntry",
    "Position",
    "Problem",
    "ReplyPace",
    "Seconds",
    "Section",
    "SendPace",
    "Settings",
    "Shape",
    "Size",
    "Tenants",
    "Zone",
    "check",
    "did_you_mean",
    "in_order",
    "load",
    "nearest",
    "read",
    "render",
    "survey",
]
