"""An edited rule file against the present ones."""

from pathlib import Path

import pytest

from .conftest import Chat, Replay, Write

CAKE = "rules:\n  - {id: cake, when: {text: {any: [cake]}}, reply: Cake}\n"


@pytest.fixture
def talk(chat: Chat) -> Path:
    return chat("04 10:00 Dana: cake", "04 10:01 Dana: bread", "04 10:02 Dana: rolls", "04 10:03 Shop: ok")


def test_an_edited_file_takes_the_place_of_the_one_of_its_name(
    write: Write, talk: Path, replay: Replay, tmp_path: Path
) -> None:
    write("cake", CAKE)
    write("rolls", "rules:\n  - {id: rolls, when: {text: {any: [rolls]}}, reply: Rolls}\n")
    edited = tmp_path / "cake.yaml"
    edited.write_text("rules:\n  - {id: bread, when: {text: {any: [bread, rolls]}}, reply: Bread}\n")
    said = replay(talk, "--business", "Shop", "--against", edited).output
    assert "2 messages answered instead of 2 (+0); 0 as before" in said
    assert "1 newly answered" in said and '"bread"' in said
    assert "1 no longer answered" in said and '"cake"' in said
    assert "1 answered by another rule" in said and "rolls → bread" in said


def test_other_words_of_the_same_rule_are_told(
    write: Write, talk: Path, replay: Replay, tmp_path: Path
) -> None:
    write("cake", CAKE)
    folder = tmp_path / "edited"
    folder.mkdir()
    (folder / "cake.yaml").write_text(CAKE.replace("reply: Cake", "reply: A cake"))
    assert "1 answered in other words" in replay(talk, "--business", "Shop", "--against", folder).output


def test_a_wrong_edited_file_is_shown_and_not_compared(
    write: Write, talk: Path, replay: Replay, tmp_path: Path
) -> None:
    write("cake", CAKE)
    edited = tmp_path / "cake.yaml"
    edited.write_text(CAKE.replace("any:", "anny:"))
    result = replay(talk, "--against", edited)
    assert result.exit_code == 1
    assert "did you mean 'any'" in result.output and "mend them" in result.output
