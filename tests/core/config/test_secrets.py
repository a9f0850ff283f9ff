"""`!secret NAME`: where it is found, and that no report ever shows it."""

import pytest

from .conftest import Project

URL = "database: {url: !secret DB}\n"


def test_a_secret_comes_from_the_environment_before_the_file(project: Project) -> None:
    project.write("DB: sqlite:///file\nOTHER: x\n", "config/secrets.yaml")

    assert project.load(URL).settings.database_url == "sqlite:///file"
    assert project.load(URL, {"DB": "sqlite:///env"}).settings.database_url == "sqlite:///env"
    assert project.load(URL, {"DB": ""}).settings.database_url == "sqlite:///file"


def test_a_secret_may_stand_in_dotenv(project: Project) -> None:
    project.write("DB=sqlite:///dotenv\n", ".env")

    assert project.load(URL).settings.database_url == "sqlite:///dotenv"


def test_a_missing_secret_says_where_to_put_it(project: Project) -> None:
    assert project.report(URL) == (
        "config/chatgrow.yaml:1:17  the secret 'DB' is not set\n"
        "     1 | database: {url: !secret DB}\n"
        "       |                 ^\n"
        '       set the environment variable DB, or write `DB: "..."` into config/secrets.yaml'
    )


@pytest.mark.parametrize("name", ["", "A B", "${X}", "é"])
def test_a_secret_has_a_name(name: str, project: Project) -> None:
    assert "cannot be the name of a secret" in project.report(f'database: {{url: !secret "{name}"}}\n')


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secrets_file_that_others_can_read_is_refused(mode: int, project: Project) -> None:
    project.write("DB: sqlite:///canary\n", "config/secrets.yaml", mode)

    assert project.report("") == (
        f"config/secrets.yaml  other users of this machine can read it (mode {mode:04o})\n"
        "     run: chmod 600 config/secrets.yaml"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("DB: {a: canary}\n", "1:5  'DB' must be text, not the secret's value"),
        ("DB: 5550123\n", "1:5  'DB' must be text, not the secret's value\n     put it in quotes"),
        ("DB: no\nE: canary\n", "1:5  'no' is not clear"),
        ("DB: 'canary\n", "1:5  a quote is opened here and never closed"),
        ("DB: can\x07ary\n", "1:8  the character U+0007"),
        ("- canary\n", "1:1  the file must be a group of `key: value` lines"),
        ("DB: !secret canary\n", "1:5  secrets cannot be used in this file"),
    ],
)
def test_a_wrong_secrets_file_is_told_without_its_lines(text: str, says: str, project: Project) -> None:
    project.write(text, "config/secrets.yaml")

    report = project.report("")

    assert report.startswith(f"config/secrets.yaml:{says}")
    assert "canary" not in report
    assert "5550123" not in report


def test_a_secret_that_does_not_fit_is_not_shown(project: Project) -> None:
    report = project.report("server: {port: !secret PORT}\nadmins: !secret PORT\n", {"PORT": "canary"})

    assert "'port' must be a whole number, not the secret's value" in report
    assert "'admins' must be a list, not the secret's value" in report
    assert "canary" not in report


def test_the_words_of_a_validator_do_not_show_a_secret_either(project: Project) -> None:
    text = "healthCheckInterval: !secret X\nplans: {free: {mediaSize: !secret X}}\nsessionDir: !secret X\n"
    report = project.report(text, {"X": "~canary"})

    assert report.count("config/chatgrow.yaml:") == 3
    assert "canary" not in report
