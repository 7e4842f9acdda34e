"""`syndicate posts`: what we have, why, and taking it back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number, shortened

if TYPE_CHECKING:
    from syndicate.models import Post, Site

posts = group("What was pulled: list it, see why, take it back.", app, "posts", "Posts")
ID = Annotated[str, typer.Argument(metavar="ID", help="A post's id, the beginning of one, or its address on the blog.")]


@command(posts, "list")
def list_(
    desk: Desk,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    partner: Annotated[str | None, typer.Option(help="Only that name this partner (its id).")] = None,
    hashtag: Annotated[str | None, typer.Option(help="Only with this hashtag.")] = None,
    language: Annotated[str | None, typer.Option(help="Only with a version in this language.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only from this day on.")] = None,
    unsure: Annotated[bool, typer.Option("--unsure", help="Only those whose languages want a look.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
) -> None:
    """The posts we have, newest first."""
    from syndicate.enrich import hashtags
    from syndicate.store import posts as stored

    key = hashtags.key(hashtag.lstrip("#")) if hashtag else None
    chosen = stored.Filter(source, partner, key, language, since.replace(tzinfo=UTC) if since else None, unsure)
    with desk.store.read() as connection:
        found = stored.load(connection, stored.newest(connection, chosen, limit))
    rows = [
        (post.id, f"{post.published:%Y-%m-%d}", "+".join(v.language for v in post.versions) or "-", _title(post))
        for post in found
    ]
    desk.result({"posts": [shape(post, desk.site) for post in found]}, columns(rows) or "No post fits.")


@command(posts)
def show(desk: Desk, post: ID) -> None:
    """One post: its versions, partners, hashtags and links, and why each was found."""
    found = one(desk, post)
    desk.result({"post": shape(found, desk.site)}, _portrait(found, desk.site))


@command(posts)
def withdraw(
    desk: Desk,
    post: ID,
    version: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Take back only the version in this language.")
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Also delete every word of it from our files and database.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a post back: out of every feed, page and open draft, unsent mails stopped, and no pull brings it back.

    Says who has it already: a mail that left cannot be called back.
    """
    from syndicate import editions, withdrawal
    from syndicate.cli.road import alone, press, publish_again
    from syndicate.errors import UsageError

    id, title = _to_withdraw(desk, post)
    what = f"the {version} version of {id}" if version else f"post {id}"
    if not yes and not desk.confirm(
        f"Take back {what}{f' “{title}”' if title else ''}{' and erase it' if erase else ''}?"
    ):
        raise UsageError("Nothing was taken back. Add --yes where nobody can answer.")
    with alone(desk) as free:
        if not free:
            raise UsageError("A run is at work on this site. Try again in a moment: nothing was taken back yet.")
        done = withdrawal.withdraw(
            desk.site, desk.store, desk.ring, id, language=version or "", erase=erase, now=desk.now(),
            redraft=editions.redraft(press(desk)),
        )  # fmt: skip
        published = publish_again(desk)
        if erase:
            desk.store.scrub()
    rewritten = [feed.slug for feed in published.feeds if feed.written]
    without = f"{number(len(rewritten), 'feed')} written without it" if rewritten else "No feed held it any more"
    lines = [f"{what[0].upper()}{what[1:]} is taken back{' and erased' if erase else ''}. {without}."]
    if done.redrafted:
        lines.append(f"Drafted anew without it, to be approved again: {', '.join(done.redrafted)}.")
    if done.stopped:
        lines.append(f"{number(done.stopped, 'mail')} with it were stopped before they left.")
    if done.received:
        lines.append(f"{number(done.received, 'person has', 'people have')} it already, in {', '.join(done.sent_in)}.")
    desk.result({"withdrawn": asdict(done), "feeds": rewritten}, "\n".join(lines))


@command(app, panel="Posts")
def why(
    desk: Desk,
    post: ID,
    feed_or_list: Annotated[str, typer.Argument(metavar="FEED-OR-LIST", help="A feed's slug, or a mailing list.")],
) -> None:
    """Why a post is, or is not, in a feed or a newsletter: one sentence for each rule."""
    from syndicate.editions import decided
    from syndicate.errors import UsageError
    from syndicate.publishing import all_feeds
    from syndicate.selection import facts, reasons

    found = one(desk, post)
    with desk.store.read() as connection:
        selections = {feed.slug: feed.selection for feed in all_feeds(desk.site, connection)}
    lists = {list.id: list.selection for list in desk.site.lists}
    if feed_or_list not in selections | lists:
        close = get_close_matches(feed_or_list, [*selections, *lists], n=1)
        raise UsageError(f"There is no feed or list {feed_or_list!r}.{f' Did you mean {close[0]}?' if close else ''}")
    told = reasons((selections | lists)[feed_or_list], facts(found))
    inside = all(reason.passed for reason in told)
    fate = decided(desk.store, feed_or_list, found.id) if feed_or_list in lists else ""
    rows = [("yes" if reason.passed else "no", reason.rule, reason.sentence) for reason in told]
    text = f"{found.id} is {'' if inside else 'not '}in {feed_or_list}.\n{columns(rows, indent=2)}" + (
        f"\n{fate}" if fate else ""
    )
    value = {
        "post": found.id, "in": feed_or_list, "matches": inside, "fate": fate,
        "reasons": [{"rule": reason.rule, "passed": reason.passed, "sentence": reason.sentence} for reason in told],
    }  # fmt: skip
    desk.result(value, text)


