"""Whether mail can leave, by what is set on this machine and by what the provider or the mail server said. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syndicate.models import DeliveryRules
from syndicate.operate.verdict import Verdict, count, few, note, ok, problem, warning

SAID = "docs/how-to/send-by-sendgrid-or-smtp.md says how"

NEEDED = {"sendgrid": "SENDGRID_API_KEY", "smtp": "SYNDICATE_SMTP_URL"}
"""The variable that a transport cannot do without."""


@dataclass(frozen=True, slots=True)
class Given:
    """One secret of the environment: whether it is set, and the file it is read from with its mode ("" and 0: none).

    `trouble` says why it cannot be used, in a sentence without its value.
    """

    name: str
    set: bool
    file: str = ""
    mode: int = 0
    trouble: str = ""


def secrets(rules: DeliveryRules, given: Sequence[Given]) -> Iterator[Verdict]:
    """Whether the secrets that the transport needs are there, can be used, and are kept from others."""
    here = {one.name: one for one in given}
    fine = True
    for one in given:
        if one.trouble:
            fine = False
            yield problem(one.trouble.rstrip(".") + ".", f"Set {one.name} anew; {SAID}")
        if one.file and one.mode & 0o077:
            fine = False
            yield problem(
                f"{one.file}, which {one.name}_FILE names, may be read by others (mode {one.mode:04o}).",
                f"chmod 600 {one.file}",
            )
    wanted = NEEDED.get(rules.transport)
    if wanted and not here[wanted].set:
        fine = False
        yield problem(
            f'feeds/site.toml says transport = "{rules.transport}", and {wanted} is not set here.',
            f"Set {wanted}, or {wanted}_FILE to a file that holds it, also where cron runs; {SAID}",
        )
    if rules.dkim_selector and not here["SYNDICATE_DKIM_KEY"].set:
        fine = False
        yield problem(
            "feeds/site.toml names a dkim_selector, and SYNDICATE_DKIM_KEY is not set here: no mail can be signed.",
            f"Set SYNDICATE_DKIM_KEY_FILE to the key's file, or take dkim_selector out; {SAID}",
        )
    if fine:
        yield ok("The secrets that sending needs are set." if wanted else "Mails become files: no secret is needed.")


def webhook(rules: DeliveryRules, key: Given) -> Iterator[Verdict]:
    """Whether bounces and complaints come in."""
    if rules.transport != "sendgrid":
        return
    if not key.set and rules.leaving == "provider":
        yield note("SendGrid sends no events here; `run` asks it once a day who left, bounced or complained.")
    elif not key.set:
        yield warning(
            "SYNDICATE_WEBHOOK_KEY is not set, so SendGrid's events are refused: nobody learns who bounced or complained.",
            f"Switch on the signed Event Webhook at SendGrid and set SYNDICATE_WEBHOOK_KEY; {SAID}. "
            "Without a server: syndicate suppressions pull, once a day",
        )
    elif not key.trouble:
        yield ok("SendGrid's events are checked with a key.")


def weak(keys: Sequence[bytes]) -> Iterator[Verdict]:
    """Whether the keys that sign links could be guessed."""
    poor = [number for number, key in enumerate(keys, 1) if len(set(key)) < 8]
    for number in poor:
        yield problem(
            f"Key {number} of the ring that signs links is no random one: links to leave and to change settings could be forged.",
            "Put a new line on top, from: openssl rand -base64 32. Leave the old line below it as long as mails with its links "
            "may still be opened",
        )
    if keys and not poor:
        yield ok(f"{count(len(keys), 'key')} in the ring that signs links.")


def lost_key(path: str, known: int) -> Verdict:
    """The ring is not there, though the database was written with one."""
    return problem(
        f"{path} is gone, and the database knows {count(known, 'person', 'people')} by it: links in mails already sent do not "
        "work, and who left could be imported again.",
        f"Put {path} back from a backup before anything else runs: the next command would make a new one",
    )


def links_home(base_url: str, rules: DeliveryRules, lists: int) -> Iterator[Verdict]:
    """Whether links to leave can work at all."""
    if lists and rules.transport != "folder" and rules.leaving == "server" and not base_url.startswith("https://"):
        yield problem(
            f"Links to leave begin with {base_url.partition(':')[0]}: mailboxes offer one click to leave for https alone.",
            'Serve the site by https and write it as base_url, or choose leaving = "provider" or "mail" in feeds/site.toml',
        )


# ---------------------------------------------------------------- asked outside


def provider(missing: Collection[str], remaining: int | None, audience: int) -> Iterator[Verdict]:
    """What the provider said of the key and the account; `audience` are the readers of the largest list."""
    if missing:
        yield problem(
            f"SendGrid's key may not do what sending needs; it lacks: {', '.join(sorted(missing))}.",
            "Give the key these permissions at SendGrid (Settings, API Keys), or make a new key that has them",
        )
    if remaining is not None and remaining < audience:
        yield (problem if remaining == 0 else warning)(
            f"The SendGrid account has {count(remaining, 'mail')} left in this period, and the largest list "
            f"{audience:,} readers.",
            "Choose a larger plan at SendGrid, or set per_day in [delivery] of feeds/site.toml: the rest goes on later",
        )
    if not missing:
        left = "" if remaining is None else f", and the account has {remaining:,} mails left"
        yield ok(f"SendGrid answers, and the key may do what is needed{left}.")


def refused(who: str, said: str, busy: bool) -> Verdict:
    """The provider or the mail server would not have us, or did not answer."""
    if busy:
        return warning(f"{who} did not answer as it should: {said}", "Try again later: syndicate doctor")
    return problem(f"{who} refuses us: {said}", SAID[0].upper() + SAID[1:])


def limits(used: int, per_day: int | None, rest: timedelta) -> Iterator[Verdict]:
    """Whether the day's limit is used up."""
    if per_day and used >= per_day:
        yield note(
            f"The {per_day:,} mails of the day have been sent; the rest goes on in {rest.seconds // 3600} hours."
        )


