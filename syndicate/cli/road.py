"""The road: `run`, `pull`, `publish`, `status`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from syndicate.cli.app import STOPPED, app, command
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number
from syndicate.cli.turns import alone

if TYPE_CHECKING:
    from syndicate.checking import Outside
    from syndicate.chores import Done, Tools
    from syndicate.models import Scores, Source, Words
    from syndicate.office import Office
    from syndicate.pinging import Told
    from syndicate.pipeline import SourceResult, Workshop
    from syndicate.publishing import Published

PANEL = "Every day"


@command(app, panel=PANEL)
def run(desk: Desk) -> int:
    """The main job, for cron: pull what is due, publish what changed, draft and send what the lists ask for, tell the operator.

    It says nothing when nothing changed. Two at once are safe: the second one leaves the work to the first.
    """
    from syndicate import chores
    from syndicate.config import finished

    finished(desk.site, "run")
    done = chores.Done()
    results: list[SourceResult] = []
    published: list[Published] = []
    with desk.store.read():  # a database that cannot be used ends the run before anything is asked
        pass
    if not desk.store.sqlite:
        from syndicate.cli.working import left_to_workers

        if left_to_workers(desk):
            _run_told(desk, done, results, published)
            return 0
    with alone(desk) as free:
        if not free:
            desk.say("Another run is at work; this one leaves it to that one.")
            return 0
        with done.guarded("pull", "pulling"):
            results += _pull(desk, list(desk.site.sources), only_due=True)
        with done.guarded("publish", "publishing"):
            published.append(_publish(desk))
    stopped = _chores(desk, done, published)
    _run_told(desk, done, results, published)
    return STOPPED if stopped else _status(results) or (3 if done.failed else 0)


def _chores(desk: Desk, done: Done, published: list[Published]) -> bool:
    """All else that `run` does; True when it was stopped at the keyboard.

    It holds a lock of its own: a newsletter may take hours to leave, and other runs go on pulling and publishing meanwhile.
    """
    from syndicate import chores
    from syndicate.cli.backups import disarmed
    from syndicate.cli.stopping import stoppable

    with alone(desk, "chores") as free, stoppable(desk) as stopping:
        if not free or disarmed(desk):
            return False
        kit = tools(desk, stopping)
        chores.work(kit, chores.look(desk.site, desk.store, desk.now()), done)
        if done.sent:
            with done.guarded("publish", "publishing the archive"), alone(desk) as also_free:
                published += [_publish(desk)] if also_free else []  # else the next run does it
        if not stopping():
            chores.tell(kit, done)
        return stopping()


def _run_told(desk: Desk, done: Done, results: Sequence[SourceResult], published: Sequence[Published]) -> None:
    from syndicate.cli.sending import sentence, standing_shape

    lines = _told(desk, results, all_of_them=False)
    if written := len({feed.slug for one in published for feed in one.feeds if feed.written}):
        lines.append(f"published  {number(written, 'feed')} written")
    lines += [f"drafted    {one.id}: look at it with `syndicate newsletter preview {one.id}`" for one in done.drafted]
    lines += [f"sent       {sentence(one)}" for one in done.sent]
    lines += [f"mailed     {number(done.letters, 'mail')} about subscriptions"] if done.letters else []
    value = {
        "sources": _sources(results), "feeds": _feeds(published[0]) if published else [],
        "drafted": [one.id for one in done.drafted], "sent": [standing_shape(one) for one in done.sent],
        "letters": done.letters, "notices": done.notices, "reasons": done.said,
        "failed": [{"step": one.step, "message": one.message} for one in done.failed],
    }  # fmt: skip
    desk.result(value, "\n".join(lines))
    for reason in done.said:
        desk.say(reason)
    for message in dict.fromkeys(one.message for one in done.failed):
        desk.warn(message)


def tools(desk: Desk, stopping: Callable[[], bool]) -> Tools:
    """What the chores are done with; keys and templates are asked for when they are needed."""
    from functools import cache

    from syndicate import chores
    from syndicate.cli.stopping import wait

    @cache
    def office() -> Office:
        from syndicate.cli.newsletter import office_of

        return replace(office_of(desk, "run"), stopping=stopping, wait=lambda seconds: wait(seconds, stopping))

    def outside() -> Outside | None:
        from syndicate.cli.checking import outside_of

        return outside_of(desk)

    return chores.Tools(
        desk.site,
        desk.store,
        lambda: desk.ring,
        desk.now,
        lambda: press(desk),
        office,
        outside,
        desk.progress,
        stopping,
    )


@command(app, panel=PANEL)
def pull(
    desk: Desk,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Which sources. Default: all.")
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Walk each blog's feed or archive back to its first post. Goes on where it was stopped."
        ),
    ] = False,
) -> int:
    """Fetch what changed on the blogs, now. Says what is new, changed, unchanged or failed for each source."""
    from syndicate.errors import UsageError

    known = {source.id: source for source in desk.site.sources}
    if not known:
        raise UsageError("There is no source yet. Add a [[source]] with an id and a url to feeds/sources.toml.")
    if wrong := [id for id in sources or () if id not in known]:
        raise UsageError(f"There is no source {wrong[0]!r} in feeds/sources.toml. The sources are: {', '.join(known)}.")
    # A walk may take hours, and the runs of those hours are to pull and send all the same: it has a lock of its own.
    with alone(desk, "walk" if everything else "run") as free:
        if not free:
            other = "Another `pull --all`" if everything else "Another run"
            raise UsageError(f"{other} is at work on this site. Try again when it is done.")
        chosen = [known[id] for id in sources or known]
        results = _walk(desk, chosen) if everything else _pull(desk, chosen, only_due=False)
    desk.result({"sources": _sources(results)}, "\n".join(_told(desk, results, all_of_them=True)))
    return _status(results)


@command(app, panel=PANEL)
def publish(desk: Desk) -> None:
    """Write every feed and page whose content changed, under public/."""
    from syndicate.errors import UsageError

    with alone(desk) as free:
        if not free:
            raise UsageError("Another run is at work on this site. Try again when it is done.")
        published = _publish(desk)
    written = [feed.slug for feed in published.feeds if feed.written]
    text = f"{number(len(published.feeds), 'feed')}, {len(written)} written" if written else (
        f"{number(len(published.feeds), 'feed')}, nothing new to write"
    )  # fmt: skip
    if published.gone:
        text += f", {len(published.gone)} gone: {', '.join(published.gone)}"
    hub = published.hub
    desk.result(
        {"feeds": _feeds(published), "hub": asdict(hub) if hub else None},
        f"{text}\n{desk.site.places.public / 'feeds' / 'index.html'} lists them all.",
    )
    if hub and hub.waiting:
        why = f": {hub.reason.rstrip('.')}" if hub.reason else ""
        desk.say(f"The hub was not told of {number(hub.waiting, 'document')}{why}. The next run tries again.")
    if desk.site.unfinished:
        desk.say("Before readers subscribe, change what is still an example:")
        desk.say("\n".join(f"  {one}" for one in desk.site.unfinished))


# ---------------------------------------------------------------- shared with other commands


def press(desk: Desk) -> Any:
    """What editions are composed with."""
    from syndicate.editions import Press

    return Press(desk.site, desk.words, desk.template_folders)


def workshop(desk: Desk) -> Workshop:
    """What pulling works with; the identifier of languages is loaded when the first text is scored."""
    from syndicate.pipeline import Workshop
    from syndicate.pull import Fetcher

    site = desk.site
    fetcher = Fetcher(
        user_agent=user_agent(f"+{site.base_url}; {site.contact}"), delay=site.politeness.delay.total_seconds()
    )
    return Workshop(site, desk.store, fetcher, identifying(site.languages), desk.ring, desk.now)


def user_agent(who: str) -> str:
    """An honest User-Agent: what asks, and whom to write to."""
    from syndicate import __version__

    return f"syndicate/{__version__} ({who})"


def identifying(languages: tuple[str, ...]) -> Scores:
    """The identifier of languages, imported with all that belongs to it when it is first asked."""
    made: list[Scores] = []

    def scores(texts: list[str]) -> list[dict[str, float]]:
        from syndicate.enrich import identifier

        if not made:
            made.append(identifier(languages))
        return made[0](texts)

    return scores


def publish_again(desk: Desk) -> Published:
    """Publish after something was taken back."""
    return _publish(desk)


def _pull(desk: Desk, sources: Sequence[Source], *, only_due: bool) -> list[SourceResult]:
    from syndicate import pipeline

    for source in sources:
        desk.detail(f"{source.id}: asking {source.url}")
    with desk.progress("Pulling") as report:
        return pipeline.pull(workshop(desk), sources, only_due=only_due, report=report)


def _walk(desk: Desk, sources: Sequence[Source]) -> list[SourceResult]:
    from syndicate import walking

    with desk.progress("Walking back, page") as report:
        return walking.walk(workshop(desk), sources, report)


class _Late:
    """The words, read when the first page is written: an idle run writes none."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.words, name)


