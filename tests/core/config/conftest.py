"""A project folder in which a test writes its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatgrow_bot.config.load import Loaded, load
from chatgrow_bot.config.report import InvalidConfig, Problem


@dataclass(frozen=True, slots=True)
class Project:
    root: Path

    @property
    def file(self) -> Path:
        return self.root / "config" / "chatgrow.yaml"

    def write(self, text: str, name: str = "config/chatgrow.yaml", mode: int = 0o600) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def load(self, text: str, env: Mapping[str, str] | None = None) -> Loaded:
        return load(self.write(text), env or {})

    def problems(self, text: str, env: Mapping[str, str] | None = None) -> list[Problem]:
        with pytest.raises(InvalidConfig) as caught:
            self.load(text, env)
        return caught.value.problems

    def report(self, text: str, env: Mapping[str, str] | None = None) -> str:
        with pytest.raises(InvalidConfig) as caught:
            self.load(text, env)
        return str(caught.value)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
