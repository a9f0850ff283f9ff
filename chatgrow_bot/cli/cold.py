"""Plugins made but not started, for words that need their configuration and no more."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import structlog

from ..clock import SystemClock
from ..config import InvalidConfig
from ..config.load import Loaded, load
from ..errors import PluginError
from ..hooks import Hooks
from ..hooks.registry import Instance
from ..host import Host
from ..host.loader import Catalogue, own_settings
from ..messages import Fault
from ..plugin import PluginConfig, Route, Store
from ..safety.http import SafeHttp


def loaded_plugins(found: Loaded) -> tuple[Host, Hooks]:
    """Every plugin that chatgrow.yaml lists, as a start would load it, and none started; `host.problems` says
    which could not be. Those that a start would start are on: their parts may be asked."""
    clock = SystemClock()
    hooks = Hooks(clock=clock, report=lambda fault: None)
    host = Host(
        loaded=found,
        catalogue=Catalogue(found.settings.plugin_folders),
        hooks=hooks,
        clock=clock,
        http=SafeHttp(),
        store=lambda instance: cast(Store, None),  # none is used before a plugin starts
        serves=lambda tenants: lambda tenant: True,
    )
    host.load()
    for name in host.names:
        hooks.switch(name, on=found.settings.plugins[name].enabled)
    return host, hooks


class Absent:
    """A part of the hub before there is one: it can be handed on, and that is all."""

    def __getattr__(self, name: str) -> "Absent":
        """Another such part."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent()

    def __call__(self, *args: object, **more: object) -> Any:
        """Everything that is done needs a running hub."""
        raise PluginError("this is there only while the hub runs: chatgrow run")


class ColdBot:
    """A bot before its hub runs: a name, a log and a configuration."""

    def __init__(self, name: str, config: PluginConfig, hub: Absent | None = None) -> None:
        self.name = name
        self.config = config
        self.log = structlog.get_logger("chatgrow.plugins").bind(plugin=name)
        if hub:
            self.hub: Any = hub

    def __getattr__(self, name: str) -> Any:
        """Everything else needs a running hub."""
        raise PluginError(f"'{name}' is there only while the hub runs: chatgrow run")


def cold_plugins(config: Path, report: Callable[[Fault], None]) -> Iterator[Hooks]:
    """Every plugin there is. Those that the configuration lists come first and together, for they may have
    parts for each other; each of the others by itself. One that cannot be made is passed over: `chatgrow
    check` says why."""
    found = _loaded_or_none(config)
    catalogue = Catalogue(found.settings.plugin_folders if found else ())
    entries = found.settings.plugins if found else {}
    named = {name: entry.plugin or name for name, entry in entries.items()}
    listed = [made for name, kind in named.items() if (made := _made(catalogue, name, kind, found))]
    yield _together(listed, report, on=[each.name for each in listed if entries[each.name].enabled])
    for name in catalogue.names():
        if name not in named.values() and (made := _made(catalogue, name, name, None)):
            yield _together([made], report)


def _together(
    instances: Sequence[Instance], report: Callable[[Fault], None], on: Sequence[str] = ()
) -> Hooks:
    hooks = Hooks(clock=SystemClock(), report=report)
    hooks.register(instances)
    for name in on:
        hooks.switch(name, on=True)
    return hooks


def _made(catalogue: Catalogue, name: str, kind: str, found: Loaded | None) -> Instance | None:
    try:
        make = catalogue.find(kind)
        own = own_settings(make, found.document, name)[0] if found else None
        plugin = make(ColdBot(name, own or make.Config()))
    except (Exception, SystemExit):  # of its code, or settings that it cannot do without
        return None
    return Instance(name=name, plugin=plugin, serves=lambda tenant: True)


def cold_routes(config: Path) -> Sequence[tuple[str, Route]]:
    """The routes that a start would serve, with the plugins they come from. None of them can be called.
    Raises InvalidConfig, PluginError."""
    found = load(config, os.environ)
    catalogue = Catalogue(found.settings.plugin_folders)
    hooks = Hooks(clock=SystemClock(), report=lambda fault: None)
    instances = []
    for name, entry in found.settings.plugins.items():
        if entry.enabled:
            kind = catalogue.find(entry.plugin or name)
            own, problems = own_settings(kind, found.document, name)
            if own is None:
                raise InvalidConfig(problems)
            bot = ColdBot(name, own, Absent() if entry.admin else None)
            instances.append(Instance(name=name, plugin=kind(bot), serves=lambda tenant: True))
    hooks.register(instances)
    return hooks.register_routes()


def _loaded_or_none(config: Path) -> Loaded | None:
    try:
        return load(config, os.environ)
    except (InvalidConfig, OSError):
        return None