def _publish(desk: Desk) -> Published:
    from syndicate import finding, publishing

    with desk.progress("Finding") as report:
        finding.keep_found(desk.site, desk.store, report)
    words = cast("Words", _Late(desk))

    def fill(template: str, /, **values: object) -> str:
        return desk.fill(template, **values)

    with desk.progress("Publishing") as report:
        published = publishing.publish(
            desk.site, desk.store, words, fill, desk.template_folders, now=desk.now(), report=report
        )
    for feed in published.feeds:
        if feed.written:
            desk.detail(f"wrote feeds/{feed.slug}: {number(feed.items, 'item')}")
    return replace(published, hub=_hub_told(desk))


def _hub_told(desk: Desk) -> Told | None:
    """Tell the WebSub hub what changed; that it cannot be told is no failure of publishing."""
    from syndicate import pinging
    from syndicate.pull.addresses import typed_private

    private = typed_private(desk.site.hub or "")
    return pinging.tell(desk.site, desk.store, lambda: workshop(desk).fetcher, private, desk.now())


def publish_archive(desk: Desk) -> None:
    """Write the pages of what was just sent: its mails link to them. What fails is told, and the next run tries again."""
    from syndicate import archive
    from syndicate.errors import SyndicateError

    try:
        with alone(desk) as free:
            if free:  # else the run that is at work, or the next one, does it
                archive.publish(desk.site, desk.store, desk.words, desk.fill, desk.template_folders)
    except SyndicateError as error:
        desk.say(f"The archive was not written: {error} `syndicate publish` tries again.")


