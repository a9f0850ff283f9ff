"""Messages that came in: shown by their id, with their files."""

from typing import Any

from chatgrow_bot.errors import MediaGone
from chatgrow_bot.payloads import Vote

from .conftest import CONNECTIONS, Api

MESSAGES = "/api/whatsapp/messages"
MEDIA = "/api/whatsapp/media"
GROUP, WRITER = "120363041234567890@g.us", "15551230007@c.us"
HTML = b"<html><script>alert(1)</script></html>"


async def shown(api: Api, message_id: str) -> dict[str, Any]:
    answer = await api.ask("GET", f"{MESSAGES}/{message_id}", "operator")
    assert answer.status == 200
    body: dict[str, Any] = answer.body
    return body


async def test_a_message_that_came_in_is_shown_whole(api: Api) -> None:
    await api.connect("shop")
    first = await api.hears(text="Lunch, @15551230008?", sender=GROUP, participant=WRITER)
    message_id = await api.hears(
        sender=GROUP,
        participant=WRITER,
        payload=Vote(options=("Pizza",)),
        about=(await wa_id(api, first)),
        mentions=("15551230008@c.us",),
        forwarded=True,
        name="Dana",
        chat_name="Team",
    )
    body = await shown(api, message_id)
    assert body.pop("sentAt") <= body.pop("receivedAt")
    assert body == {
        "messageId": message_id,
        "connectionId": "shop",
        "direction": "inbound",
        "chat": GROUP,
        "participant": WRITER,
        "fromMe": False,
        "name": "Dana",
        "chatName": "Team",
        "type": "vote",
        "text": "",
        "media": None,
        "payload": {"options": ["Pizza"]},
        "about": first,
        "mentions": ["15551230008@c.us"],
        "forwarded": True,
    }
    assert (await shown(api, first))["text"] == "Lunch, @15551230008?"


async def wa_id(api: Api, message_id: str) -> str:
    """A message's id as WhatsApp has it."""
    who = await api.hub.accounts.verify(await api.token("operator"))
    return (await api.hub.inbox.get(who.user_id, message_id)).wa_id


async def test_what_came_in_cannot_be_cancelled(api: Api) -> None:
    await api.connect("shop")
    message_id = await api.hears(text="hi")
    assert (await api.ask("DELETE", f"{MESSAGES}/{message_id}")).is_problem(404, "Message not found")
    assert (await shown(api, message_id))["text"] == "hi"


async def test_a_file_that_came_in_is_handed_out_to_be_saved(api: Api) -> None:
    await api.connect("shop")
    name = 'תפריט "2030"\r\nX: y/../menu.pdf'
    pdf = b"%PDF-1.4\n" + bytes(range(256)) * 400
    message_id = await api.hears(text="look", file=pdf, mimetype="application/pdf", filename=name)
    media = (await shown(api, message_id))["media"]
    assert media == {
        "status": "ready",
        "reason": "",
        "url": f"{MEDIA}/{message_id}",
        "mimetype": "application/pdf",
        "filename": "menu.pdf",
        "size": len(pdf),
    }
    answer = await api.ask("GET", media["url"])
    assert (answer.status, answer.body) == (200, pdf)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=\"menu.pdf\"; filename*=UTF-8''menu.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    head = await api.ask("HEAD", media["url"])
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(pdf)))


async def test_a_part_of_a_file_is_answered_by_its_range(api: Api) -> None:
    await api.connect("shop")
    file = bytes(range(256)) * 40
    url = f"{MEDIA}/{await api.hears(file=file, mimetype='application/octet-stream')}"
    for asked, start, end in (("0-99", 0, 100), ("5000-", 5000, None), ("-7", -7, None)):
        answer = await api.ask("GET", url, headers={"Range": f"bytes={asked}"})
        assert (answer.status, answer.body) == (206, file[start:end])
        assert answer.headers["Content-Range"].endswith(f"/{len(file)}")
        assert answer.headers["Content-Disposition"].startswith("attachment")
    beyond = await api.ask("GET", url, headers={"Range": "bytes=99999-"})
    assert (beyond.status, beyond.body) == (416, b"")


