"""Bytes that two servers read differently: whatever they are, no request hides in another, and nothing ends a
header that we write."""

import asyncio
import re

import pytest
from aiohttp import web

from chatgrow_bot.server import bodies

from .serving import JSON, NOTE, Server, hello, route, running

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
POST = b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
STATUS = re.compile(rb"(?m)^HTTP/1")
BODY = b'{"text": "x"}'

#: Framings that some proxy takes otherwise than the next server: each with a request behind, which is the
#: body's by one reading.
FRAMINGS = {
    "both": POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both, turned": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n",
    "two in one": POST + b"Content-Length: 0, %d\r\n\r\n",
    "signed length": POST + b"Content-Length: +%d\r\n\r\n",
    "hex length": POST + b"Content-Length: 0x20\r\n\r\n",
    "length with _": POST + b"Content-Length: 3_2\r\n\r\n",
    "length in other digits": POST + "Content-Length: \u0663\u0662\r\n\r\n".encode(),
    "huge length": POST + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "space before colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "tab before colon": POST + b"Content-Length\t: 0\r\nX: y\r\n\r\n",
    "vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "folded": POST
    + b"X: y\r\n Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "bare LF": POST.replace(b"\r\n", b"\n") + b"Transfer-Encoding: chunked\n\n0\n\n",
    "bare CR": POST + b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "header behind LF": POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "NUL": POST + b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
    "no name": POST + b": x\r\nContent-Length: 0\r\n\r\n",
    "old version": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk sizes": POST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "huge chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "chunk with LF": POST + b"Transfer-Encoding: chunked\r\n\r\n0\n\n",
    "chunk extension with LF": POST + b"Transfer-Encoding: chunked\r\n\r\n2;x\ny\r\n{}\r\n0\r\n\r\n",
    "chunk and no end": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}X0\r\n\r\n",
    "two hosts": b"GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: %d\r\n\r\n",
    "body of a GET": b"GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
}


async def test_no_request_hides_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either the whole is refused and the line closed, or what stands behind is the body: one answer."""
    monkeypatch.setattr(bodies, "_JSON_SECONDS", 0.5)  # some wait for the rest of a body
    reached: list[str] = []

    async def hidden(request: web.Request) -> web.Response:
        reached.append(request.match_info["name"])
        return web.Response()

    async with running([route(), NOTE, route("/hidden/{name}", handler=hidden)]) as server:

        async def smuggle(number: int, framing: bytes) -> bytes:
            behind = HIDDEN.replace(b"hidden", b"hidden/%d" % number)
            sent = (framing % len(behind) if b"%d" in framing else framing) + behind
            return await _answered(server, sent, quiet=1.5)

        tries = [smuggle(*each) for each in enumerate(FRAMINGS.values())]
        answers = dict(zip(FRAMINGS, await asyncio.gather(*tries), strict=True))
    assert not reached
    assert {name: len(STATUS.findall(answer)) for name, answer in answers.items()} == dict.fromkeys(
        FRAMINGS, 1
    )
    refused = [name for name, answer in answers.items() if answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))]
    assert refused == list(FRAMINGS)


async def _answered(server: Server, sent: bytes, quiet: float = 20.0) -> bytes:
    """What comes until the line is closed, or nothing has come for so many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    answer = b""
    try:
        writer.write(sent)
        while True:
            async with asyncio.timeout(quiet):
                part = await reader.read(65536)
            if not part:
                return answer
            answer += part
    except (ConnectionError, TimeoutError):
        return answer
    finally:
        writer.close()


async def test_what_is_no_request_is_a_problem_and_its_bytes_are_neither_repeated_nor_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running([NOTE]) as server:
        for sent in (
            b"canary\r\n\r\n",
            POST + b"Content-Length: canary\r\n\r\n",
            POST + b"canary: \0\r\n\r\n",
        ):
            answer = await _answered(server, sent)
            assert b" 400 " in answer.partition(b"\r\n")[0]
            assert b"application/problem+json" in answer
            assert b"canary" not in answer
    assert "canary" not in caplog.text


async def test_requests_one_behind_another_are_answered_in_turn_and_none_twice() -> None:
    async with running([NOTE, route("/hidden")]) as server:
        one = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        answer = await _answered(
            server, one * 100 + HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
    assert answer.count(b'{"length": 1}') == 100
    assert answer.count(b"HTTP/1.1 200") == 101


@pytest.mark.parametrize("odd", ["\r\nX-Evil: 1", "\nX-Evil:1", "%0d%0aX-Evil:1", "\u560d\u560aX-Evil:1"])
async def test_nothing_that_is_said_ends_a_header_of_ours(odd: str) -> None:
    async with running([route(), NOTE]) as server:
        for sent in (
            f"GET /hello{odd} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            f"GET /hello?x={odd} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            f"GET /hello HTTP/1.1\r\nHost: x{odd}\r\nX-Request-Id: a{odd}\r\nConnection: close\r\n\r\n",
            f"PUT /hello HTTP/1.1\r\nHost: x\r\nAccept: a{odd}\r\nConnection: close\r\n\r\n",
        ):
            answer = await _answered(server, sent.encode())
            assert b"x-evil" not in answer.partition(b"\r\n\r\n")[0].lower()


async def test_the_corpus_has_a_way_to_reach_what_is_hidden() -> None:
    """The control: rightly framed, the second request is one."""
    async with running([NOTE, route("/hidden", handler=hello)]) as server:
        sent = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + LAST
        assert (await _answered(server, sent)).count(b"HTTP/1.1 200") == 2
        assert (await server.ask("POST", "/note", data=BODY, headers=JSON))[0] == 200
