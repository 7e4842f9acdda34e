"""nginx as the docs set it up, before a site that is really served: the page's own configuration, on ports of this machine."""

from __future__ import annotations

import gzip
import http.client
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from upgrade.unpack import OldSite
from web.web_site import Clock, Served, serving

NGINX = shutil.which("nginx") or next((path for path in ["/usr/sbin/nginx"] if Path(path).exists()), None)
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "serve-behind-a-web-server.md"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")


@dataclass
class Site:
    """A site behind nginx at `port`."""

    served: Served
    port: int
    root: Path
    old: OldSite

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        got = (answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return got


def configuration(folder: Path, port: int, behind: int, public: Path) -> str:
    """What the page says, without https, which needs a certificate."""
    blocks = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    server, feeds = blocks[0], blocks[1]
    assert "location /feeds/" in feeds
    server = re.sub(r"\s*ssl_certificate.*", "", server).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    feeds = re.sub(r"root \S+;", f"root {public};", feeds)
    server = server.rstrip().removesuffix("}") + feeds + "}\n"
    server = server.replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; user root;\n"
        f"events {{ }}\nhttp {{ include /etc/nginx/mime.types; access_log {folder}/access.log; {temporary}\n{server}}}\n"
    )


@pytest.fixture
def site(old: OldSite, tmp_path: Path) -> Iterator[Site]:
    from syndicate.store import published

    folder = tmp_path / "nginx"
    folder.mkdir()
    for path in (old.root / "public").rglob("*.xml"):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(old.root, proxy=True, now=Clock(old.clock)) as served:
        with served.parts.store.write() as connection:
            published.begin(connection, ["old-en"])
            published.set_gone(connection, ["old-en"], served.clock())
        config = folder / "nginx.conf"
        config.write_text(configuration(folder, port, served.port, old.root / "public"))
        command = [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0, checked.stderr
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield Site(served, port, folder, old)
        process.terminate()
        process.wait(10)


def test_it_hands_out_feeds_by_itself_and_leaves_the_rest_to_us(site: Site) -> None:
    plain = (site.old.root / "public/feeds/all-sq/rss.xml").read_bytes()
    status, headers, body = site.ask("GET", "/feeds/all-sq/rss.xml", Accept_Encoding="gzip")
    assert (status, headers["content-encoding"], gzip.decompress(body)) == (200, "gzip", plain)
    assert headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert (headers["vary"], headers["access-control-allow-origin"]) == ("Accept-Encoding", "*")
    again = site.ask("GET", "/feeds/all-sq/rss.xml", Accept_Encoding="gzip", If_None_Match=headers["etag"])
    assert (again[0], again[2]) == (304, b"")
    assert site.ask("GET", "/feeds/all-sq/rss.xml")[2] == plain
    for name, kind in (
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
    ):
        assert site.ask("GET", f"/feeds/all-sq/{name}")[1]["content-type"] == kind
    assert site.served.lines == [], "none of this reached syndicate"

    assert site.ask("GET", "/feeds/old-en/rss.xml")[0] == 410, "a feed that was given up"
    assert site.ask("GET", "/feeds/nothing/rss.xml")[0] == 404
    assert site.ask("GET", "/metrics")[0] == 404
    leave = site.old.link("nje@example.org", "leave")
    status, headers, _ = site.ask("GET", leave, X_Request_Id="stranger-s")
    assert status == 200
    assert site.served.told(3)[-1].endswith(headers["x-request-id"])
    assert headers["x-request-id"] != "stranger-s"
    assert not (site.root / "access.log").exists() or leave not in (site.root / "access.log").read_text()
