"""Request bodies on real sockets: what is refused before it is read, and what while it is."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict
from structlog.testing import capture_logs

from chatgrow_bot.errors import BadInput
from chatgrow_bot.plugin import Access
from chatgrow_bot.server import bodies
from chatgrow_bot.server.bodies import read_chunks

from .serving import JSON, NOTE, hello, is_problem, note, route, running


async def test_a_body_too_large_is_refused_unread() -> None:
    read: list[bytes] = []

    async def greedy(request: web.Request) -> web.Response:
        read.append(await request.read())
        return web.Response()

    async with running([NOTE, route("/greedy", method="POST", handler=greedy, max_body=1000)]) as server:
        head = b"POST /greedy HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        # announced, and never sent: the answer does not wait for it
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head + b"Content-Length: 100000000\r\n\r\n")
        async with asyncio.timeout(2):
            assert b" 413 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
        assert not read
        # not announced: the limit holds while it is read, also for a handler that never asked for one
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
        assert b" 413 " in await server.raw(chunked + (b"3e8\r\n" + b" " * 1000 + b"\r\n") * 2 + b"0\r\n\r\n")
        assert not read
        body = json.dumps({"text": "x" * (1000 - len('{"text": ""}'))})
        assert (await server.ask("POST", "/note", data=body, headers=JSON))[0] == 200
        assert is_problem(await server.ask("POST", "/note", data=body + " ", headers=JSON), 413, "Too large")


async def test_a_body_of_another_type_or_compressed_is_refused() -> None:
    wild = route("/wild", method="POST", handler=hello, content_types=("image/*", "text/plain"))
    async with running([NOTE, wild]) as server:
        good = b'{"text": "x"}'
        for kind in (
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application",
            ";",
            "*/*",
        ):
            answer = await server.ask("POST", "/note", data=good, headers={"Content-Type": kind})
            assert is_problem(answer, 415, "Unsupported content")
        for coding in ("gzip", "deflate", "br", "zstd", "gzip, identity", "x"):
            answer = await server.ask("POST", "/note", data=good, headers=JSON | {"Content-Encoding": coding})
            assert is_problem(answer, 415, "Unsupported content")
        for kind in ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON"):
            assert (await server.ask("POST", "/note", data=good, headers={"Content-Type": kind}))[0] == 200
        for kind, status in (
            ("image/png", 200),
            ("text/plain", 200),
            ("text/html", 415),
            ("imagex/png", 415),
        ):
            assert (await server.ask("POST", "/wild", data=b"x", headers={"Content-Type": kind}))[0] == status


BAD_JSON = (
    b"",
    b" ",
    b"{",
    b"nul",
    b"{'text': 1}",
    b'{"text": "x"} {}',
    b'{"text": NaN}',
    b'{"text": -Infinity}',
    b'{"text": 1e999}',
    b'{"text": 9223372036854775808}',
    b'{"text": -9223372036854775809}',
    b'{"text": ' + b"9" * 500 + b"}",
    b'{"text": "\\ud800"}',
    b'{"text": "\\udc00\\ud800"}',
    b'{"\\ud800": "x"}',
    b'{"text": "\xed\xa0\x80"}',
    b'{"text": "\xff"}',
    b'{"text": "\\u0000"}',
    b'{"a\\u0000": 1}',
    b'{"text": "\x00"}',
    b'\xef\xbb\xbf{"text": "x"}',
    '{"text": "x"}'.encode("utf-16"),
    b"[" * 900,
    b'{"a":' * 40 + b"1" + b"}" * 40,
)


async def test_malformed_json_is_told_so() -> None:
    async with running([NOTE]) as server:
        for raw in BAD_JSON:
            answer = await server.ask("POST", "/note", data=raw, headers=JSON, skip_auto_headers=())
            if not raw:
                # no body at all: nothing was said of its type either
                assert answer[0] == 400
            assert is_problem(answer, 400, "Malformed request"), raw


async def test_json_that_does_not_fit_names_each_fault() -> None:
    async with running([NOTE]) as server:
        for raw in (b"{}", b"[]", b"1", b"null", b'"x"', b'{"text": 5}', b'{"text": null}'):
            answer = await server.ask("POST", "/note", data=raw, headers=JSON)
            assert is_problem(answer, 422, "Invalid request")
            assert answer[1]["errors"]
            assert all(set(fault) == {"pointer", "detail"} for fault in answer[1]["errors"])


async def test_a_body_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stream(request: web.Request) -> web.Response:
        return web.json_response({"size": sum([len(chunk) async for chunk in read_chunks(request)])})

    monkeypatch.setattr(bodies, "_JSON_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "_STALL_SECONDS", 0.2)
    async with running([NOTE, route("/stream", method="POST", handler=stream)]) as server:
        for path in (b"/note", b"/stream"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(
                b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: 100\r\n\r\n{"
            )
            async with asyncio.timeout(2):
                assert b" 408 " in await reader.readline()
            writer.close()
            await writer.wait_closed()


async def test_a_client_that_asks_first_is_told_before_it_sends() -> None:
    head = b"POST /note HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
    async with running([NOTE, route("/mine", method="POST", handler=note, access=Access.ADMIN)]) as server:
        for sent, first in (
            (head + b"Content-Length: 13\r\n\r\n", b"HTTP/1.1 100 Continue\r\n"),
            (head + b"Content-Length: 5000\r\n\r\n", b"HTTP/1.1 413"),
            (head.replace(b"/note", b"/mine") + b"Content-Length: 13\r\n\r\n", b"HTTP/1.1 401"),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            async with asyncio.timeout(2):
                assert (await reader.readline()).startswith(first)
                if b"100" in first:
                    await reader.readline()
                    writer.write(b'{"text": "x"}')
                    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
            await writer.wait_closed()


async def test_a_stream_is_cut_at_the_routes_limit() -> None:
    async def stream(request: web.Request) -> web.Response:
        return web.json_response({"size": sum([len(chunk) async for chunk in read_chunks(request)])})

    async def endless(chunks: int) -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield b"x" * 1000

    async with running([route("/stream", method="POST", handler=stream, max_body=5000)]) as server:
        assert (await server.ask("POST", "/stream", data=endless(5), headers=JSON))[1] == {"size": 5000}
        assert is_problem(
            await server.ask("POST", "/stream", data=endless(6), headers=JSON), 413, "Too large"
        )


async def test_wrongly_framed_requests_are_answered_or_cut_and_never_a_fault() -> None:
    head = b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    corpus = (
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        head + b"Content-Length: -1\r\n\r\n",
        head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}",
        head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: xchunked\r\n\r\n{}",
        b"GET /elsewhere HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n",
        head.replace(b"application/json", b"\xff\xfe") + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
    )
    async with running([route(), NOTE]) as server:
        for sent in corpus:
            answer = await server.raw(sent)
            assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), (sent[:60], answer[:60])
            assert b"Traceback" not in answer
        assert (await server.ask("GET", "/hello"))[0] == 200


async def test_a_client_that_leaves_in_the_middle_is_no_fault() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def reading(request: web.Request) -> web.Response:
        began.set()
        try:
            return await note(request)
        finally:
            ended.set()

    async with running([NOTE, route("/reading", method="POST", handler=reading)]) as server:
        with capture_logs() as logs:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"POST /reading HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: 99\r\n\r\n{")
            async with asyncio.timeout(2):
                await began.wait()
                writer.transport.abort()
                await ended.wait()
            assert (await server.ask("POST", "/note", json={"text": "x"}))[0] == 200
    assert not [line for line in logs if line["event"] == "request failed"]


def test_a_key_that_looks_like_a_branch_of_a_union_is_an_unknown_key() -> None:
    class Order(BaseModel):
        model_config = ConfigDict(extra="forbid")

    with pytest.raises(BadInput) as refused:
        bodies.fit({"<": None}, Order)
    assert refused.value.facts["errors"] == [{"pointer": "/<", "detail": "Unknown key"}]
