"""The command `syndicate`: its groups, the four options that go before or after any command, errors into exit statuses."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, TypeVar

import typer

from syndicate.cli import log
from syndicate.cli.desk import Desk

Function = TypeVar("Function", bound=Callable[..., Any])

SITE = typer.Option(
    "--site", metavar="DIR", help="The site's folder. Default: SYNDICATE_SITE, or the nearest one above."
)
JSON = typer.Option("--json", help="Print one JSON object instead of text.")
VERBOSE = typer.Option("--verbose", "-v", count=True, help="Say more; -vv shows tracebacks.")
QUIET = typer.Option("--quiet", "-q", help="Say nothing but results and errors.")
PANEL = "With every command"


def _everywhere() -> list[inspect.Parameter]:
    kinds: list[tuple[str, Any, Any, Any]] = [
        ("site", str | None, SITE, None), ("json", bool, JSON, False),
        ("verbose", int, VERBOSE, 0), ("quiet", bool, QUIET, False),
    ]  # fmt: skip
    for _, _, option, _ in kinds:
        option.rich_help_panel = PANEL
    only = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, only, annotation=Annotated[kind, option], default=no)
        for name, kind, option, no in kinds
    ]


EVERYWHERE = _everywhere()


def _take(context: typer.Context, site: str | None, json: bool, verbose: int, quiet: bool) -> Desk:
    """Add what was said here to what was said before it on the line."""
    desk: Desk = context.find_root().ensure_object(Desk)
    desk.site_option = site or desk.site_option
    desk.json, desk.quiet = json or desk.json, quiet or desk.quiet
    desk.verbosity = max(desk.verbosity, verbose)
    return desk


def group(
    help: str, parent: typer.Typer | None = None, name: str | None = None, panel: str | None = None
) -> typer.Typer:
    """A group of commands that takes the four options itself, too."""

    def callback(context: typer.Context, **said: Any) -> None:
        _take(context, **said)

    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    callback.__signature__ = inspect.Signature([context, *EVERYWHERE])  # type: ignore[attr-defined]
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    app.callback(help=help)(callback)
    if parent is not None:
        parent.add_typer(app, name=name, rich_help_panel=panel)
    return app


def command(app: typer.Typer, name: str | None = None, *, panel: str | None = None) -> Callable[[Function], Function]:
    """Register a function, whose first parameter is the desk, as a command with the four options after its own."""

    def register(function: Function) -> Function:
        _, *own = inspect.signature(function, eval_str=True).parameters.values()

        def call(
            context: typer.Context, *, site: str | None, json: bool, verbose: int, quiet: bool, **values: Any
        ) -> None:
            status = function(_take(context, site, json, verbose, quiet), **values)
            if status:
                raise typer.Exit(status)

        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        call.__signature__ = inspect.Signature([context, *keyword, *EVERYWHERE])  # type: ignore[attr-defined]
        call.__doc__ = function.__doc__
        app.command(name or function.__name__, rich_help_panel=panel)(call)
        return function

    return register


app = group(
    "An NGO's blog goes in; clean filtered feeds and bilingual newsletters come out.\n\n"
    "New here? `syndicate try URL` shows what your blog would become. `syndicate init DIR` makes your site. "
    "Then `syndicate run`, now and from cron."
)


STOPPED = 130
"""The exit status after Ctrl-C, as shells have it."""

PARTS = (
    "start",
    "road",
    "glance",
    "doctor",
    "report",
    "serving",
    "working",
    "databases",
    "units",
    "posts",
    "fixing",
    "partners",
    "newsletter",
    "editing",
    "checking",
    "sending",
    "subscribers",
    "tables",
    "events",
    "backups",
)


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit status."""
    for part in PARTS:  # in the order of the help
        import_module(f"syndicate.cli.{part}")
    from syndicate.errors import SyndicateError

    desk = Desk()
    try:
        desk.log_as_json = log.wanted(os.environ)
        status = app(arguments, standalone_mode=False, obj=desk, prog_name="syndicate")
    except SyndicateError as error:
        return _say(error, desk)
    except (KeyboardInterrupt, typer.Abort):
        status = STOPPED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):  # wrong use: an option or a command that is not there
            return _wrong_use(error, desk)
        if desk.verbosity >= 2:
            traceback.print_exc()
        desk.warn(f"syndicate: this should not have happened: {type(error).__name__}: {log.without_people(str(error))}")
        desk.warn("What was stored before is whole. The same command with -vv prints where it happened, for a report.")
        return 1
    finally:
        desk.close()
    if status == STOPPED:  # typer, too, gives this back for Ctrl-C, without a word
        desk.warn("Stopped. What was stored is whole; the same command goes on from there.")
    return status if isinstance(status, int) else 0


def _say(error: Any, desk: Desk) -> int:
    if desk.verbosity >= 2:
        traceback.print_exc()
    complaints = getattr(error, "complaints", None)
    desk.warn(str(error))
    if complaints:
        things = "1 thing is" if len(complaints) == 1 else f"{len(complaints)} things are"
        desk.warn(f"{things} wrong in the site's files. Nothing ran.")
    return int(error.exit_status)


def _wrong_use(error: Any, desk: Desk) -> int:
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "syndicate"
    if not error.format_message():  # no command was given, and the help was printed
        return 2
    desk.warn(f"{where}: {error.format_message()}")
    desk.warn(f"`{where} --help` says how it is used.")
    return int(getattr(error, "exit_code", 2))
