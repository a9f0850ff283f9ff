"""The safe client at its work: what it follows, what it limits, and what it says."""

import asyncio
import gzip
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chatgrow_bot.errors import BadInput, UrlRefused, UrlUnreachable
from chatgrow_bot.safety.http import SafeHttp

from .network import FakeDns, serving


async def test_listed_hosts_answer_by_name_by_address_and_by_network() -> None:
    async def hello(request: web.Request) -> web.StreamResponse:
        return web.Response(
            text=f"{request.method} {(await request.read()).decode()}", headers={"X-Mark": "1"}
        )

    async with serving(hello=hello) as server:
        dns = FakeDns(nas_lan=[["127.0.0.1"]])
        for allow, host in (
            ("nas.lan", "nas.lan"),
            (f"127.0.0.1:{server.port}", "127.0.0.1"),
            ("127.0.0.0/8", "127.0.0.1"),
        ):
            async with SafeHttp([allow], resolver=dns) as http:
                url = f"http://{host}:{server.port}/hello"
                answer = await http.request("POST", url, data=b"there")
                assert (answer.status, answer.body, answer.headers["x-mark"]) == (200, b"POST there", "1")
                assert b"".join([chunk async for chunk in http.stream(url)]) == b"GET "


async def test_redirects_drop_credentials_when_the_host_changes_and_keep_them_when_not() -> None:
    seen: dict[str, dict[str, str]] = {}

    async def first(request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(request.query["to"])

    async def last(request: web.Request) -> web.StreamResponse:
        seen[request.host.partition(":")[0]] = {
            name.lower(): value for name, value in request.headers.items()
        }
        return web.Response(body=await request.read())

    secrets = {"Authorization": "Bearer x", "X-Api-Key": "y", "Cookie": "z", "Content-Type": "text/x"}
    async with serving(first=first, last=last) as server:
        dns = FakeDns(a_lan=[["127.0.0.1"]], b_lan=[["127.0.0.1"]])
        async with SafeHttp(["a.lan", "b.lan"], resolver=dns) as http:
            for host in ("a.lan", "b.lan"):
                url = f"http://a.lan:{server.port}/first?to=http://{host}:{server.port}/last"
                answer = await http.request("POST", url, headers=secrets, data=b"body")
                assert (answer.status, answer.body) == (200, b"body")
    assert seen["a.lan"]["authorization"] == "Bearer x"
    assert seen["a.lan"]["x-api-key"] == "y"
    assert seen["b.lan"]["content-type"] == "text/x"
    assert not {"authorization", "x-api-key", "cookie"} & seen["b.lan"].keys()


async def test_where_it_is_asked_for_no_redirect_leads_to_another_origin() -> None:
    came: list[str] = []

    async def first(request: web.Request) -> web.StreamResponse:
        raise web.HTTPPermanentRedirect(request.query["to"])

    async def last(request: web.Request) -> web.StreamResponse:
        came.append(request.host)
        return web.Response(body=await request.read())

    async with serving(first=first, last=last) as server, serving(last=last) as other:
        dns = FakeDns(a_lan=[["127.0.0.1"]], b_lan=[["127.0.0.1"]])
        async with SafeHttp(["a.lan", "b.lan"], resolver=dns) as http:
            begin = f"http://a.lan:{server.port}/first?to="
            answer = await http.request("POST", f"{begin}/last", data=b"x", same_origin=True)
            assert answer.body == b"x"
            for to in (f"http://b.lan:{server.port}/last", f"http://a.lan:{other.port}/last"):
                with pytest.raises(UrlRefused, match="it redirects to another host: enter that address"):
                    await http.request("POST", f"{begin}{to}", data=b"x", same_origin=True)
        assert came == [f"a.lan:{server.port}"]


async def test_three_redirects_are_followed_and_a_fourth_is_refused() -> None:
    async def step(request: web.Request) -> web.StreamResponse:
        left = int(request.query["left"])
        if left:
            raise web.HTTPSeeOther(f"/step?left={left - 1}")
        return web.Response(text=request.method)

    async with serving(step=step) as server, SafeHttp(["127.0.0.1"]) as http:
        answer = await http.request("POST", str(server.make_url("/step?left=3")), data=b"x")
        assert answer.body == b"GET"
        with pytest.raises(UrlRefused, match="redirects more than 3 times"):
            await http.request("GET", str(server.make_url("/step?left=4")))


async def test_a_body_past_the_limit_is_cut_off_also_when_it_never_ends_or_is_packed() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async def bomb(request: web.Request) -> web.StreamResponse:
        packed = gzip.compress(gzip.compress(bytes(1 << 28)))  # 256 MiB
        return web.Response(body=gzip.decompress(packed), headers={"Content-Encoding": "gzip"})

    async with serving(endless=endless, bomb=bomb) as server, SafeHttp(["127.0.0.1"]) as http:
        for name in ("endless", "bomb"):
            with pytest.raises(BadInput, match="more than 100000 bytes"):
                await http.request("GET", str(server.make_url(f"/{name}")), max_bytes=100_000)
            got = 0
            with pytest.raises(BadInput, match="more than 1000000 bytes"):
                async for chunk in http.stream(str(server.make_url(f"/{name}")), max_bytes=1_000_000):
                    got += len(chunk)
            assert got <= 1_000_000


async def test_a_server_that_is_silent_or_drips_is_given_up_in_time() -> None:
    ended = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        await ended.wait()
        return web.Response()

    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not ended.is_set():
            await response.write(b".")
            await asyncio.sleep(0.01)
        return response

    async with serving(silent=silent, drips=drips) as server, SafeHttp(["127.0.0.1"]) as http:
        for name in ("silent", "drips"):
            async with asyncio.timeout(5):
                with pytest.raises(UrlUnreachable, match="did not answer in time"):
                    await http.request("GET", str(server.make_url(f"/{name}")), seconds=0.2)
        ended.set()


async def test_unknown_names_closed_ports_and_error_statuses_are_unreachable_not_forbidden() -> None:
    async def missing(request: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound

    async with serving(missing=missing) as server, SafeHttp(["127.0.0.1"], resolver=FakeDns()) as http:
        with pytest.raises(UrlUnreachable, match="not a known name"):
            await http.request("GET", "https://nowhere.example/")
        with pytest.raises(UrlUnreachable, match="answered with status 404"):
            async for _ in http.stream(str(server.make_url("/missing"))):
                pytest.fail("bytes came")
        url = str(server.make_url("/missing"))
        await server.close()
        with pytest.raises(UrlUnreachable, match="cannot be reached"):
            await http.request("GET", url)


async def test_a_certificate_nobody_vouches_for_is_not_accepted(tmp_path: Path) -> None:
    async with SafeHttp(["127.0.0.1"]) as http:
        app = web.Application()
        async with TestServer(app, host="127.0.0.1", scheme="https") as server:
            await server.start_server(ssl=_self_signed(tmp_path))
            with pytest.raises(UrlUnreachable, match="no valid certificate"):
                await http.request("GET", str(server.make_url("/")))


async def test_a_line_break_in_a_header_is_refused() -> None:
    async with SafeHttp() as http:
        with pytest.raises(BadInput, match="line break"):
            await http.request("GET", "https://example.com/", headers={"X-Note": "a\r\nHost: internal"})


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "both.pem"
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
