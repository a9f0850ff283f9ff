"""Loaded by schemathesis: what it does not know of itself. No answer tells what is another tenant's, and none
tells of the inside."""

import os
import re
from typing import Any

import schemathesis

#: What a body tells when the inside leaks out.
INSIDE = re.compile(rb'Traceback|File "|/home/|/work/|/tmp/|sqlite|SELECT .* FROM|sqlalchemy|asyncpg', re.I)


@schemathesis.check
def tells_nothing_of_others(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: "schemathesis.Case[Any]"
) -> None:
    """Whether the mark of another tenant is in an answer to somebody who did not ask for others', as an admin
    may."""
    if case.path.endswith("/export") and not {"everyone", "user"}.isdisjoint(case.query or ()):
        return
    for mark in os.environ["CHATGROW_FOREIGN"].split(","):
        if mark and mark.encode() in response.content:
            raise AssertionError(f"it tells what belongs to another tenant: {mark}")


@schemathesis.check
def tells_nothing_of_the_inside(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: "schemathesis.Case[Any]"
) -> None:
    """Whether an error tells of code, paths or statements that the request did not bring itself."""
    if response.status_code >= 400 and (found := INSIDE.search(response.content)):
        sent = repr((case.body, case.query, case.path_parameters, case.headers))
        if found[0].decode() not in sent:
            raise AssertionError(f"it tells of the inside: {found[0]!r}")
