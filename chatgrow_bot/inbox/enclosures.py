"""Files that an answer names, taken into the spool before anything of it is stored. One that cannot be had in
time is left out: the words that came with it are still said."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import structlog

from ..errors import BadInput, StoreUnavailable
from ..hooks import Answered
from ..hub import Spool
from ..messages import FileNamed, Inbound, Media, Outbound, Step
from ..safety.media import display_name, kind_of

log = structlog.get_logger("chatgrow.inbox")


class Enclosures:
    """Takes them in."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    async def taken(
        self, message: Inbound, answered: Answered, seconds: float, trace: list[Step], faults: list[str]
    ) -> Sequence[Outbound]:
        """The messages of an answer with their files, so many seconds for all of them together; a step and a
        fault for each file that cannot be had. Raises StoreUnavailable while none can be kept."""
        deadline = asyncio.get_running_loop().time() + seconds
        messages: list[Outbound] = []
        for reply in answered.messages:
            if reply.file is None:
                messages.append(reply)
                continue
            said = await self._within(deadline, message.tenant, reply.file)
            if isinstance(said, Media):
                messages.append(replace(reply, file=None, media=said))
                continue
            trace.append(Step(stage="file", by=answered.by, result=said))
            faults.append(f"a file that '{answered.by}' answers with cannot be had: {said}")
            if reply.text:
                messages.append(replace(reply, file=None))
        return messages

    async def _within(self, deadline: float, tenant: str, file: FileNamed) -> Media | str:
        """The file, or why there is none."""
        try:
            async with asyncio.timeout_at(deadline):
                return await fetched(self._spool, tenant, file)
        except StoreUnavailable:
            raise
        except TimeoutError:
            return "it did not come in the time that an answer may take"
        except BadInput as error:
            return error.detail or error.advice()
        except Exception as error:
            log.exception("a file that was to be sent cannot be taken in")
            return f"it failed with a {type(error).__name__}"


async def fetched(spool: Spool, tenant: str, file: FileNamed) -> Media:
    """A file by its name, in the spool. Raises MediaRefused."""
    label = (file.mimetype, file.filename, file.kind)
    if file.path:
        return await spool.from_path(tenant, Path(file.path), *label)
    if file.url:
        return await spool.from_url(tenant, file.url, *label)
    media = await spool.from_upload(tenant, file.upload_id)
    return replace(
        media,
        kind=kind_of(media.mimetype, file.kind or media.kind),
        filename=display_name(file.filename or media.filename, media.mimetype),
    )


def digest(file: FileNamed) -> str:
    """Which file is named, as one short value."""
    return hashlib.sha256(repr(astuple(file)).encode(errors="surrogatepass")).hexdigest()
