import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syndicate.config import make_key, private, secret_ring
from syndicate.errors import UsageError
from syndicate.models import Places

A, B = bytes(range(32)), bytes(range(32, 64))


def text(*keys: bytes, join: str = "\n") -> str:
    return join.join(base64.b64encode(key).decode() for key in keys)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path, tmp_path / "var", tmp_path / "public")


def test_a_key_is_made_once_and_is_nobody_elses(places):
    previous = os.umask(0)
    try:
        ring = secret_ring(places, {}, random=lambda size: A[:size])
    finally:
        os.umask(previous)
    assert ring == [A] == secret_ring(places, {}, random=lambda size: B[:size])
    assert mode(places.state) == 0o700
    assert mode(places.state / "secret.key") == 0o600
    assert [path.name for path in places.state.iterdir()] == ["secret.key"]
    assert make_key(places.state / "secret.key") is False


def test_open_permissions_are_closed(places):
    places.state.mkdir(mode=0o755)
    (places.state / "secret.key").write_text(text(A))
    (places.state / "secret.key").chmod(0o644)
    assert secret_ring(places, {}) == [A]
    assert (mode(places.state), mode(places.state / "secret.key")) == (0o700, 0o600)


def test_old_keys_stay_in_the_ring_behind_the_new(places):
    private(places)
    (places.state / "secret.key").write_text(f"# new\n{text(B)}\n\n{text(A)}\n")
    assert secret_ring(places, {}) == [B, A]


def test_the_environment_wins(places, tmp_path):
    (tmp_path / "ring").write_text(text(A, B))
    assert secret_ring(places, {"SYNDICATE_SECRET_KEY": text(B, A, join=", ")}) == [B, A]
    assert secret_ring(places, {"SYNDICATE_SECRET_KEY_FILE": str(tmp_path / "ring")}) == [A, B]
    assert not places.state.exists()


@pytest.mark.parametrize("bad", ["hush hush", "aHVzaA==", "ë" * 40, text(A) + ",hush"])
def test_a_bad_key_is_refused_and_not_repeated(places, bad):
    with pytest.raises(UsageError, match="openssl rand") as error:
        secret_ring(places, {"SYNDICATE_SECRET_KEY": bad})
    assert not any(part in str(error.value) for part in bad.split(","))


def test_an_emptied_key_file_is_an_error_not_a_new_key(places):
    private(places)
    (places.state / "secret.key").write_text("")
    with pytest.raises(UsageError, match="holds no key"):
        secret_ring(places, {})


def test_a_place_that_is_a_file_is_a_clear_error(places):
    places.state.write_text("")
    with pytest.raises(UsageError, match="private folder"):
        private(places)


RACER = """
import sys, time
from pathlib import Path
from syndicate.config.ring import secret_ring
from syndicate.models import Places
root = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(secret_ring(Places(root, root / "var", root / "public"), {})[0].hex())
"""


@pytest.mark.parametrize("attempt", range(3))
def test_two_processes_at_once_agree_on_the_key(tmp_path, attempt):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    keys = {racer.communicate()[0].strip() for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0]
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_the_loser_of_the_race_keeps_the_winners_key(places, monkeypatch):
    path = private(places) / "secret.key"

    def beaten(size: int) -> bytes:
        path.write_text(text(B))
        return A[:size]

    assert secret_ring(places, {}, random=beaten) == [B]
    assert [each.name for each in places.state.iterdir()] == ["secret.key"]
