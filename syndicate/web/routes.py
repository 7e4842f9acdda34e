"""Which address leads to which page, and what becomes of errors: a plain page in the reader's language, a line in the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.errors import StoreError, TemplateError, UsageError
from syndicate.publish.items import uri
from syndicate.web import account, approval, events, health, joining, links, pages
from syndicate.web.gate import Gate
from syndicate.web.parts import STYLE, Parts
from syndicate.web.published import Shelf
from syndicate.web.reading import LARGEST_EVENTS, LARGEST_FORM, Unfit, visit_of
from syndicate.web.visit import Answer, Unreadable, Visit

Page: TypeAlias = Callable[[Parts, Visit], Answer]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

THREADS = 8
"""How many pages are made at once. The rest waits: the database takes one writer at a time anyway."""

RETRY_AFTER = (("Retry-After", "60"),)

ROUTES: dict[str, dict[str, Page]] = {
    "/": {"GET": joining.home},
    "/subscribe": {"GET": joining.form, "POST": joining.send},
    "/subscribe/{list}": {"GET": joining.form, "POST": joining.send},
    "/asked": {"GET": joining.asked},
    "/asked/link": {"GET": joining.link_asked},
    "/confirm/{token}": {"GET": links.confirm_page, "POST": links.confirm},
    "/leave/{token}": {"GET": links.leave_page, "POST": links.leave},
    "/leave/{token}/back": {"GET": links.leave_page, "POST": links.come_back},
    "/preferences/{token}": {"GET": links.preferences_page, "POST": links.set_languages},
    "/preferences/{token}/link": {"GET": links.preferences_page, "POST": links.send_link},
    "/address/{token}": {"GET": links.address_page, "POST": links.confirm_address},
    "/account": {"GET": account.ask_page, "POST": account.ask},
    "/account/open": {"GET": account.ask_page, "POST": account.again},
    "/account/lists": {"GET": account.ask_page, "POST": account.set_lists},
    "/account/language": {"GET": account.ask_page, "POST": account.set_languages},
    "/account/mail": {"GET": account.ask_page, "POST": account.set_mail},
    "/account/address": {"GET": account.ask_page, "POST": account.change_address},
    "/account/download": {"GET": account.ask_page, "POST": account.download},
    "/account/forget": {"GET": account.ask_page, "POST": account.forget},
    "/account/{token}": {"GET": account.open_page, "POST": account.open},
    "/approve/{token}": {"GET": approval.page, "POST": approval.approve},
    "/events/sendgrid": {"POST": events.sendgrid},
    "/healthz": {"GET": health.health},
    "/metrics": {"GET": health.metrics},
    "/robots.txt": {"GET": health.robots},
    "/favicon.ico": {"GET": health.icon},
    f"/{STYLE}": {"GET": health.sheet},
}
"""Every address but those of the published files. Reading (GET, HEAD) never acts."""


def app(parts: Parts) -> Starlette:
    """The web side of a site, as an ASGI application."""
    threads = anyio.CapacityLimiter(THREADS)
    shelf = Shelf(parts.site.places.public, parts.site.base_url, uri(parts.site.hub))
    routes = [
        Route(path, _endpoint(parts, threads, path, by_method), methods=list(by_method))
        for path, by_method in ROUTES.items()
    ]
    routes.append(Route("/{path:path}", _file(parts, threads, shelf), methods=["GET"]))
    made = Starlette(routes=routes, middleware=[Middleware(Gate, parts=parts)])
    made.router.redirect_slashes = False
    made.add_exception_handler(HTTPException, _refused(parts))
    return made


def _endpoint(parts: Parts, threads: anyio.CapacityLimiter, path: str, by_method: dict[str, Page]) -> Endpoint:
    most = LARGEST_EVENTS if path.startswith("/events/") else LARGEST_FORM
    pages_of = {**by_method, "HEAD": by_method.get("GET", joining.home)}

    async def endpoint(request: Request) -> Response:
        request.scope["syndicate.route"] = path
        try:
            visit = await visit_of(request, most, proxy=parts.proxy)
        except Unfit as unfit:
            visit = _bare_visit(request)
            return response(pages.trouble(parts, visit, unfit.status, headers=(("Connection", "close"),)))
        except Unreadable:
            visit = _bare_visit(request)
            return response(pages.trouble(parts, visit, 400))
        work = partial(_safely, parts, pages_of[request.method], visit, path)
        return response(await anyio.to_thread.run_sync(work, limiter=threads))

    return endpoint


def _bare_visit(request: Request) -> Visit:
    """A visit of which no more is known than its language."""
    return Visit(
        asked=request.query_params.get("lang", ""),
        accepts=request.headers.get("accept-language", ""),
        request=request.scope.get("syndicate.request", ""),
    )


def _safely(parts: Parts, page: Page, visit: Visit, route: str) -> Answer:
    """The page, or what stands for it when something goes wrong. No error's own words leave here: they may hold an address."""
    from syndicate.consent.tokens import TokenError

    where = f"{visit.method} {route} {visit.request}".rstrip()
    try:
        return page(parts, visit)
    except UsageError as error:
        # What a link asks for and cannot have is the link's fault: it is too old, or something happened since.
        if isinstance(error, TokenError) or visit.token:
            return _link_broken(parts, visit)
        return pages.trouble(parts, visit, 400)
    except StoreError as error:
        parts.warn(f"{where}: the database cannot be used ({type(error).__name__}); the reader was told.")
        return pages.trouble(parts, visit, 503, headers=RETRY_AFTER)
    except TemplateError as error:
        parts.warn(f"{where}: {error}")
        return pages.trouble(parts, visit, 500)
    except Exception as error:
        parts.warn(f"{where}: this should not have happened: {type(error).__name__} {_where(error)}")
        return pages.trouble(parts, visit, 500)


