"""The web side: reader pages, the published feeds, the provider's events, health. Only here are starlette and uvicorn imported.

    request → reading D → Visit → a page → Answer → gate D → response

    parts      what everything is put together from
    visit      what comes in and goes out, as values; forms, languages, who asks: P
    reading    bodies within their limits: D
    joining    the first page, signing up
    links      what the links in mails lead to
    account    one's own settings
    pages      the frame of every page, plain pages, troubles
    stamps     when a form was shown: P
    limits     how many forms are taken
    published  the files of public/
    events     the provider's signed webhook
    health     /healthz, /robots.txt, the style sheet
    gauges     /metrics
    routes     which address leads where; errors into pages
    gate       what holds for every request: headers, the log
    server     uvicorn and its limits, work beside it

Pages are plain functions of `Parts` and a `Visit`, run in a few threads; they act only on POST, and only for a token.
"""

from __future__ import annotations

from syndicate.web.parts import Parts
from syndicate.web.routes import app
from syndicate.web.server import beside, serve

__all__ = ["Parts", "app", "beside", "serve"]
