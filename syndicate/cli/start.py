"""The first commands: `try`, `init`, `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import DEMO, Desk, private_file
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.models import Site

PANEL = "Start here"
URL = Annotated[str, typer.Argument(metavar="URL", help="A blog's address, or its feed's.")]


@command(app, "try", panel=PANEL)
def try_(
    desk: Desk,
    url: URL,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the page. Default: a new private folder.")
    ] = None,
    posts: Annotated[int, typer.Option(min=1, max=50, help="How many of the latest posts to look at.")] = 10,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")] = False,
) -> int:
    """See what a blog would become: no site, no account, nothing is kept.

    Finds the blog's feed, splits its latest posts, and writes one page with their versions, partners, hashtags, feeds and
    both newsletters. `syndicate init DIR --from URL` keeps it.
    """
    import sys
    import tempfile
    import webbrowser

    from syndicate import trial
    from syndicate.cli.road import user_agent
    from syndicate.config import load_site, shipped_site
    from syndicate.enrich.identify import identifier
    from syndicate.pull import Fetcher

    shipped = shipped_site()
    desk.site = load_site(shipped, shipped=shipped)
    fetcher = Fetcher(user_agent=user_agent("tried by a person"), delay=1.0)
    tools = trial.Tools(
        fetcher, identifier(desk.site.languages), desk.words, desk.fill, [shipped / "templates"], desk.now
    )
    with desk.progress("Reading the blog") as report:
        found = trial.look(tools, desk.site, url, limit=posts, report=report)
    target = out or Path(tempfile.mkdtemp(prefix="syndicate-try-")) / "index.html"
    with private_file(target) as file:
        file.write(found.page.encode())
    for note in found.notes:
        desk.say(note)
    rows = [(f"{post.published:%Y-%m-%d}", "+".join(v.language for v in post.versions) or "-",
             ", ".join(one.id for one in post.partners) or "-", " ".join(f"#{tag.display}" for tag in post.hashtags) or "-")
            for post in found.posts]  # fmt: skip
    lines = [
        f"{found.title}: {number(len(found.posts), 'post')} from {found.feed_url}",
        columns(rows, indent=2),
        f"{target}",
    ]
    value = {"feed": found.feed_url, "title": found.title, "page": str(target), "posts": [
        {"title": post.title, "languages": [v.language for v in post.versions], "partners": [one.id for one in post.partners],
         "hashtags": [tag.key for tag in post.hashtags]} for post in found.posts
    ]}  # fmt: skip
    desk.result(value, "\n".join(lines))
    if not no_open and sys.stdout.isatty():
        webbrowser.open(target.resolve().as_uri())
    desk.say(f"Keep it: `syndicate init DIR --from {url}`")
    return 0


@command(app, panel=PANEL)
def init(
    desk: Desk,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The new site's folder.")],
    url: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Your blog's address, or its feed's.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="Your domain: part of every item's identity, for good.")
    ] = None,
) -> None:
    """Make a new site: a folder of TOML files with a comment on every key, and what to change marked CHANGE."""
    from urllib.parse import urlsplit

    from syndicate import trial
    from syndicate.cli.road import user_agent
    from syndicate.config import init as make
    from syndicate.config import load_site, shipped_site
    from syndicate.pull import Fetcher
    from syndicate.pull.addresses import typed_private

    shipped = shipped_site()
    name = None
    private = bool(url) and typed_private(url or "")
    if url:
        fetcher = Fetcher(user_agent=user_agent("tried by a person"), delay=1.0)
        url, name = trial.find_feed(fetcher, url, desk.now())
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        domain = domain or (None if private else host)
    made = make(directory, shipped=shipped, domain=domain, source_url=url, source_name=name, allow_private=private)
    site = load_site(directory, shipped=shipped)
    lines = [f"{directory} is a site now: {number(len(made), 'file')}."]
    if site.unfinished:
        lines += ["Change these before `syndicate run`:", *(f"  {one}" for one in site.unfinished)]
    lines.append(f"Then: cd {directory} && syndicate pull && syndicate publish")
    value = {"site": str(directory), "files": [str(path) for path in made], "unfinished": list(site.unfinished)}
    desk.result(value, "\n".join(lines))


@command(app, panel=PANEL)
def demo(
    desk: Desk,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where. Default: var/demo in your site, else syndicate-demo here."),
    ] = None,
) -> int:
    """The whole road on bundled sample posts: no network, no account, afresh each time.

    Pulls twelve posts over real HTTP on this machine, publishes the feeds, drafts a newsletter, writes its mails as files.
    """
    from syndicate import delivery, editions, people, pipeline
    from syndicate.cli.checking import write_preview
    from syndicate.cli.newsletter import office_of
    from syndicate.cli.road import press, publish_again, workshop
    from syndicate.samples.blog import serve

    root = (to or _demo_folder()).resolve()
    with serve() as blog:
        desk.site = _demo_site(root, f"{blog.base_url}/rss.xml")
        desk.say(f"A blog with sample posts answers on {blog.base_url} while this runs.")
        with desk.progress("Pulling") as report:
            (pulled,) = pipeline.pull(workshop(desk), desk.site.sources, only_due=False, report=report)
        published = publish_again(desk)
        list = desk.site.lists[0]
        edition, reason = editions.draft(press(desk), desk.store, list, post=None, now=desk.now())  # takes a picture
    for address, languages in READERS:
        people.add(
            desk.site, desk.store, desk.ring, list, address, languages=languages, evidence="demo", now=desk.now()
        )
    if edition is None:
        desk.warn(f"The demo did not come through: {pulled.error or reason}")
        return 1
    write_preview(desk, edition)
    editions.approve(desk.store, edition, desk.now())
    approved = editions.called(desk.store, desk.site, edition.id)
    with desk.progress("Sending") as report:
        standing = delivery.send(office_of(desk), approved, list, report)
    publish_again(desk)  # the archive, and the directory that links it
    rows = [
        ("pulled", f"{pulled.new} posts from the sample blog"),
        ("published", f"{len(published.feeds)} feeds", root / "public" / "feeds" / "index.html"),
        (
            "drafted",
            f"{edition.id} in {number(len(edition.variants), 'variant')}",
            root / "preview" / edition.id / "index.html",
        ),
        ("sent", f"{standing.tally.sent} of {standing.audience} mails, as files", root / "outbox"),
    ]
    files = {"public": str(root / "public"), "preview": str(root / "preview"), "outbox": str(root / "outbox")}
    value = {
        "pulled": pulled.new,
        "feeds": len(published.feeds),
        "edition": edition.id,
        "mails": standing.tally.sent,
    } | files
    desk.result(
        value, columns(rows) + f"\n\nLook around: `syndicate posts list --site {root}`, or open the pages above."
    )
    return 0 if pulled.new and standing.balanced else 1


@command(app, panel=PANEL)
def version(desk: Desk) -> None:
    """Print the version."""
    from syndicate import __version__

    desk.result({"version": __version__}, __version__)


READERS = (
    ("lexues@example.org", "sq"), ("reader@example.org", "en"), ("te-dyja@example.org", "sq+en"), ("both@example.org", "en+sq"),
)  # fmt: skip


def _demo_folder() -> Path:
    here = Path.cwd()
    return here / "var" / "demo" if (here / "feeds" / "site.toml").exists() else here / "syndicate-demo"


def _demo_site(root: Path, feed: str) -> Site:
    """Lay out the worked example in `root`, with the sample blog as its only source."""
    import shutil
    from dataclasses import replace
    from datetime import timedelta

    from syndicate.config import load_site, shipped_site
    from syndicate.errors import UsageError

    if root.exists() and any(root.iterdir()) and not (root / DEMO).exists():
        raise UsageError(f"{root} is not empty and not a demo's. Choose another folder with --to.")
    shutil.rmtree(root, ignore_errors=True)
    shipped = shipped_site()
    for name in ("feeds", "subscribers"):
        shutil.copytree(shipped / name, root / name)
    (root / DEMO).write_text("Made by `syndicate demo`, and made anew by the next.\n")
    lines = ["[[source]]", 'id = "isigurt"', f'url = "{feed}"', "allow_private = true", ""]
    (root / "feeds" / "sources.toml").write_text("\n".join(lines))
    site = load_site(root, state=root, public=root / "public", shipped=shipped)
    root.chmod(0o700)
    return replace(site, politeness=replace(site.politeness, delay=timedelta(0)))
