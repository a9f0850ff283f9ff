"""The story that `make demo SCRIPT=1` plays."""

import sys
from typing import Any

import pytest


async def test_the_whole_story_happens(stage: Any, phones: Any, capsys: pytest.CaptureFixture[str]) -> None:
    await sys.modules["chatgrow_plugins.simulator.demo.story"].Story(stage, phones).play()
    steps = [line for line in capsys.readouterr().out.splitlines() if "✓" in line]
    assert len(steps) == 32


@pytest.mark.slow
async def test_a_story_that_does_not_happen_is_not_told(
    stage: Any, phones: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without rules nobody answers, and the story must say so."""
    for file in (stage.places.folder / "config" / "rules").iterdir():
        file.unlink()
    story = sys.modules["chatgrow_plugins.simulator.demo.story"]
    monkeypatch.setattr(story, "ANSWER_PATIENCE", 3.0)
    with pytest.raises(Exception, match="not seen: a customer asks in English"):
        await story.Story(stage, phones).play()
