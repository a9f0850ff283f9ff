"""Templates: what they fill in, and that nothing in them or in a message runs."""

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.templates import MAX_BYTES, Template

#: Attempts known from Jinja, Mako, ERB, Freemarker, Velocity, format strings and shells.
ATTACKS = [
    "{{ 7*7 }}",
    "{{ 7 * '7' }}",
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ name.__class__ }}",
    "{{ name.__init__.__globals__ }}",
    "{{ __class__ }}",
    "{{ _private }}",
    "{{ self }}",
    "{{ self.__dict__ }}",
    "{{ self.secret }}",
    "{{ name.__doc__ }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ name|attr('__class__') }}",
    '{{ name|attr("__class__") }}',
    "{{ name|format('x') }}",
    '{{ name | format("%99999999d") }}',
    '{{ "%s" | format(name) }}',
    "{{ name|map('upper') }}",
    "{{ name|safe }}",
    "{{ name.upper() }}",
    "{{ name() }}",
    "{{ name[0] }}",
    "{{ name['x'] }}",
    "{{ name ~ name }}",
    "{{ name + name }}",
    "{{ range(999999999) }}",
    "{{ 'a' * 999999999 }}",
    '{{ "a" * 999999999 }}',
    "{{ name if name else name }}",
    "{{ [1,2,3] }}",
    "{{ {'a': 1} }}",
    "{{ name := 1 }}",
    "{{ lambda: 1 }}",
    "{{ import os }}",
    "{{ exec('1') }}",
    "{{ name; drop }}",
    "{{ name\x00 }}",
    "{{}}",
    "{{ }}",
    "{{ | upper }}",
    "{{ name | }}",
    "{{ name || upper }}",
    "{{ name | upper | upper | upper | upper | upper }}",
    "{{ name.. }}",
    "{{ .name }}",
    "{{ name. }}",
    "{{ 1name }}",
    "{{ {{ name }} }}",
    "{{{ name }}}",
    "{% for i in range(9) %}x{% endfor %}",
    "{% import os %}",
    "{%- set x = 1 -%}",
    "{{ name",
    '{{ name | default("x }}',
    "{{ name | default(x) }}",
    "{{ name | default }}",
    '{{ name | upper("x") }}',
    "{{" * 50,
    "{{" * 1000 + "}}" * 1000,
]
#: The same from engines whose marks mean nothing here: they stay the text they are.
FOREIGN = [
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "${T(java.lang.Runtime).getRuntime().exec('id')}",
    "#set($x=7*7)$x",
    "{0.__class__}",
    "{name.__class__}",
    "{name!r:>99999999}",
    "%(name)s",
    "%99999999d",
    "$name",
    "`id`",
    "$(id)",
    "@(7*7)",
    "[[7*7]]",
    "{# comment #}",
    "} } { {",
    "}}",
    "{name}",
]


class Hostile:
    """An object whose insides must not be reached."""

    secret = "secret-of-the-house"

    def __str__(self) -> str:
        return self.secret

    __repr__ = __str__


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_in_a_template_is_refused_or_finds_nothing(text: str) -> None:
    values = {"name": "Dana", "self": Hostile(), "config": {"item": Hostile()}, "request": Hostile()}
    with pytest.raises(BadInput):
        Template(text).render(values)


@pytest.mark.parametrize("text", FOREIGN)
def test_the_marks_of_other_engines_are_plain_text(text: str) -> None:
    assert Template(text).render({"name": "Dana"}) == text


@pytest.mark.parametrize("text", ATTACKS + FOREIGN)
def test_an_attack_in_a_message_arrives_as_it_was_written(text: str) -> None:
    assert Template("You wrote: {{ text }}").render({"text": text, "name": "x"}) == f"You wrote: {text}"


@given(st.text(max_size=300))
def test_any_message_arrives_as_it_was_written(text: str) -> None:
    turning = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070)])  # marks that are left out
    assert Template("<{{ text }}>").render({"text": text}) == f"<{text.translate(turning)}>"