def _told(desk: Desk, results: Sequence[SourceResult], *, all_of_them: bool) -> list[str]:
    rows = []
    for one in results:
        if one.status == "failed" or (one.status == "skipped" and one.error):
            desk.warn(f"{one.id}: {one.error}")
            rows.append([one.id, one.status + (f" after {number(one.new, 'new post')}" if one.new else "")])
        elif all_of_them or one.status == "ok":
            said = {"ok": f"{one.new} new, {one.changed} changed, {one.unchanged} unchanged"}.get(
                one.status, one.status
            )
            said += f", {one.lost} lost" if one.lost else ""
            rows.append([one.id, said + (f", {one.pages} pages" if one.pages > 1 else "")])
        for note in one.notes:
            desk.say(f"{one.id}: {note}")
    return [columns(rows)] if rows else []


def _sources(results: Sequence[SourceResult]) -> list[dict[str, object]]:
    return [
        {
            "id": one.id, "status": one.status, "new": one.new, "changed": one.changed, "unchanged": one.unchanged,
            "error": one.error, "lost": one.lost, "notes": list(one.notes), "pages": one.pages,
        }
        for one in results
    ]  # fmt: skip


def _feeds(published: Published) -> list[dict[str, object]]:
    return [{"slug": feed.slug, "items": feed.items, "written": feed.written} for feed in published.feeds]


def _status(results: Sequence[SourceResult]) -> int:
    failed = [one for one in results if one.status == "failed"]
    asked = [one for one in results if one.status != "skipped"]
    if failed and len(failed) == len(asked) and not any(one.pages for one in failed):
        return 1
    return 3 if failed or any(one.lost for one in results) else 0