async def test_whatever_a_file_is_called_its_name_stays_within_its_header(api: Api) -> None:
    await api.connect("shop")
    for name in (
        "שלום.txt",
        'a"; filename="b.exe',
        "a\r\nSet-Cookie: x=y",
        "\u202egpj.exe",
        "../../etc/passwd",
        "",
    ):
        message_id = await api.hears(file=b"words", mimetype="text/plain", filename=name)
        answer = await api.ask("GET", f"{MEDIA}/{message_id}")
        said = answer.headers["Content-Disposition"]
        assert answer.status == 200
        assert said.isascii()
        assert "Set-Cookie" not in answer.headers
        assert said.count('"') == 2, said
        assert not any(each in said for each in ("/", "\\", "\r", "\n")), said
    hebrew = await api.ask("GET", f"{MEDIA}/{await api.hears(file=b'x', filename='שלום.txt')}")
    assert "filename*=UTF-8''%D7%A9%D7%9C%D7%95%D7%9D.txt" in hebrew.headers["Content-Disposition"]


async def test_a_web_page_that_came_in_is_nothing_that_a_browser_would_run(api: Api) -> None:
    await api.connect("shop")
    message_id = await api.hears(file=HTML, mimetype="text/html", filename="a.html")
    answer = await api.ask("GET", f"{MEDIA}/{message_id}")
    assert answer.body == HTML
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_file_that_is_not_there_says_why(api: Api) -> None:
    session = await api.connect("shop")
    plain = await api.hears(text="only words")
    answer = await api.ask("GET", f"{MEDIA}/{plain}")
    assert answer.is_problem(404, "Media not found")
    assert "'text'" in answer.body["detail"]
    assert (await api.ask("GET", f"{MEDIA}/{'0' * 32}")).is_problem(404, "Message not found")

    session.download_failures = [MediaGone("WhatsApp has this file no more")]
    gone = await api.hears(file=b"x", mimetype="text/plain", filename="a.txt")
    answer = await api.ask("GET", f"{MEDIA}/{gone}")
    assert answer.is_problem(404, "Media not found")
    assert "WhatsApp has this file no more" in answer.body["detail"]
    media = (await shown(api, gone))["media"]
    assert (media["status"], media["url"], media["filename"]) == ("unavailable", "", "a.txt")
    assert media["reason"] == "WhatsApp has this file no more"

    kept = await api.hears(file=b"swept away", mimetype="text/plain")
    for path in (api.home / "sessions" / "media").rglob("*"):
        if path.is_file():
            path.unlink()
    assert (await api.ask("GET", f"{MEDIA}/{kept}")).is_problem(404, "Media not found")


async def test_a_file_on_its_way_is_not_ready_yet(api: Api) -> None:
    session = await api.connect("shop")
    session.gate.clear()
    message_id = await api.hears(fetched=False, file=b"slow", filename="a.txt")
    await session.downloading.wait()
    assert (await shown(api, message_id))["media"]["status"] == "fetching"
    assert (await api.ask("GET", f"{MEDIA}/{message_id}")).is_problem(409, "Media not ready")
    session.gate.set()


async def test_the_file_of_a_message_of_ours_is_there_too(api: Api) -> None:
    await api.connect("shop")
    message = {"media": {"data": "aGVsbG8=", "filename": "hello.txt"}}
    body = {"to": "+14155550123", "message": message}
    accepted = await api.ask("POST", f"{CONNECTIONS}/shop/send", json=body)
    media = (await shown(api, accepted.body["messageId"]))["media"]
    assert (media["status"], media["filename"]) == ("ready", "hello.txt")
    assert (await api.ask("GET", media["url"], "operator")).body == b"hello"
