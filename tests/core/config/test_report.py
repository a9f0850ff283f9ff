"""How the report looks."""

from chatgrow_bot.config.report import InvalidConfig, Position, Problem, render


def test_a_problem_shows_its_line_a_caret_and_a_hint() -> None:
    problem = Problem(
        Position("rules/hours.yaml", 14, 9, "        tem: sales"), "unknown key 'tem'", "known: team"
    )

    assert render([problem]) == (
        "rules/hours.yaml:14:9  unknown key 'tem'\n"
        "    14 |         tem: sales\n"
        "       |         ^\n"
        "       known: team"
    )


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    assert render([Problem(Position("a.yaml"), "there is no such file")]) == "a.yaml  there is no such file"


def test_the_caret_stands_under_its_character_after_tabs() -> None:
    lines = render([Problem(Position("a", 1, 3, "\t\tx"), "m")]).splitlines()

    assert [line.split("|")[1] for line in lines[1:]] == [" \t\tx", " \t\t^"]


def test_a_long_line_is_cut_around_the_caret() -> None:
    _, line, caret = render(
        [Problem(Position("a", 1, 5001, "-" * 5000 + "X" + "-" * 5000), "m")]
    ).splitlines()

    assert len(line) < 120
    assert line[caret.index("^")] == "X"


def test_what_could_steer_a_terminal_is_not_printed() -> None:
    report = render([Problem(Position("a", 1, 1, "\x1b[2Jx\u202ey"), "bad \x1b]0;t\x07 thing\u202e", "\x9b")])

    assert "\x1b" not in report
    assert "\u202e" not in report
    assert "\x9b" not in report


def test_color_is_for_terminals_only() -> None:
    problem = Problem(Position("a", 1, 1, "x"), "m")

    assert "\x1b[31m" in render([problem], color=True)
    assert "\x1b" not in render([problem])


def test_problems_are_sorted_and_none_stands_twice() -> None:
    a, b, c = (Problem(Position("a", line, column), "m") for line, column in ((9, 1), (10, 1), (10, 2)))

    assert InvalidConfig([c, a, b, a]).problems == [a, b, c]


def test_thousands_of_problems_are_counted_rather_than_shown() -> None:
    report = render(Problem(Position("a", line, 1), "m") for line in range(1, 1001))

    assert report.endswith("... and 950 more")
