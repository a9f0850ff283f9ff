"""Finds plugins and loads their code. By path, as `chatgrow_plugins.<name>`: nothing goes on sys.path, so a
plugin may be called what a library is called."""

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from pydantic import TypeAdapter, ValidationError

from ..config import RESERVED, Document, Folder, Problem, check
from ..config.names import did_you_mean
from ..errors import PluginError
from ..hooks.isolation import place_of
from ..plugin import Plugin, PluginConfig

NAMESPACE = "chatgrow_plugins"
GROUP = "chatgrow_bot"

_FOLDERS = TypeAdapter(tuple[Folder, ...])


def built_in_folder() -> Path:
    """Where our own plugins lie: inside the package when it is installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "_plugins"
    return inside if inside.is_dir() else package.parent / "plugins"


def load_plugin_module(path: Path) -> ModuleType:
    """The module of a plugin's file or folder, loaded once. Raises PluginError."""
    path = path.resolve()
    file = path / "__init__.py" if path.is_dir() else path
    name = f"{NAMESPACE}.{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(file):
        return loaded
    _forget(name)  # another plugin of this name, loaded by another app in this process
    folders = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise PluginError(f"'{path}' is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(NAMESPACE, _namespace())  # a folder within a plugin's folder needs its ancestors
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        _forget(name)
        raise PluginError(f"'{path}' cannot be loaded: {explained(error)}") from error
    return module


def _namespace() -> ModuleType:
    """The package in which plugins are; nothing is found in it but what is loaded by path."""
    package = ModuleType(NAMESPACE)
    package.__path__ = []
    return package


def plugin_class(module: ModuleType) -> type[Plugin]:
    """The one Plugin class defined in a module, or in the folder it stands for. Raises PluginError."""
    own = (module.__name__, f"{module.__name__}.")
    found = {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Plugin)
        and (thing.__module__ == own[0] or thing.__module__.startswith(own[1]))
    }
    if len(found) == 1:
        return found.pop()
    if not found:
        raise PluginError(f"'{module.__file__}' defines no plugin; it needs a `class Something(Plugin)`")
    names = ", ".join(sorted(each.__name__ for each in found))
    raise PluginError(
        f"'{module.__file__}' defines several plugins ({names}); leave one, or make them folders"
    )


def explained(error: BaseException) -> str:
    """An error of a plugin that starts, with its text and place: no message is in play yet."""
    place = place_of(error)
    return f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")


class Catalogue:
    """The plugins that may be named in chatgrow.yaml. The first of a name wins: folders in their order, our
    own, installed packages."""

    def __init__(self, folders: Iterable[Path] = (), installed: Sequence[EntryPoint] | None = None) -> None:
        self._folders = (*folders, built_in_folder())
        self._installed = entry_points(group=GROUP) if installed is None else installed

    def names(self) -> list[str]:
        """All there are."""
        files = [path for folder in self._folders if folder.is_dir() for path in folder.iterdir()]
        own = {path.stem for path in files if _path(path.parent, path.stem)}
        return sorted(own | {entry.name for entry in self._installed})

    def find(self, name: str) -> type[Plugin]:
        """The class of a plugin. Raises PluginError, suggesting the nearest name."""
        for folder in self._folders:
            if path := _path(folder, name):
                return plugin_class(load_plugin_module(path))
        for entry in self._installed:
            if entry.name == name:
                return _installed_class(entry)
        raise PluginError(f"there is no plugin '{name}'{did_you_mean(name, self.names())}")


def setting_problems(document: Document) -> Iterator[Problem]:
    """What is wrong under `plugins:` that only the plugins can tell: names that no plugin has, and their own
    keys. A plugin whose code cannot be loaded is no matter of settings: it is left out at the start."""
    listed = document.data.get("plugins") if isinstance(document.data, dict) else None
    catalogue = Catalogue(plugin_folders(document))
    for name, entry in (listed or {}).items() if isinstance(listed, dict | None) else ():
        named = entry.get("plugin", name) if isinstance(entry, dict) else name
        if named not in catalogue.names():
            message = f"there is no plugin '{named}'{did_you_mean(str(named), catalogue.names())}"
            yield Problem(document.position(("plugins", name)), message)
            continue
        try:
            kind = catalogue.find(named)
        except PluginError:
            continue
        yield from own_settings(kind, document, name)[1]
        if kind.needs_hub and not (isinstance(entry, dict) and entry.get("admin")):
            yield Problem(document.position(("plugins", name)), f"'{name}' needs `admin: true`")


def own_settings(
    kind: type[Plugin], document: Document, instance: str
) -> tuple[PluginConfig | None, list[Problem]]:
    """What stands under an instance's name in chatgrow.yaml, as the plugin's Config; or None, and why."""
    return check(kind.Config, document, at=("plugins", instance), without=RESERVED)


def plugin_folders(document: Document) -> Sequence[Path]:
    """`pluginFolders:` as far as it can be read; what is wrong with it, the settings' own check says."""
    written = document.value(("pluginFolders",))
    try:
        return _FOLDERS.validate_python(written or (), context={"root": document.root})
    except ValidationError:
        return ()


def _installed_class(entry: EntryPoint) -> type[Plugin]:
    try:
        thing = entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(f"'{entry.value}' cannot be loaded: {explained(error)}") from error
    if isinstance(thing, type) and issubclass(thing, Plugin):
        return thing
    if isinstance(thing, ModuleType):
        return plugin_class(thing)
    raise PluginError(f"'{entry.value}' is neither a Plugin class nor a module with one")


def _path(folder: Path, name: str) -> Path | None:
    if not name.isidentifier() or name.startswith("_"):
        return None
    if (folder / name / "__init__.py").is_file():
        return folder / name
    file = folder / f"{name}.py"
    return file if file.is_file() else None


def _forget(name: str) -> None:
    for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[known]
