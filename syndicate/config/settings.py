"""The environment: where the site is, where its things are kept, and the secrets, none of which stands in its files.

Each variable of `VARIABLES` has a twin with `_FILE` at its end that names a file holding the value, as container
systems hand out secrets. Nothing is read before a command asks for it, and no message or repr shows a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syndicate.config.parsed import SITE
from syndicate.errors import UsageError

VARIABLES: dict[str, str] = {
    "SYNDICATE_SITE": "the site's folder, where `--site` is not given; else the nearest one above that has feeds/site.toml",
    "SYNDICATE_DATABASE_URL": "the database, as `postgresql://user:password@host/database`; without it, a file in `var/`",
    "SYNDICATE_SECRET_KEY": "the keys that sign links, in base64, the newest first, parted by commas; "
    "without it, the lines of `var/secret.key`",
    "SENDGRID_API_KEY": "the key of the mail provider SendGrid",
    "SYNDICATE_SENDGRID_URL": "another address of SendGrid's API than its own, for tests",
    "SYNDICATE_WEBHOOK_KEY": "the public key with which SendGrid signs its events, as its settings page shows it",
    "SYNDICATE_SMTP_URL": "the mail server, as `smtps://user:password@host:465` or `smtp://user:password@host:587`",
    "SYNDICATE_DKIM_KEY": "the private key that signs mails sent by smtp, in PEM",
    "SYNDICATE_LOG": "how messages are written to standard error: `text`, for people, or `json`, one object a line",
    "SYNDICATE_BACKUP_KEY": "the passphrase of backups, 12 characters or more; without it, `backup` and `restore` ask for it",
    "SYNDICATE_OFFLINE": "any value: the checks of an edition ask nobody outside, as with `--no-network`",
}
"""What each variable of the environment means, in the order of the reference."""

_SECRETS = tuple(VARIABLES)[1:]


class Settings:
    """The secrets and places of one environment, each read when it is asked for.

    Raises UsageError where a variable and its `_FILE` twin are both set, or the file cannot be read.
    """

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings of an environment, such as `os.environ`."""
        return cls(environ)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={self._shown(name)}' for name in _SECRETS)})"

    def _shown(self, name: str) -> str:
        return "set" if self._environ.get(name) or self._environ.get(f"{name}_FILE") else "unset"

    @property
    def database_url(self) -> str | None:
        """SYNDICATE_DATABASE_URL: it may hold a password."""
        return self.get("SYNDICATE_DATABASE_URL")

    @property
    def secret_key(self) -> str | None:
        """SYNDICATE_SECRET_KEY as it was written; `ring.secret_ring` reads it."""
        return self.get("SYNDICATE_SECRET_KEY")

    @property
    def sendgrid_api_key(self) -> str | None:
        """SENDGRID_API_KEY."""
        return self.get("SENDGRID_API_KEY")

    @property
    def sendgrid_url(self) -> str | None:
        """SYNDICATE_SENDGRID_URL."""
        return self.get("SYNDICATE_SENDGRID_URL")

    @property
    def webhook_key(self) -> str | None:
        """SYNDICATE_WEBHOOK_KEY."""
        return self.get("SYNDICATE_WEBHOOK_KEY")

    @property
    def dkim_key(self) -> str | None:
        """SYNDICATE_DKIM_KEY."""
        return self.get("SYNDICATE_DKIM_KEY")

    @property
    def offline(self) -> bool:
        """Whether SYNDICATE_OFFLINE is set."""
        return self.get("SYNDICATE_OFFLINE") is not None

    @property
    def smtp_url(self) -> str | None:
        """SYNDICATE_SMTP_URL: it may hold a password."""
        return self.get("SYNDICATE_SMTP_URL")

    def get(self, name: str) -> str | None:
        """The value of a variable, from itself or from the file its twin names; None when neither is set."""
        direct, file = self._environ.get(name), self._environ.get(f"{name}_FILE")
        if direct and file:
            raise UsageError(f"{name} and {name}_FILE are both set; unset one of them.")
        if not file:
            return direct or None
        try:
            return Path(file).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise UsageError(f"{name}_FILE names {file}, which cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{name}_FILE names {file}, which is no text file.") from error

    def need(self, name: str, command: str) -> str:
        """The value of a variable without which `command` cannot work; raises UsageError when it is not set."""
        value = self.get(name)
        if value is None:
            raise UsageError(f"`syndicate {command}` needs {name}; set it, or {name}_FILE to a file that holds it.")
        return value


def find_site(option: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The site's folder: `option` (--site), else SYNDICATE_SITE, else the nearest folder at or above `cwd` that is one.

    Raises UsageError when there is none, with what to type.
    """
    named, said = (option, "--site") if option else (environ.get("SYNDICATE_SITE"), "SYNDICATE_SITE")
    if named:
        root = (cwd / Path(named).expanduser()).resolve()
        if (root / SITE).is_file():
            return root
        raise UsageError(
            f"{said} names {root}, where there is no {SITE}; type `syndicate init {named}` to make a site there."
        )
    here = cwd.resolve()
    for folder in (here, *here.parents):
        if (folder / SITE).is_file():
            return folder
    raise UsageError(
        f"There is no site here: neither {here} nor a folder above it has {SITE}. "
        "Type `syndicate init DIR` to make one, or say where it is with --site DIR."
    )
