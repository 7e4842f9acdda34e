"""The private folder of a site, and the ring of keys that sign its links: the newest signs, every one verifies."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from syndicate.config.settings import Settings
from syndicate.errors import UsageError
from syndicate.models import Places

KEY_BYTES = 32
"""The length of a new key: that of the hash it is used with."""

LEAST_BYTES = 16
"""The length under which a key could be guessed, and is refused."""


def private(places: Places) -> Path:
    """The folder for people and state, made if need be, and open to nobody else (0700). Raises UsageError."""
    state = places.state
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(state.stat().st_mode) != 0o700:
            state.chmod(0o700)
    except OSError as error:
        raise UsageError(
            f"{state} cannot be made a private folder ({error.strerror}); let it be yours alone."
        ) from error
    return state


def secret_ring(
    places: Places, environ: Mapping[str, str], *, random: Callable[[int], bytes] = os.urandom
) -> list[bytes]:
    """The keys, the newest first: SYNDICATE_SECRET_KEY's, else the lines of `var/secret.key`, which is made if need be.

    Raises UsageError when a key is not base64 or too short, or the file cannot be read or made.
    """
    given = Settings(environ).secret_key
    if given:
        return _keys(given.replace(",", "\n"), "SYNDICATE_SECRET_KEY")
    path = private(places) / "secret.key"
    try:
        if not path.exists():
            make_key(path, random)
        _only_ours(path)
        return _keys(path.read_text(encoding="ascii", errors="replace"), str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be used ({error.strerror}); make it readable, or set SYNDICATE_SECRET_KEY."
        ) from error


def make_key(path: Path, random: Callable[[int], bytes] = os.urandom) -> bool:
    """Make a file with one new key, unless there is one; False when there was.

    The file is written in full under another name and then linked, which only the first of several processes can do: none
    ever sees half a file, and all go on with the same key.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(random(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)
    except FileExistsError:
        return False
    finally:
        scratch.unlink()
    return True


def add_key(path: Path, random: Callable[[int], bytes] = os.urandom) -> int:
    """Put a new key before those in a key file, whole or not at all; returns how many there are now. Raises UsageError."""
    ring = [random(KEY_BYTES), *keys_in(path)]
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(written_keys(ring))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); the keys are as they were.") from error
    finally:
        scratch.unlink(missing_ok=True)
    return len(ring)


def keys_in(path: Path) -> list[bytes]:
    """The keys of a key file. Raises UsageError."""
    return _keys(path.read_text(encoding="ascii", errors="replace"), str(path))


def written_keys(ring: Sequence[bytes]) -> str:
    """A ring as the lines of a key file."""
    return "".join(base64.b64encode(key).decode() + "\n" for key in ring)


def _only_ours(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _keys(text: str, where: str) -> list[bytes]:
    """The keys of a text, one a line; empty lines and remarks are passed over. No message repeats what is there."""
    written = [line.strip() for line in text.splitlines()]
    keys = [_key(line, number, where) for number, line in enumerate(written, 1) if line and not line.startswith("#")]
    if not keys:
        raise UsageError(f"{where} holds no key; put back the one it had, or links already mailed stop working.")
    return keys


def _key(line: str, number: int, where: str) -> bytes:
    try:
        key = base64.b64decode(line.replace("-", "+").replace("_", "/") + "=" * (-len(line) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < LEAST_BYTES:
        raise UsageError(
            f"{where}: key {number} is not base64 of {LEAST_BYTES} bytes or more; `openssl rand -base64 32` makes one."
        )
    return key
