"""Data against models: sentences that a shop manager understands, each at its own place, all at once."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from chatgrow_bot.config.check import check
from chatgrow_bot.config.report import render
from chatgrow_bot.config.source import survey
from chatgrow_bot.config.values import Count, Flag, Folder, Limit, Seconds, Section, Size

from .conftest import Project


class Reply(Section):
    kind: Literal["reply"]
    text: str = Field(min_length=1)
    typing: Flag = True


class Route(Section):
    kind: Literal["route"]
    team: str
    #: a key with the name of a branch: locations must not be led astray by it
    reply: str = ""


class Ask(Section):
    ask: str


class Tell(Section):
    tell: str


def _which(value: Any) -> str | None:
    return next((key for key in ("ask", "tell") if key in value), None)


class Team(Section):
    name: str
    size: Count = Field(default=1, ge=1, le=99)
    wait: Seconds = 0
    files: Size = 0
    limit: Limit = 5
    pause: Count | Literal["auto"] = "auto"
    words: list[str] | str = ""


Step = Annotated[Annotated[Ask, Tag("ask")] | Annotated[Tell, Tag("tell")], Discriminator(_which)]


class Shop(Section):
    then: tuple[Annotated[Reply | Route, Field(discriminator="kind")], ...] = ()
    steps: tuple[Step, ...] = ()
    teams: dict[str, Team] = Field(default={})
    either: tuple[Reply | Route | str, ...] = ()
    folder: Folder | None = None


def found(project: Project, text: str, model: type[BaseModel] = Shop, **rest: Any) -> list[str]:
    checked, problems = check(model, survey(project.write(text)), **rest)
    assert (checked is None) == bool(problems)
    return [
        f"{problem.position.line}:{problem.position.column} {problem.message}"
        + (f" [{problem.hint}]" if problem.hint else "")
        for problem in problems
    ]


@pytest.mark.parametrize(
    ("team", "says"),
    [
        ("{name: 5}", "1:19 'name' must be text, not 5 [write \"5\" in quotes]"),
        ("{name: true}", "1:19 'name' must be text, not true [write \"true\" in quotes]"),
        ("{name: }", "1:19 'name' has no value; it must be text"),
        ("{}", "1:9 'name' is missing [add `name: ...`]"),
        ("{name: a, size: many}", "1:28 'size' must be a whole number, not 'many'"),
        ('{name: a, size: "5"}', "1:28 'size' must be a whole number, not '5' [write 5, without quotes]"),
        ("{name: a, size: true}", "1:28 'size' must be a whole number, not true"),
        ("{name: a, size: 0}", "1:28 'size' must be at least 1, not 0"),
        ("{name: a, size: 1000}", "1:28 'size' must be at most 99, not 1,000"),
        (
            "{name: a, wait: soon}",
            "1:28 'wait': 'soon' is no length of time; write seconds, or 90s, 5m, 12h, 7d",
        ),
        ("{name: a, files: big}", "1:29 'files': 'big' is no size; write bytes, or 500KB, 16MB, 1GB"),
        ("{name: a, limit: }", "1:29 'limit': write a whole number, 0 or more, or unlimited"),
        ("{name: a, pause: never}", "1:29 'pause' must be a whole number or 'auto', not 'never'"),
        (
            "{name: a, pause: aut}",
            "1:29 'pause' must be a whole number or 'auto', not 'aut', did you mean 'auto'?",
        ),
        (
            "{name: a, words: 5}",
            "1:29 'words' must be a list or text, not 5"
            " [write [5], with the brackets, or each item on a line of its own after `- `]",
        ),
        ("{name: a, words: [b, 5]}", "1:33 item 2 of 'words' must be text, not 5 [write \"5\" in quotes]"),
        (
            "{name: a, tem: 5}",
            "1:22 unknown key 'tem' [known here: name, size, wait, files, limit, pause, words]",
        ),
        ("{name: a, sise: 5}", "1:22 unknown key 'sise', did you mean 'size'?"),
        ("five", "1:12 'x' must be a group of `key: value` lines, not 'five'"),
    ],
)
def test_a_fault_is_told_in_plain_words(team: str, says: str, project: Project) -> None:
    assert found(project, f"teams: {{x: {team}}}\n") == [says]


def test_a_choice_is_named_with_the_nearest(project: Project) -> None:
    text = "then:\n  - kind: replay\n  - kind: 5\n  - text: hi\n"

    assert found(project, text) == [
        "2:11 'kind' must be one of reply, route, not 'replay', did you mean 'reply'?",
        "3:11 'kind' must be one of reply, route, not 5",
        "4:5 'kind' is missing [add `kind: ...`]",
    ]


def test_faults_of_the_chosen_branch_only_are_told(project: Project) -> None:
    text = "then:\n  - {kind: reply, txt: hi}\n  - {kind: route, team: a, reply: 5, tem: b}\n"

    assert found(project, text) == [
        "2:5 'text' is missing [add `text: ...`]",
        "2:19 unknown key 'txt', did you mean 'text'?",
        "3:35 'reply' must be text, not 5 [write \"5\" in quotes]",
        "3:38 unknown key 'tem', did you mean 'team'?",
    ]


def test_a_branch_named_like_its_key_is_not_taken_for_it(project: Project) -> None:
    text = "steps:\n  - ask: 5\n  - tell: hi\n    tel: 1\n  - say: hi\n"

    assert found(project, text) == [
        "2:10 'ask' must be text, not 5 [write \"5\" in quotes]",
        "4:5 unknown key 'tel', did you mean 'tell'?",
        "5:5 item 3 of 'steps' must be one of the forms that may stand here,"
        " not a group of `key: value` lines",
    ]


def test_of_an_open_either_or_the_branch_that_was_meant_is_told(project: Project) -> None:
    text = "either:\n  - {kind: reply, text: hi, typing: maybe}\n  - {kind: route}\n  - 5\n  - fine\n"

    assert found(project, text) == [
        "2:37 'typing' must be true or false, not 'maybe'",
        "3:5 'team' is missing [add `team: ...`]",
        "4:5 item 3 of 'either' must be a group of `key: value` lines or text, not 5",
    ]


def test_problems_of_the_yaml_and_of_the_model_come_in_one_report(project: Project) -> None:
    text = "then:\n  - {kind: reply, text: no}\n  - {kind: route, team: *x, foo: 1}\n"

    assert found(project, text) == [
        "2:25 'no' is not clear [write false or \"no\"]",
        "3:25 references (*name) are not used here"
        " [write the value out; text that begins with * stands in quotes]",
        "3:29 unknown key 'foo' [known here: kind, team, reply]",
    ]


def test_a_part_is_checked_alone(project: Project) -> None:
    text = "then:\n  - {kind: reply, text: hi}\n  - {kind: reply, text: no}\n"
    document = survey(project.write(text))

    good, nothing = check(Reply, document, ("then", 0))
    bad, [problem] = check(Reply, document, ("then", 1))

    assert good == Reply(kind="reply", text="hi")
    assert nothing == []
    assert bad is None
    assert str(problem.position) == "config/chatgrow.yaml:3:25"


def test_keys_of_others_are_left_to_them_but_may_be_suggested(project: Project) -> None:
    text = "x: {name: a, admin: 5, enabled: no, tenant: all}\n"

    assert found(project, text, Team, at=("x",), without={"admin", "enabled", "tenants"}) == [
        "1:37 unknown key 'tenant', did you mean 'tenants'?"
    ]


def test_a_section_with_nothing_in_it_has_its_defaults(project: Project) -> None:
    assert found(project, "teams:\n") == [
        "1:7 'teams' has no value; it must be a group of `key: value` lines"
    ]
    assert found(project, "x:\n", Shop, at=("x",)) == []


def test_the_python_name_of_a_key_is_not_accepted(project: Project) -> None:
    class Camel(Section):
        long_name: int = 0

    assert found(project, "long_name: 1\n", Camel) == [
        "1:1 unknown key 'long_name', did you mean 'longName'?"
    ]
    assert found(project, "longName: 1\n", Camel) == []


def test_a_folder_is_taken_from_the_documents_root(project: Project) -> None:
    document = survey(project.write("folder: media/out\n"), root=project.root / "srv")

    shop, _ = check(Shop, document)

    assert shop
    assert shop.folder == project.root / "srv" / "media" / "out"


def test_an_authors_own_sentence_is_kept(project: Project) -> None:
    class Picky(BaseModel):
        model_config = ConfigDict(extra="forbid")
        word: str

        @field_validator("word")
        @classmethod
        def _polite(cls, word: str) -> str:
            raise ValueError(f"'{word}' is rude")

    assert found(project, "word: hey\n", Picky) == ["1:7 'word': 'hey' is rude"]


def test_units_are_read(project: Project) -> None:
    text = (
        "teams:\n"
        "  a: {name: a, wait: 90, files: 10}\n"
        "  b: {name: b, wait: 1.5h, files: 16 MB, limit: unlimited}\n"
    )
    shop, problems = check(Shop, survey(project.write(text)))

    assert shop, render(problems)
    assert (shop.teams["a"].wait, shop.teams["a"].files, shop.teams["a"].limit) == (90.0, 10, 5)
    assert (shop.teams["b"].wait, shop.teams["b"].files, shop.teams["b"].limit) == (5400.0, 16 << 20, None)
