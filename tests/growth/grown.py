"""A small grown site: plain posts laid into the store, without a pull."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from syndicate.models import HashtagUse, PartnerMention, Post, Version
from syndicate.store.posts import Record

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def record(
    number: int, *, tags: Sequence[str] = (), partners: Sequence[str] = (), languages: Sequence[str] = ("sq", "en")
) -> Record:
    """Post `number`, as a pull would store it."""
    moment = FIRST + timedelta(hours=number)
    post = Post(
        f"post{number:06}", f"blog-{number % 3}", f"guid {number}", f"https://blog.example/{number}", f"Title {number}", None,
        moment, moment, moment.year,
        tuple(Version(code, f"Title {number}", "", f"<p>{number}</p>", f"{number}") for code in languages),
        tuple(PartnerMention(id, ()) for id in partners),
        tuple(HashtagUse(tag.casefold(), tag, (tag,), tuple(languages)) for tag in tags),
        unsure=number % 10 == 0,
    )  # fmt: skip
    return Record(post, f"guid {number}", post.url, f"digest {number}", f"<p>{number}</p>", (), FIRST)