# ---------------------------------------------------------------- finding and telling


def one(desk: Desk, wanted: str) -> Post:
    """The post that `wanted` names; raises UsageError if none or several do."""
    from syndicate.errors import UsageError
    from syndicate.store import posts as stored

    with desk.store.read() as connection:
        found = stored.load(connection, stored.resolve(connection, wanted))
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{wanted} may be {', '.join(post.id for post in found)}: write more of the id.")
    raise UsageError(f"There is no post {wanted}. `syndicate posts list` shows what there is.")


def _to_withdraw(desk: Desk, wanted: str) -> tuple[str, str]:
    """The id and title of the post to take back; one that was withdrawn before may still be erased."""
    from syndicate.errors import UsageError
    from syndicate.store import posts as stored
    from syndicate.store import withdrawn

    with desk.store.read() as connection:
        gone = [row.post for row in withdrawn.everything(connection) if row.post == wanted and not row.language]
        ids = stored.resolve(connection, wanted)
        found = stored.load(connection, ids)
    if len(found) == 1:
        return found[0].id, _title(found[0])
    if gone or (not found and len(ids) == 1):
        return (gone or ids)[0], ""
    if found:
        raise UsageError(f"{wanted} may be {', '.join(post.id for post in found)}: write more of the id.")
    raise UsageError(f"There is no post {wanted}. `syndicate posts list` shows what there is.")


def shape(post: Post, site: Site) -> dict[str, Any]:
    """A post as `--json` prints it."""
    names = {partner.id: partner.name for partner in site.partners}
    return {
        "id": post.id, "source": post.source, "guid": post.guid, "url": post.url, "author": post.author,
        "title": post.title, "published": post.published, "updated": post.updated,
        "versions": [asdict(version) for version in post.versions],
        "partners": [
            {"id": one.id, "name": names.get(one.id, one.id), "evidence": [asdict(why) for why in one.evidence]}
            for one in post.partners
        ],
        "hashtags": [asdict(tag) for tag in post.hashtags],
        "links": [asdict(link) for link in post.links],
        "image": asdict(post.picture) if post.picture else None,
        "margin": None if post.margin is None else round(post.margin, 1), "unsure": post.unsure,
        "blocks": [asdict(block) for block in post.blocks],
        "notes": list(post.notes),
    }  # fmt: skip


def _title(post: Post) -> str:
    return (post.versions[0].title if post.versions else "") or post.title or "(no title)"


def _portrait(post: Post, site: Site) -> str:
    names = {partner.id: partner.name for partner in site.partners}
    lines = [f"{post.id}  {_title(post)}", columns([
        ("source", post.source), ("address", post.url or "-"), ("guid", post.guid or "-"), ("author", post.author or "-"),
        ("published", f"{post.published:%Y-%m-%d %H:%M} UTC"), ("updated", f"{post.updated:%Y-%m-%d %H:%M} UTC"),
    ], indent=2)]  # fmt: skip
    for version in post.versions:
        lines += [
            "",
            f"Version {version.language}: {version.title}",
            f"  {number(len(version.text.split()), 'word')}. {version.summary}",
        ]
    if post.margin is not None:
        lines.append("\nThe languages want a look: the split is not sure." if post.unsure else "")
    lines.append("Blocks, the version each is in, and why")
    lines.append(columns(
        [(block.language or "none", block.role, f"{shortened(block.text, 60)!r}  {block.why}") for block in post.blocks], indent=2
    ))  # fmt: skip
    for mention in post.partners:
        lines.append(f"\nPartner {names.get(mention.id, mention.id)} ({mention.id})")
        lines.append(
            columns(
                [(why.kind, why.language, why.found, shortened(why.sentence, 90)) for why in mention.evidence], indent=2
            )
        )
    if post.hashtags:
        lines += [
            "",
            "Hashtags",
            columns([(f"#{tag.display}", tag.key, "+".join(tag.languages)) for tag in post.hashtags], indent=2),
        ]
    if post.links:
        lines += [
            "",
            "Links",
            columns([(link.kind, link.language, link.url, link.label) for link in post.links], indent=2),
        ]
    if post.notes:
        lines += ["", "Notes", *(f"  {note}" for note in post.notes)]
    return "\n".join(lines)
