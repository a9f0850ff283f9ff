"""The ways in which an address inside can be written, and the ways by which one is led to it."""

from collections.abc import Iterator
from dataclasses import dataclass

#: Anybody may call these; nobody does: the line is cut before.
PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")


@dataclass(frozen=True, slots=True)
class Form:
    """An address inside."""

    written: str  #: as the host of a URL
    means: str  #: the address that a library might read it as, and a name may have


def _form(line: str) -> Form:
    written, _, means = line.partition(" ")
    return Form(written, means.strip() or written.strip("[]"))


_FORMS_TEXT = """
127.0.0.1
127.1 127.0.0.1
2130706433 127.0.0.1
0x7f000001 127.0.0.1
0x7f.0.0.1 127.0.0.1
017700000001 127.0.0.1
0177.0.0.01 127.0.0.1
127.0.0.1. 127.0.0.1
127\u30020\uff0e0\uff611 127.0.0.1
\u2460\u2461\u2466.\u24ea.\u24ea.\u2460 127.0.0.1
%31%32%37.0.0.1 127.0.0.1
localhost 127.0.0.1
LocalHost. ::1
[::1]
[0:0:0:0:0:0:0:1] ::1
[::] ::
[::1%25lo] ::1
[::ffff:127.0.0.1]
[::ffff:7f00:1] ::ffff:127.0.0.1
[64:ff9b::7f00:1]
[2002:7f00:1::]
[2001:0:4136:e378:8000:63bf:80ff:fffe]
[fe80::1]
[fd00:ec2::254]
0.0.0.0
0 0.0.0.0
10.0.0.1
192.168.1.1
169.254.169.254
2852039166 169.254.169.254
[::ffff:169.254.169.254]
100.100.100.200
good.example@127.0.0.1 127.0.0.1
good.example:443@169.254.169.254 169.254.169.254
127.0.0.1\\@good.example 127.0.0.1
good.example\\@127.0.0.1 127.0.0.1
"""
FORMS = tuple(map(_form, _FORMS_TEXT.split("\n")[1:-1]))


def literally(form: Form, port: int) -> Iterator[str]:
    """URLs that say it."""
    for scheme in ("https", "http"):
        yield f"{scheme}://{form.written}:{port}/"
    yield f"https://{form.written}/"
    yield f"//{form.written}:{port}/"


#: Redirects that lead to no host at all, or to a port where no web server stands.
ELSEWHERE = (
    "file:///etc/passwd", "data:text/plain,x", "ftp://93.184.216.34/", "gopher://127.0.0.1:6379/_x",
    "https://93.184.216.34:22/", "https://93.184.216.34:6379/", "unix:/run/x.sock", "https://", "about:x",
)  # fmt: skip
