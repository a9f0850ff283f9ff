"""Plugins made but not started, for words that need their configuration and no more."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import structlog

from ..clock import SystemClock
from ..config import InvalidConfig
from ..config.load import Loaded, load
from ..errors import ChatgrowError, PluginError
from ..hooks import Hooks
from ..hooks.registry import Instance
from ..host import Host
from ..host.loader import Catalogue, own_settings
from ..plugin import Plugin, PluginConfig, Route, Store
from ..safety.http import SafeHttp


def loaded_plugins(found: Loaded) -> tuple[Host, Hooks]:
    """Every plugin that chatgrow.yaml lists, as a start would load it, and none started; `host.problems` says
    which could not be."""
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


def cold_plugins(config: Path) -> Iterator[tuple[str, Plugin]]:
    """Every plugin there is, listed in the configuration or not, each as its first entry there configures it.
    One that cannot be made is passed over: `chatgrow check` says why."""
    found = _loaded_or_none(config)
    catalogue = Catalogue(found.settings.plugin_folders if found else ())
    for name in catalogue.names():
        try:
            kind = catalogue.find(name)
            yield name, kind(ColdBot(name, _configured(kind, name, found)))
        except ChatgrowError:
            continue


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


def _configured(kind: type[Plugin], name: str, found: Loaded | None) -> PluginConfig:
    for instance, entry in found.settings.plugins.items() if found else ():
        if found and (entry.plugin or instance) == name:
            config, _ = own_settings(kind, found.document, instance)
            if config:
                return config
    return kind.Config()
