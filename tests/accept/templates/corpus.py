"""Attacks on templates that are known, and some that are made for this one. `1337*1337` must nowhere become
1787569, and nothing may come out that no customer knows."""

from collections.abc import Mapping
from pathlib import Path

#: What comes out only when something was computed, or shown that is inside; none stands in an attack.
GIVEAWAYS = ("1787569", "<class ", "<function", "<module", "<bound ", "object at 0x", "{'item", "builtins.")

#: By the engine that it is known from. `CANARY` and `MADE` are filled in: a file to read, a file to make.
CLASSICS: Mapping[str, str] = {
    "jinja": """
{{ 1337*1337 }}
{{ 1337 * 1337 }}{{ 'x' }}
{{ ''.__class__ }}
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ name.__class__.__base__ }}
{{ name.__init__.__globals__ }}
{{ self.__init__.__globals__ }}
{{ self.secret }}
{{ config.item.secret }}
{{ config.items() }}
{{ request.secret }}
{{ request|attr('secret') }}
{{ request['secret'] }}
{{ (request)["sec" ~ "ret"] }}
{{ cycler.__init__.__globals__.os.environ }}
{{ cycler.__init__.__globals__.os.popen('echo $((1337*1337))').read() }}
{{ joiner.__init__.__globals__.os.environ }}
{{ lipsum.__globals__['os'].popen('echo $((1337*1337))').read() }}
{{ lipsum.__globals__.__builtins__.open('CANARY').read() }}
{{ namespace.__init__.__globals__.os.popen('touch MADE').read() }}
{{ [].__class__.__base__.__subclasses__()|length|string ~ (1337*1337)|string }}
{{ dict.__mro__ }}
{{ range.__class__ }}
{{ name.format }}
{{ "{0.secret}".format(request) }}
{{ "%s" | format(1337*1337) }}
{{ "{x.secret}".format_map({'x': request}) }}
{{ name.encode().__class__ }}
{{ [1337*1337]|join }}
{{ (1337*1337)|string|upper }}
{{ 1337*1337 if name else name }}
{{ name ~ 1337*1337 }}
{{ dict(a=1337*1337).a }}
{% set x = 1337*1337 %}{{ x }}
{% for i in range(1) %}{{ 1337*1337 }}{% endfor %}
{% if 1337*1337 == 1787 %}{% else %}{{ 1337*1337 }}{% endif %}
{%- print(1337*1337) -%}
{% raw %}{{ x }}{% endraw %}{{ 1337*1337 }}
{{ request.__class__.__init__ }}
{{ ()|attr("__class__") }}
{{ ()|attr("\\x5f\\x5fclass\\x5f\\x5f") }}
{{ name.__doc__.__class__ }}
{{ request | pprint }}
{{ request }}
{{ config }}
""",
    "format strings": """
{0.__class__}
{name.__class__.__init__.__globals__}
{request.secret}
{name!r:>99999999}
%(name)s %(request)s
%99999999d
${request.secret}
$request
{{ name:>99999999 }}
{{ name!r }}
{{ name.{0} }}
f"{1337*1337}"
""",
    "mako, erb, freemarker, velocity, java": """
${1337*1337}
<%= 1337*1337 %>
<% import os; x=os.popen('touch MADE').read() %>${x}
<%! import os %>
#{1337*1337}
#set($x=1337*1337)$x
${"freemarker.template.utility.Execute"?new()("touch MADE")}
<#assign ex="freemarker.template.utility.Execute"?new()>${ex("touch MADE")}
${T(java.lang.Runtime).getRuntime().exec('touch MADE')}
*{1337*1337}
@(1337*1337)
[[${1337*1337}]]
""",
    "twig, handlebars, smarty, pug, shells": """
{{_self.env.registerUndefinedFilterCallback("exec")}}{{_self.env.getFilter("touch MADE")}}
{{['id']|filter('system')}}
{{#with "s" as |string|}}{{string.sub.apply 0}}{{/with}}
{{constructor.constructor('return 1337*1337')()}}
{{this.constructor}}
{{{ name }}}
{{&name}}
{{> partial}}
{{!-- comment --}}
{{name}}{{/each}}
{php}echo 1337*1337;{/php}
{system('touch MADE')}
- var x = 1337*1337
`touch MADE`
$(touch MADE)
|touch MADE
""",
    "our own marks": """
{{ {{ name }} }}
{{ "{{" }} name }}
{{ name | default("{{ request.secret }}") }}
{{ missing | default("{{ 1337*1337 }}") | upper }}
{{ name | default("x" }}
{{ name | default("" | upper) }}
{{ name | upper | upper | upper | upper | upper }}
{{ name || upper }}
{{ | upper }}
{{ name | date("{{ name }}") }}
{{ name | date("%s%s%s%n") }}
{{ name | money("../../x") }}
{{ name | money("<class") }}
{{ name | __class__ }}
{{ name | phone(request) }}
{{ __class__ }}
{{ _private }}
{{ field.__class__ }}
{{ field.get }}
{{ field.keys }}
{{ name..secret }}
{{ . }}
{{}}
{{ name
}}{{
""",
}


