"""One post for the operator's eyes: in the terminal, and as a page in var/preview that only they can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate.cli.desk import Desk, private_file
from syndicate.cli.posts import title
from syndicate.cli.telling import columns, number, shortened

if TYPE_CHECKING:
    from rich.text import Text

    from syndicate.models import Correction, LabelledBlock, Post, Site

COLOURS = ("cyan", "magenta", "green", "yellow", "blue")
"""A colour for each of the site's languages, in their order."""


def portrait(post: Post, site: Site, said: Sequence[Correction]) -> Text:
    """The post as text; on a terminal each block has its language's colour, and one in no version is dim."""
    from rich.text import Text

    drawn = Text("\n".join([*_head(post), *_look(post), "", "Blocks, the version each is in, and why"]) + "\n")
    rows = [
        (f"{n}.", language(block), block.role, f"{shortened(block.text, 60)!r}  {block.why}")
        for n, block in enumerate(post.blocks, 1)
    ]
    for line, block in zip(columns(rows, indent=2).splitlines(), post.blocks, strict=True):
        drawn.append(f"{line}\n", style=_style(block, site))
    rest = [*_fixes(said), *_partners(post, site), *_hashtags(post), *_links(post), *_notes(post)]
    drawn.append("\n".join(rest).rstrip("\n"))
    drawn.rstrip()
    return drawn


def language(block: LabelledBlock) -> str:
    """Which versions a block is in, in a word."""
    return {None: "none", "*": "all"}.get(block.language, block.language or "none")


def fixed(block: LabelledBlock) -> bool:
    """Whether the operator said where the block stands."""
    from syndicate.enrich.amending import SAID

    return SAID in block.why


def _style(block: LabelledBlock, site: Site) -> str:
    bold = "bold " if fixed(block) else ""
    if block.language is None:
        return f"{bold}dim"
    place = site.languages.index(block.language) if block.language in site.languages else None
    return bold + ("default" if place is None else COLOURS[place % len(COLOURS)])


def _head(post: Post) -> list[str]:
    lines = [f"{post.id}  {title(post)}", columns([
        ("source", post.source), ("address", post.url or "-"), ("guid", post.guid or "-"), ("author", post.author or "-"),
        ("published", f"{post.published:%Y-%m-%d %H:%M} UTC"), ("updated", f"{post.updated:%Y-%m-%d %H:%M} UTC"),
    ], indent=2)]  # fmt: skip
    if post.hidden:
        lines.append(f"  Hidden since {post.hidden:%Y-%m-%d}: it is in no feed, page or draft.")
    for version in post.versions:
        words = number(len(version.text.split()), "word")
        lines += ["", f"Version {version.language}: {version.title}", f"  {words}. {version.summary}"]
    return lines


def _look(post: Post) -> list[str]:
    if not post.unsure:
        return []
    return [
        "",
        "The languages want a look: the split is not sure.",
        f"  Right as it is: `syndicate posts fix {post.id} --sure`",
        f"  Wrong: `syndicate posts fix {post.id} --block NUMBER=LANGUAGE`",
    ]


def _fixes(said: Sequence[Correction]) -> list[str]:
    from syndicate.corrections import sentence

    return ["", "Fixed by you", *(f"  {sentence(one)}" for one in said)] if said else []


def _partners(post: Post, site: Site) -> list[str]:
    names = {partner.id: partner.name for partner in site.partners}
    lines = []
    for mention in post.partners:
        evidence = [(why.kind, why.language, why.found, shortened(why.sentence, 90)) for why in mention.evidence]
        lines += ["", f"Partner {names.get(mention.id, mention.id)} ({mention.id})", columns(evidence, indent=2)]
    return lines


def _hashtags(post: Post) -> list[str]:
    rows = [(f"#{tag.display}", tag.key, "+".join(tag.languages)) for tag in post.hashtags]
    return ["", "Hashtags", columns(rows, indent=2)] if rows else []


def _links(post: Post) -> list[str]:
    rows = [(link.kind, link.language, link.url, link.label) for link in post.links]
    return ["", "Links", columns(rows, indent=2)] if rows else []


def _notes(post: Post) -> list[str]:
    return ["", "Notes", *(f"  {note}" for note in post.notes)] if post.notes else []


# ---------------------------------------------------------------- the page


def write_page(desk: Desk, post: Post, said: Sequence[Correction]) -> Path:
    """Write the page that shows a post block by block; returns where it is."""
    path = desk.site.places.state / "preview" / f"post-{post.id}" / "index.html"
    with private_file(path) as out:
        out.write(desk.fill("post.html", **shown(post, desk.site, said)).encode())
    return path


def shown(post: Post, site: Site, said: Sequence[Correction]) -> dict[str, Any]:
    """What the page's template is given."""
    from syndicate.corrections import sentence

    names = {partner.id: partner.name for partner in site.partners}
    return {
        "site": site, "post": post, "title": title(post),
        "blocks": [
            {"number": n, "block": block, "language": language(block), "fixed": fixed(block), "look": _class(block, site)}
            for n, block in enumerate(post.blocks, 1)
        ],
        "legend": [(code, f"l{n % len(COLOURS)}") for n, code in enumerate(site.languages)],
        "fixes": [sentence(one) for one in said],
        "partners": [(names.get(one.id, one.id), one.id, one.evidence) for one in post.partners],
        "margin": None if post.margin is None else round(post.margin, 1),
        "hidden": f"{post.hidden:%Y-%m-%d}" if post.hidden else "",
        "days": {"published": f"{post.published:%Y-%m-%d %H:%M}", "updated": f"{post.updated:%Y-%m-%d %H:%M}"},
    }  # fmt: skip


def _class(block: LabelledBlock, site: Site) -> str:
    if block.language is None:
        return "none"
    return f"l{site.languages.index(block.language) % len(COLOURS)}" if block.language in site.languages else "every"
