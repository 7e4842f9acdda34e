"""Reading a request within limits of size and time, both held while it arrives."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from syndicate.web.visit import Visit, client_of, form_of

LARGEST_FORM = 64 * 1024
"""The most bytes of a form."""
LARGEST_EVENTS = 2 * 1024 * 1024
"""The most bytes of one delivery of events."""
PATIENCE = 10.0
"""Seconds in which a body must have arrived in full."""


class Unfit(Exception):
    """A body that we do not take; `status` says why: too large, too slow, broken off."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def visit_of(request: Request, most: int, *, proxy: bool) -> Visit:
    """The visit that a request is. Raises Unfit, and Unreadable for a form that is no text."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = b"" if request.method in ("GET", "HEAD") else await _body(request, most)
    peer = request.client.host if request.client else ""
    return Visit(
        method=request.method,
        path=dict(request.path_params),
        asked=request.query_params.get("lang", ""),
        accepts=headers.get("accept-language", ""),
        form=form_of(body, headers.get("content-type", "")),
        body=body,
        headers=headers,
        request=request.scope.get("syndicate.request", ""),
        client=client_of(peer, headers.get("x-forwarded-for", ""), proxy=proxy),
    )


async def _body(request: Request, most: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > most:
        raise Unfit(413)
    read = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                read += piece
                if len(read) > most:
                    raise Unfit(413)
    except TimeoutError:
        raise Unfit(408) from None
    except ClientDisconnect:
        raise Unfit(400) from None
    return bytes(read)
