"""What every request passes: the path under the site's root, headers of safety on every answer, one line in the log."""

from __future__ import annotations

import re
import time
from secrets import token_hex

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicate.web.pages import SECURE
from syndicate.web.parts import Parts
from syndicate.web.visit import Line, near

LARGEST_HEAD = 16 * 1024
"""The most bytes of a request's headers; uvicorn holds only those to it that arrive in pieces."""

HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
"""A year (RFC 6797 §6.1.1), for this host name alone: others below the domain are not ours to decide about."""

METHODS = frozenset({"GET", "HEAD", "POST"})
"""The methods that are counted by name: of others anybody can make up as many as they like."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What is taken as the id of a request: nothing that could be an address, or break a line of the log."""

FEEDS = ("/rss.xml", "/atom.xml", "/feed.json")
"""The ends of the feeds' paths."""

_SECURE = [(name.lower().encode(), value.encode()) for name, value in SECURE]


class Gate:
    """ASGI middleware. Its log names a route, never the path: there may be a token in it."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self.app, self.parts = app, parts
        self.root = parts.root
        self.https = parts.site.base_url.startswith("https://")
        self.unexpected_proxy = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; other kinds of connection (lifespan) as they are."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0
        extra = [*_SECURE, HTTPS_ONLY] if self._secure(scope) else _SECURE
        scope["syndicate.request"] = request = self._request(scope)
        extra = [*extra, (b"x-request-id", request.encode())]
        self._inside(scope)

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
                await Response(status_code=431, headers={"Connection": "close"})(scope, receive, sent)
            else:
                await self.app(scope, receive, sent)
        finally:
            self._tell(scope, status, time.perf_counter() - start)

    def _inside(self, scope: Scope) -> None:
        """Take the site's root off the path, where a proxy left it there."""
        if self.root and scope["path"].startswith(f"{self.root}/"):
            scope["path"] = scope["path"][len(self.root) :]
            scope["raw_path"] = scope["path"].encode()

    def _request(self, scope: Scope) -> str:
        """The id of a request: what a web server of ours gave it, else a new one."""
        given = _header(scope, b"x-request-id").decode("latin-1")
        if self.parts.proxy and near((scope.get("client") or ("",))[0]) and REQUEST_ID.fullmatch(given):
            return given
        return token_hex(8)

    def _secure(self, scope: Scope) -> bool:
        """Whether the reader came by https: a proxy of ours says so."""
        if not (self.https and self.parts.proxy and near((scope.get("client") or ("",))[0])):
            return False
        return _header(scope, b"x-forwarded-proto") == b"https"

    def _tell(self, scope: Scope, status: int, took: float) -> None:
        route = scope.get("syndicate.route", "(nothing)")
        counted = _kind(route) if "syndicate.file" in scope else route
        method = scope["method"] if scope["method"] in METHODS else "(other)"
        self.parts.counted[method, counted, status] += 1
        self.parts.took.add(took)
        self.parts.log(Line(method, route, status, took * 1000, scope["syndicate.request"]))
        if not (self.parts.proxy or self.unexpected_proxy) and _header(scope, b"x-forwarded-for"):
            self.unexpected_proxy = True
            self.parts.warn(
                "Requests come through another web server. Start with --proxy, or limits take all readers for one."
            )


def _kind(path: str) -> str:
    """What a published file is counted as: feeds apart, for what programs ask costs what they ask for."""
    return "(feed)" if path.endswith(FEEDS) else "(file)"


def _header(scope: Scope, name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found