def attacks(canary: Path, made: Path) -> list[str]:
    """All of one line, and those with characters that cannot be seen."""
    lines = [line for lines in CLASSICS.values() for line in lines.splitlines() if line]
    unseen = [
        "{{ name\x00 }}",
        "{{ na\u200bme }}",
        "{{ name.__cl\u00adass__ }}",
        "\u202e}} terces.tseuqer {{",
        "{{ \u202erequest.secret }}",
        "\u2067{{ request.secret \u2069}}",
        "\x1b]8;;file:///etc/passwd\x07{{ 1337*1337 }}",
        "{{\r\nrequest.secret\r\n}}{{ 1337*1337 }}",
        "\uff5b\uff5b 1337*1337 \uff5d\uff5d",
        "{\ufeff{ 1337*1337 }\ufeff}",
    ]
    return [line.replace("CANARY", str(canary)).replace("MADE", str(made)) for line in [*lines, *unseen]]


#: Templates that would take long, or become long. Too much for the control: it would take the machine along.
BOMBS = (
    "{{ 'a' * 999999999 }}",
    "{{ range(999999999)|list }}",
    '{{ "%999999999d" | format(1) }}',
    "{{ text }}" * 6_000,
    "{{ text | upper | lower | title | upper }}" * 1_500,
    "{{ text | upper | first }}" * 2_500,
    "{{ name | phone }}" * 3_600,
    '{{ price | money("ILS") }}' * 50,
    '{{ day | date("EEEE d MMMM y") }}' * 50,
    '{{ missing | default("' + "x" * 60_000 + '") }}',
    '{{ day | date("' + "y" * 60_000 + '") }}',
    "{{ " + "a." * 30_000 + "a }}",
    "{{ " + "a" * 60_000 + " }}",
    "{{ name " + "| upper " * 8_000 + "}}",
    "{{ name" + " " * 60_000 + "}}",
    '{{ "' * 16_000,
    "{{" * 32_000,
    "{{" * 16_000 + "}}" * 16_000,
    "{" * 65_536,
    "{{ name }}" * 6_553,
    "{{ name }}\n" * 5_900,
    "א{{ name }}\n" * 5_000,
    "{{ name | default(" * 3_000,
    "x" * 65_536,
    "x" * 1_000_000,
)
#: The same in what customers write.
FLOODS = (
    "{{ text }}" * 6_000,
    "{{" * 500_000,
    "א\n" * 16_000,
    "\u202e" * 20_000,
    "\u2068" * 20_000 + "א",
    "\n" * 60_000,
    "ß" * 30_000,
    "x" * 65_000,
    "9" * 65_000,
    "a " * 30_000,
    "א" * 5_000_000,
    "\x00" * 60_000,
)
