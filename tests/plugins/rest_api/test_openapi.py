"""The API's document: valid, whole, the same without a running hub, and true to what the handlers do."""

import ast
import asyncio
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from playwright.async_api import async_playwright

from chatgrow_bot.host.loader import built_in_folder
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.server.bodies import fit

from .conforming import Document, built_in
from .conftest import CONNECTIONS, Api, part

TOLD = "/api/openapi.json"
BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))


async def told(api: Api) -> Any:
    answer = await api.ask("GET", TOLD, None)
    assert answer.status == 200
    return answer.body


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


async def test_the_document_is_valid_and_has_every_route(api: Api) -> None:
    document = await told(api)
    validate(document)
    documented = [route for route in api.routes() if route.path.startswith("/api/")]
    assert [route for route in documented if route.doc is None] == []
    shown_path = part("openapi.parameters").shown_path
    for route in documented:
        assert route.method.lower() in document["paths"][shown_path(route.path)], route


async def test_every_operation_says_what_it_is(api: Api) -> None:
    document = await told(api)
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert tags.get(operation["tags"][0], ""), f"{where}: {operation['tags']} has no sentence in tags.py"
        assert {"500", "503"} < set(operation["responses"]), where
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), f"{where}: {parameter['name']} has no description"
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content.get("examples") or content.get("schema", {}).get("properties") or not content


async def test_every_variable_of_a_path_and_every_header_is_known(api: Api) -> None:
    parameters = part("openapi.parameters")
    for route in api.routes():
        if route.doc:
            assert set(parameters.variables(route.path)) <= set(parameters.VARIABLES), route.path
            assert set(route.doc.headers) <= set(parameters.READ), route.path
            assert set(route.doc.sends) <= set(parameters.SENT), route.path


async def test_who_may_call_what_stands_in_the_document(api: Api) -> None:
    document = await told(api)
    shown_path = part("openapi.parameters").shown_path
    for route in api.routes():
        if route.doc:
            operation = document["paths"][shown_path(route.path)][route.method.lower()]
            is_open = not operation["security"] or {} in operation["security"]
            assert is_open == (route.access is Access.PUBLIC), route
            ways = {name: needed for way in operation["security"] for name, needed in way.items()}
            assert ways.get("apiKey") == ([route.scope.value] if route.scope else None), route
            assert ("401" in operation["responses"]) or route.access is Access.PUBLIC


def read_by(route: Route) -> Iterator[tuple[str, str]]:
    """The models that a handler names where it reads the body or the query, by its source."""
    seen: set[str] = set()
    waiting: list[Any] = [inspect.unwrap(route.handler)]
    module = sys.modules[waiting[0].__module__]
    while waiting:
        function = waiting.pop()
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if ast.unparse(node.func) == "asyncio.to_thread":
                name = ast.unparse(node.args[0])
            if name in ("read_body", "read_query", "fit") and len(node.args) == 2:
                yield name.replace("fit", "read_body"), ast.unparse(node.args[1])
            # what the handler hands its request on to
            mine = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self"
            method = node.func.attr if isinstance(node.func, ast.Attribute) and mine else name
            owner = getattr(route.handler, "__self__", None)
            found = getattr(owner, method, None) or getattr(module, method, None)
            own = getattr(found, "__module__", "").startswith("chatgrow_plugins.")
            if inspect.isroutine(found) and own and method not in seen:
                seen.add(method)
                waiting.append(inspect.unwrap(found))


async def test_the_documented_models_are_those_that_the_handlers_read(api: Api) -> None:
    checked = 0
    for route in api.routes():
        if route.doc is None:
            continue
        read = set(read_by(route))
        if "application/json" not in route.content_types:  # a form, whose parts become one model
            read = {(by, name) for by, name in read if by != "read_body"}
        for kind, model in (("read_body", route.doc.body), ("read_query", route.doc.query)):
            named = {name for by, name in read if by == kind}
            assert named == ({model.__name__} if model else set()), f"{route.method} {route.path}"
            checked += bool(model)
    assert checked >= 20


async def test_every_example_of_a_body_is_taken_by_its_model(api: Api) -> None:
    document = await told(api)
    shown_path = part("openapi.parameters").shown_path
    tried = 0
    for route in api.routes():
        if route.doc and route.doc.body:
            operation = document["paths"][shown_path(route.path)][route.method.lower()]
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                fit(example["value"], route.doc.body)
                tried += 1
    assert tried >= 15