def _link_broken(parts: Parts, visit: Visit) -> Answer:
    """A link that is cut, forged, too old or used up; or a session that is over."""
    language, say = pages.speak(parts, visit), parts.words.say
    ways = [
        pages.Way(f"{parts.root}/account", say(language, "web.home_account_link")),
        pages.Way(f"{parts.root}/subscribe", say(language, "web.subscribe")),
    ]
    texts = [say(language, "web.link_broken_text")]
    return pages.note(parts, language, say(language, "web.link_broken_title"), texts, status=400, ways=ways)


def _where(error: Exception) -> str:
    """The lines of our own that led to an error, without any value."""
    steps, trace = [], error.__traceback__
    while trace:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("syndicate"):
            steps.append(f"{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(steps[-3:])


def _file(parts: Parts, threads: anyio.CapacityLimiter, shelf: Shelf) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        path = str(request.scope["path"])
        headers = {"if-none-match": "", "if-modified-since": "", "accept-encoding": ""}
        headers.update((name, value) for name, value in request.headers.items() if name in headers)
        answer = shelf.answer(path, headers)
        if answer is None:
            request.scope["syndicate.route"] = "(nothing)"
            visit = await visit_of(request, 0, proxy=parts.proxy)
            work = partial(_safely, parts, partial(_absent, path=path), visit, "(nothing)")
            answer = await anyio.to_thread.run_sync(work, limiter=threads)
        else:
            request.scope.update({"syndicate.route": path, "syndicate.file": True})
        return response(answer)

    return endpoint


def _absent(parts: Parts, visit: Visit, *, path: str) -> Answer:
    """Nothing is there: 410 where a feed once was, else 404."""
    from syndicate.store import published

    first, *rest = path.strip("/").split("/")
    if first == "feeds" and rest:
        with parts.store.read() as connection:
            since = published.gone_since(connection, rest[0])
        if since is not None:
            return pages.trouble(parts, visit, 410)
    return pages.trouble(parts, visit, 404)


def _refused(parts: Parts) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        allowed = tuple((error.headers or {}).items()) if isinstance(error, HTTPException) else ()
        visit = _bare_visit(request)
        return response(pages.trouble(parts, visit, status, headers=allowed))

    return handler


def response(answer: Answer) -> Response:
    """An answer as starlette sends it."""
    made = Response(answer.body, answer.status, media_type=None)
    if answer.media_type and answer.status not in (204, 303, 304):
        made.headers["Content-Type"] = answer.media_type
    for name, value in answer.headers:
        made.headers[name] = value
    if answer.status in (204, 304):
        del made.headers["content-length"]
    return made
