"""Makes pages: templates, words in the reader's language, and the headers that keep a page to itself."""

from pathlib import Path
from typing import Any

import phonenumbers
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.hub import Role
from chatgrow_bot.plugin import IDENTITY, Pages

from .assets import Assets
from .language import Language, chosen, read_languages

PATH = "/console"
LOGIN = f"{PATH}/login"
#: The session: an access token, for these pages only.
SESSION = "chatgrow_session"

#: Only our own files, nothing inline: a name that holds a script is only text, whatever else goes wrong.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the QR code, and the stylesheet's own signs
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # With `no-referrer`, the server's default, a browser would not say where a form comes from.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie, HX-Request",
}


class Frame:
    """What every page stands in."""

    def __init__(self) -> None:
        self.assets = Assets(f"{PATH}/static")
        self.languages = read_languages()
        self.pages = Pages(cookie=SESSION, login=LOGIN, tell=self.tell)
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["phone"] = _phone
        self._templates.globals |= {"path": PATH, "asset": self.assets.url, "languages": self.languages}

    def language(self, request: web.Request) -> Language:
        """The reader's."""
        return chosen(request, self.languages)

    def fragment(self, request: web.Request, template: str, **values: Any) -> str:
        """A template filled in. It knows `t`, the reader's language, and `may_change`, his role."""
        who = request.get(IDENTITY)
        known: dict[str, Any] = {
            "t": self.language(request),
            "who": who,
            "may_change": who is not None and who.role.includes(Role.OPERATOR),
            "here": request.path,
        }
        return self._templates.get_template(template).render(known | values)

    def page(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """A template as an answer."""
        text = self.fragment(request, template, **values)
        return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)

    def tell(self, request: web.Request, status: int, title: str, detail: str) -> web.Response:
        """An error as a page; as a notice, when a part of a page is asked for."""
        template = "notice.html" if is_partial(request) else "error.html"
        said = self.said(request, title)
        # What to ask the API for instead is no help to whoever came by a browser.
        return self.page(request, template, status, said=said, detail="" if status == 404 else detail)

    def said(self, request: web.Request, title: str) -> str:
        """An error's title in the reader's language."""
        slug = title.lower().replace(" ", "-")
        return self.language(request).known(f"error.{slug}", "error.other")


def is_partial(request: web.Request) -> bool:
    """Whether a page that is open already asks for a part of itself."""
    return "HX-Request" in request.headers


def to(place: str) -> web.Response:
    """Go there, and look."""
    return web.Response(status=303, headers={"Location": place})


def _phone(number: str) -> str:
    """A number or a chat id as people write it: +972 50-123-4567."""
    try:
        parsed = phonenumbers.parse(phone_of(number) or number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