async def test_every_example_of_an_answer_fits_its_schema(api: Api) -> None:
    document = await told(api)
    held = Document(document)
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                for example in content.get("examples", {}).values():
                    headers = {"Content-Type": kind, "X-Request-Id": "x"}
                    told_path = path.replace("{", "").replace("}", "")
                    faults = held.faults(method.upper(), told_path, int(status), headers, example["value"])
                    assert list(faults) == [], f"{method} {path} {status}"


async def test_a_plugin_that_is_off_is_not_in_it(api: Api) -> None:
    whole = await told(api)
    first = await api.ask("GET", TOLD, None)
    again = await api.ask("GET", TOLD, None, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    module = part("openapi.document")
    fewer = module.document(route for route in api.routes() if "/chats/" not in route.path)
    assert len(fewer["paths"]) < len(whole["paths"])
    assert fewer["components"]["schemas"].keys() < whole["components"]["schemas"].keys()


@pytest.mark.slow
async def test_the_command_prints_what_a_running_hub_answers(api: Api, tmp_path: Path) -> None:
    config, written = str(tmp_path / "config" / "chatgrow.yaml"), tmp_path / "openapi.json"
    words = [sys.executable, "-m", "chatgrow_bot.cli", "--config", config, "openapi"]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    process = await asyncio.create_subprocess_exec(*words, "--output", str(written))
    assert await process.wait() == 0
    assert json.loads(printed) == json.loads(written.read_bytes()) == await told(api)


async def test_an_answer_that_is_not_as_documented_is_found() -> None:
    document, ok = built_in(), {"Content-Type": "application/json", "X-Request-Id": "x"}
    good = {"number": "+14155550123", "exists": True, "chat": None}
    path = f"{CONNECTIONS}/shop/numbers/+14155550123"
    assert list(document.faults("GET", path, 200, ok, good)) == []
    assert list(document.faults("GET", path, 418, ok, good))
    assert list(document.faults("GET", path, 200, ok, good | {"exists": "yes"}))
    assert list(document.faults("GET", path, 200, ok | {"Content-Type": "text/html"}, "x"))
    assert list(document.faults("GET", path, 200, {"Content-Type": "application/json"}, good))


async def test_the_files_of_the_page_are_a_closed_list_and_are_kept_by_browsers(api: Api) -> None:
    page = (await api.ask("GET", "/docs", None)).body.decode()
    names = part("openapi.pages").FILES
    for name in names:
        url = page.partition(f'"/docs/{name}')[2].partition('"')[0]
        file = await api.ask("GET", f"/docs/{name}{url}", None)
        assert file.status == 200
        assert file.headers["Cache-Control"].endswith("immutable")
        assert (await api.ask("GET", f"/docs/{name}?v=old", None)).headers["Cache-Control"] == "no-cache"
    for name in ("pages.py", "..%2fpages.py", "docs.html", "%2e%2e%2fcli.py", "swagger-ui.js.map"):
        assert (await api.ask("GET", f"/docs/{name}", None)).status == 404


@pytest.mark.slow
async def test_the_page_works_in_a_browser_and_tries_a_route_with_a_token(api: Api) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    token = await api.token("operator")
    await api.create("shop")
    async with async_playwright() as driver:
        program = next((path for path in BROWSERS if path.exists()), None)
        browser = await driver.chromium.launch(executable_path=program, chromium_sandbox=False)
        page = await browser.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{api.url}/docs")
        await page.click(".btn.authorize")
        await page.fill("#auth-bearer-value", token)
        await page.click(".auth-btn-wrapper .authorize")
        await page.click(".btn-done, .close-modal")
        await page.click("#operations-Connections-connectionList .opblock-summary-control")
        await page.click("#operations-Connections-connectionList .execute")
        shown = page.locator("#operations-Connections-connectionList .live-responses-table .highlight-code")
        await shown.first.wait_for()
        assert '"connectionId": "shop"' in await shown.first.inner_text()
        await browser.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((api.url, "data:"))] == []


def test_the_library_of_the_page_is_pinned_by_its_content() -> None:
    folder = built_in_folder() / "rest_api"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for name, package in locked.items():
        if name:
            assert package["integrity"].startswith("sha512-")
            assert "resolved" not in package
