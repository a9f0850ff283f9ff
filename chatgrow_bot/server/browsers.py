"""Routes for people in a browser. A browser sends its cookies of itself, whoever made it ask: so it is asked
who did; and what goes wrong is told as a page."""

from aiohttp import web

from ..errors import NotLoggedIn
from ..plugin import Pages
from .problems import ForeignRequest, known_as


def refuse_foreign(request: web.Request) -> None:
    """Let nothing in that another site made the browser ask for, save to look at a whole page.

    Sec-Fetch-Site says who asks. Over plain HTTP a browser sends it to its own machine only; Origin says it
    there, for whatever is more than looking, and for a look that a script of another site takes (a stream,
    say). Raises ForeignRequest.
    """
    looks = request.method in ("GET", "HEAD")
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        origin = request.headers.get("Origin", "")
        ours = (looks and not origin) or origin.partition("://")[2] == request.host
    elif looks:
        ours = site in ("same-origin", "none") or request.headers.get("Sec-Fetch-Mode") == "navigate"
    else:
        ours = site == "same-origin"
    if not ours:
        raise ForeignRequest("Another site asked for this")


def told(request: web.Request, error: Exception, pages: Pages) -> web.Response:
    """An error as a page; whoever is not logged in is sent to where one logs in."""
    known, status, detail = known_as(error)
    if isinstance(known, NotLoggedIn):
        return web.Response(status=303, headers={"Location": pages.login})
    answer = pages.tell(request, status, known.title, detail)
    if "retry_after" in known.facts:
        answer.headers["Retry-After"] = str(known.facts["retry_after"])
    return answer
