"""Files over HTTP. What is uploaded goes to the spool as it comes, and is named by its uploadId when it is
sent; what a message carries is handed out to be saved, because whoever sent it chose what it is."""

from collections.abc import Iterable
from urllib.parse import quote

from aiohttp import web

from chatgrow_bot.errors import BadInput, FileTooLarge
from chatgrow_bot.hub import Hub, Scope
from chatgrow_bot.messages import Media
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.safety.media import OCTETS
from chatgrow_bot.server.bodies import read_chunks, read_query
from chatgrow_bot.server.problems import UnsupportedContent

from .forms import MULTIPART, form_of, next_part, part_chunks
from .found import find
from .models.messages import Uploaded, UploadNamed
from .replies import reply, tenant_of

PATH = "/api/whatsapp/media"

_TYPES = (
    MULTIPART,
    "application/octet-stream",
    "application/pdf",
    "image/*",
    "audio/*",
    "video/*",
    "text/*",
)
_CODINGS = ("Content-Encoding", "Content-Transfer-Encoding")
_WRAPPING = 64 << 10  # bytes that multipart puts around a file, at most
_LARGEST = (64 << 20) + _WRAPPING
_SCRIPTS = ("javascript", "ecmascript", "jscript", "livescript")

_UPLOADED = Doc(tag="Files", query=UploadNamed, answer=Uploaded, status=201)
_FILE = Doc(
    tag="Files",
    headers=("Range",),
    types=("*/*",),
    also=(206, 304, 409, 412, 416),
    sends=("Content-Disposition", "ETag", "Last-Modified"),
)


class MediaRoutes:
    """/api/whatsapp/media."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._spool = hub, hub.spool

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="POST",
            path=PATH,
            handler=self.upload,
            scope=Scope.SEND,
            doc=_UPLOADED,
            access=Access.OPERATOR,
            max_body=_LARGEST,
            content_types=_TYPES,
        )
        yield Route(
            method="GET",
            path=f"{PATH}/{{message_id}}",
            handler=self.download,
            scope=Scope.READ,
            doc=_FILE,
            access=Access.VIEWER,
        )

    async def upload(self, request: web.Request) -> web.Response:
        """Keep a file: the raw body (named by `?filename=`), or the one part `file` of a form."""
        named = read_query(request, UploadNamed)
        most = await self._hub.plans.media_size(tenant_of(request))
        if (request.content_length or 0) > most + _WRAPPING:
            raise FileTooLarge(f"The file is larger than {most} bytes")
        if not request.body_exists:
            raise BadInput("There is no body; send the file's bytes, or a form with one part named 'file'")
        if request.content_type == MULTIPART:
            media = await self._from_form(request, most)
        else:
            media = await self._spool.from_stream(
                tenant_of(request),
                read_chunks(request),
                request.content_type,
                named.filename,
                max_bytes=most,
            )
        uploaded = Uploaded(
            upload_id=await self._spool.upload(tenant_of(request), media),
            type=media.kind,
            mimetype=media.mimetype,
            filename=media.filename,
            size=media.size,
            sha256=media.sha256,
        )
        return reply(uploaded, status=201)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The file that a message carries, or the part of it that the Range header asks for."""
        found = await find(self._hub, request[IDENTITY], request.match_info["message_id"])
        media = await found.file()
        headers = {
            "Content-Type": _inert(media.mimetype),
            "Content-Disposition": _attachment(media.filename),
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return web.FileResponse(media.path, headers=headers)

    async def _from_form(self, request: web.Request, most: int) -> Media:
        form = await form_of(request)
        part = await next_part(form)
        if part is None or part.name != "file":
            raise BadInput("The form has one part, named 'file'")
        if any(part.headers.get(name, "binary").lower() != "binary" for name in _CODINGS):
            raise UnsupportedContent("The part 'file' is encoded; send its bytes as they are")
        mimetype = part.headers.get("Content-Type", "")
        media = await self._spool.from_stream(
            tenant_of(request), part_chunks(part), mimetype, part.filename or "", max_bytes=most
        )
        if await next_part(form) is not None:
            raise BadInput("The form has more than the one part named 'file'")
        return media


def _inert(mimetype: str) -> str:
    """The type under which a file is handed out: as it is, save a script, which a page could run by naming
    its address, saved or not."""
    return OCTETS if any(word in mimetype for word in _SCRIPTS) else mimetype


def _attachment(filename: str) -> str:
    """A Content-Disposition by RFC 6266: the name as it is, and in plain letters for old clients. The spool
    has left nothing in a name that could end a quoted text or a line."""
    plain = filename.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