@given(st.text(alphabet='{}|"() .\nnamedefaultupper%', max_size=80))
def test_any_template_is_filled_in_or_refused(text: str) -> None:
    try:
        Template(text).render({"name": "Dana"})
    except BadInput as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{ name }}!", "Hi dana levi!"),
        ("Hi {{name}}!", "Hi dana levi!"),
        ("{{ name | title }}, {{ name | upper }}", "Dana Levi, DANA LEVI"),
        ("{{ contact.city | lower }}", "haifa"),
        ("{{ groups.1 }}", "4711"),
        ('{{ missing | default("friend") }}', "friend"),
        ('{{ missing.deep | default("friend") | upper }}', "FRIEND"),
        ('{{ missing | upper | default("friend") }}', "friend"),
        ('{{ empty | default("friend") }}', "friend"),
        ('{{ missing | default("") }}.', "."),
        ('{{ missing | default("a }} | b") }}', "a }} | b"),
        ("{{ nothing }}.", "."),
        ("{{ count }} {{ price }} {{ day }}", "3 9.90 2025-02-03"),
        ('{{ "{{" }} name }} {{ "{%" }}', "{{ name }} {%"),
        ("שלום {{ name }}", "שלום \u2068dana levi\u2069"),
        ("{{ שם }}", "דנה"),
        ("{ a } {b}", "{ a } {b}"),
        ("", ""),
    ],
)
def test_fields_and_filters(text: str, expected: str) -> None:
    values = {
        "name": "dana levi",
        "contact": {"city": "Haifa"},
        "groups": {"1": "4711"},
        "empty": "",
        "nothing": None,
        "count": 3,
        "price": Decimal("9.90"),
        "day": date(2025, 2, 3),
        "שם": "דנה",
    }
    assert Template(text).render(values) == expected


def test_the_fields_are_told_once_each_in_order() -> None:
    assert Template('{{ b }} {{ a.c | upper }} {{ b }} {{ "text" }}').fields == ("b", "a.c")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ nmae }}", "did you mean 'name'"),
        ("{{ contact.ctiy }}", "did you mean 'contact.city'"),
        ("{{ name.first }}", "no field 'name.first'"),
        ("{{ zebra }}", "no field 'zebra' here$|no field 'zebra' here\\."),
        ("{{ name | uper }}", "did you mean 'upper'"),
        ("Hi {{ name", "at character 4 is not closed"),
        ("Hi {{ a b }}", "at character 4 is not a field"),
    ],
)
def test_mistakes_are_named_at_once_with_the_nearest_name(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        Template(text, known=("name", "contact.city", "groups.*"))


def test_known_names_pass_also_all_below_a_star() -> None:
    Template(
        "{{ name }} {{ contact.city }} {{ groups.1 }} {{ groups.a.b }}",
        known=("name", "contact.city", "groups.*"),
    )


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], Hostile(), Hostile, b"bytes", 10**5000], ids=range(6))
def test_only_plain_values_are_written(value: object) -> None:
    with pytest.raises(BadInput) as caught:
        Template("{{ x }}").render({"x": value})
    assert Hostile.secret not in str(caught.value)


def test_a_field_without_a_value_is_an_error_that_shows_the_way() -> None:
    with pytest.raises(BadInput, match=r"\{\{ name \| default\(\"\"\) \}\}"):
        Template("{{ name }}").render({})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ x }}", "a" * (MAX_BYTES + 1)),
        ("{{ x }}{{ x }}", "a" * (MAX_BYTES // 2 + 1)),
        ("{{ x }}" * 2000, "a" * MAX_BYTES),
        ("{{ x | upper | lower | upper | title }}" * 1600, "ß" * 1000),
        ("{{ x }}", "א" * (MAX_BYTES // 2 + 1)),
        ("{{ x }}", "a" * 50_000_000),
    ],
    ids=range(6),
)
def test_nothing_longer_than_the_limit_is_made(text: str, value: str) -> None:
    with pytest.raises(BadInput, match="longer than 65536 bytes"):
        Template(text).render({"x": value})


def test_the_limit_itself_is_allowed_and_a_longer_template_is_not() -> None:
    assert len(Template("{{ x }}").render({"x": "a" * MAX_BYTES})) == MAX_BYTES
    with pytest.raises(BadInput, match="longer than"):
        Template("a" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ x | upper | first }}" * 2000, "a " + "ß" * 60_000),
        ("{{ x }}" * 2001, ""),
        ("{{ x | phone }}" * 51, "+14155550123"),
        ('{{ x | money("ILS") | number }}' * 26, "5"),
        ("{{ " + "x" * 60_000 + " }}", "a"),
        ("{{ x | phone }}{{ x | date }}", "9" * 60_000),
    ],
    ids=range(6),
)
def test_filters_that_write_little_may_not_read_much(text: str, value: str) -> None:
    began = time.perf_counter()
    with pytest.raises(BadInput):
        Template(text).render({"x": value})
    assert time.perf_counter() - began < 1  # some milliseconds; without a limit, many seconds
