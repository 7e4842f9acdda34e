"""`syndicate posts`: what we have, why, and taking it back. `fixing` corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.models import Correction, Post, Site

posts = group("What was pulled: list it, see why, put it right, take it back.", app, "posts", "Posts")
VERSION = ("language", "title", "summary", "html", "text")
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
    hidden: Annotated[bool, typer.Option("--hidden", help="Only those that are hidden.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
) -> None:
    """The posts we have, newest first."""
    from syndicate.enrich import hashtags
    from syndicate.store import corrections
    from syndicate.store import posts as stored

    key = hashtags.key(hashtag.lstrip("#")) if hashtag else None
    chosen = stored.Filter(source, partner, key, language, since.replace(tzinfo=UTC) if since else None, unsure, hidden)
    with desk.store.read() as connection:
        found = stored.load(connection, stored.newest(connection, chosen, limit))
        said = corrections.of(connection, [post.id for post in found])
    rows = [
        (post.id, f"{post.published:%Y-%m-%d}", "+".join(v.language for v in post.versions) or "-",
         f"{'(hidden) ' if post.hidden else ''}{title(post)}")
        for post in found
    ]  # fmt: skip
    told = [shape(post, desk.site, said.get(post.id, ())) for post in found]
    desk.result({"posts": told}, columns(rows) or "No post fits.")


@command(posts)
def show(
    desk: Desk,
    post: ID,
    page: Annotated[bool, typer.Option("--page", help="Write it as a page, and say where.")] = False,
    open: Annotated[bool, typer.Option("--open", help="Write it as a page, and open that in the browser.")] = False,
) -> None:
    """One post, block by block: its versions, partners, hashtags and links, and why each was found."""
    from syndicate.cli.portrait import portrait, write_page
    from syndicate.store import corrections

    found = one(desk, post)
    with desk.store.read() as connection:
        said = corrections.of(connection, [found.id]).get(found.id, [])
    value = {"post": shape(found, desk.site, said)}
    if not (page or open):
        desk.result(value, portrait(found, desk.site, said))
        return
    path = write_page(desk, found, said)
    desk.result(value | {"page": str(path)}, str(path))
    if open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


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
    from syndicate.cli.road import press, publish_again
    from syndicate.cli.turns import alone
    from syndicate.errors import UsageError

    id, called = _to_withdraw(desk, post)
    what = f"the {version} version of {id}" if version else f"post {id}"
    if not yes and not desk.confirm(
        f"Take back {what}{f' “{called}”' if called else ''}{' and erase it' if erase else ''}?"
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
    from syndicate.overview import explain

    found = one(desk, post)
    told = explain(desk.site, desk.store, found, feed_or_list)
    text = f"{found.id} is {'' if told.inside else 'not '}in {feed_or_list}."
    rows = [("yes" if reason.passed else "no", reason.rule, reason.sentence) for reason in told.reasons]
    text += f"\n{columns(rows, indent=2)}" + (f"\n{told.fate}" if told.fate else "")
    value = {
        "post": found.id, "in": feed_or_list, "matches": told.inside, "fate": told.fate,
        "reasons": [{"rule": one.rule, "passed": one.passed, "sentence": one.sentence} for one in told.reasons],
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
        return found[0].id, title(found[0])
    if gone or (not found and len(ids) == 1):
        return (gone or ids)[0], ""
    if found:
        raise UsageError(f"{wanted} may be {', '.join(post.id for post in found)}: write more of the id.")
    raise UsageError(f"There is no post {wanted}. `syndicate posts list` shows what there is.")


def shape(post: Post, site: Site, said: Sequence[Correction] = ()) -> dict[str, Any]:
    """A post as `--json` prints it; `said` is what the operator said about it."""
    names = {partner.id: partner.name for partner in site.partners}
    return {
        "id": post.id, "source": post.source, "guid": post.guid, "url": post.url, "author": post.author,
        "title": post.title, "published": post.published, "updated": post.updated,
        "versions": [{name: getattr(version, name) for name in VERSION} for version in post.versions],
        "partners": [
            {"id": one.id, "name": names.get(one.id, one.id), "evidence": [asdict(why) for why in one.evidence]}
            for one in post.partners
        ],
        "hashtags": [asdict(tag) for tag in post.hashtags],
        "links": [asdict(link) for link in post.links],
        "image": asdict(post.picture) if post.picture else None,
        "margin": None if post.margin is None else round(post.margin, 1), "unsure": post.unsure,
        "blocks": [{"number": n, **asdict(block)} for n, block in enumerate(post.blocks, 1)],
        "notes": list(post.notes), "hidden": post.hidden,
        "fixes": [{"kind": one.kind, "key": one.key, "value": one.value, "at": one.at} for one in said],
    }  # fmt: skip


def title(post: Post) -> str:
    """What a post is called in a list: its first version's title."""
    return (post.versions[0].title if post.versions else "") or post.title or "(no title)"