def served(
    base_url: str, path: str, *, status: int | None, same: bool, private: bool, reason: str
) -> Iterator[Verdict]:
    """Whether what we published is what the world sees: one file of public/, asked for at base_url."""
    if private:
        yield note(f"{base_url} is an address of this machine or its network: readers outside do not reach it.")
    if status is None:
        yield problem(f"{base_url}/{path} {reason.rstrip('.')}.", _SERVE)
    elif status != 200:
        yield problem(f"{base_url}/{path} answers {status}, though public/{path} is there.", _SERVE)
    elif not same:
        yield problem(
            f"{base_url}/{path} is not what public/{path} holds: readers get something older, or another site's.",
            "Copy public/ to where it is served, after each run, or clear the cache in front of it",
        )
    else:
        yield ok(f"{base_url} serves what was published.")


_SERVE = (
    "Serve the folder public/ at base_url: syndicate serve, or docs/how-to/serve-behind-a-web-server.md; or correct base_url in "
    "feeds/site.toml"
)


def answers(base_url: str, status: int | None) -> Iterator[Verdict]:
    """Whether `serve` answers where links in mails lead."""
    if status == 200:
        yield ok("`serve` answers where links in mails lead.")
    else:
        said = "nobody answers" if status is None else f"the answer is {status}"
        yield problem(
            f"Links to leave lead to {base_url}, where syndicate serve should answer; at {base_url}/healthz {said}.",
            'Start syndicate serve (docs/how-to/serve-behind-a-web-server.md), or choose leaving = "provider" or "mail" in '
            "feeds/site.toml",
        )


def robots(base_url: str, forbidden: Sequence[str]) -> Iterator[Verdict]:
    """Whether the host's robots.txt keeps readers' programs away from what is published."""
    if forbidden:
        yield warning(
            f"The robots.txt at {base_url} forbids {few([*forbidden])}: search engines, and readers' programs that obey it, stay "
            "away.",
            "Take the line out of robots.txt on the web server",
        )
