"""What the web side is put together from. The composition root fills it in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syndicate.models import Fill, MailingList, Site, Words
from syndicate.store import Store
from syndicate.web.visit import Durations, Line

if TYPE_CHECKING:
    from syndicate.subscribing import Reception


STYLE = "web.css"
"""The style sheet's name, and its path."""


@dataclass(frozen=True)
class Parts:
    """The site and all that pages are made with.

    `webhook_key` is the provider's public key ("" where events are not taken). With `proxy`, a web server of ours stands
    before this one and says who asks. `erase_at_provider` asks the mail provider to forget an address.
    `log` takes a line for each request, `warn` one for each fault. `counted` are the
    requests answered so far, by method, route and status; `took` is how long they took.
    """

    site: Site
    store: Store
    ring: Sequence[bytes]
    words: Words
    fill: Fill
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    webhook_key: str = ""
    proxy: bool = False
    erase_at_provider: Callable[[str], None] | None = None
    log: Callable[[Line], None] = lambda line: None
    warn: Callable[[str], None] = lambda line: None
    counted: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    took: Durations = field(default_factory=Durations)

    @property
    def root(self) -> str:
        """What stands before every path: "" where the site has a host name of its own, else such as "/feeds"."""
        return urlsplit(self.site.base_url).path.rstrip("/")

    @property
    def lists(self) -> tuple[MailingList, ...]:
        """The mailing lists that anybody may join."""
        return tuple(one for one in self.site.lists if one.public)

    @cached_property
    def style(self) -> tuple[bytes, str]:
        """The style sheet, what the feeds' pages wear and what forms need besides; and its hash. Raises TemplateError."""
        text = (self.fill("page.css") + self.fill(STYLE)).encode()
        return text, hashlib.sha256(text).hexdigest()

    @property
    def reception(self) -> Reception:
        """What the hall receives people with."""
        from syndicate.subscribing import Reception

        return Reception(self.site, self.store, self.ring, self.now, self.new_id, self.words, self.erase_at_provider)
