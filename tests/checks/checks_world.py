"""Two real servers on loopback: one of web pages that know HEAD in their own ways, one of DNS records."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class Web:
    """`pages`: path → status, or (status of HEAD, status of GET), or an address to redirect to. `seen`: (method, path)."""

    def __init__(self, pages: Mapping[str, object] | None = None, slow: float = 0.0) -> None:
        self.pages = dict(pages or {})
        self.slow = slow
        self.seen: list[tuple[str, str]] = []
        self.ranges: list[str | None] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                web.seen.append((self.command, self.path))
                if self.command == "GET":
                    web.ranges.append(self.headers.get("Range"))
                time.sleep(web.slow)
                page = web.pages.get(self.path, 404)
                if isinstance(page, tuple):
                    page = page[self.command == "GET"]
                with contextlib.suppress(OSError):
                    if isinstance(page, str):
                        self.send_response(302)
                        self.send_header("Location", page)
                    else:
                        self.send_response(int(str(page)))
                    if self.command == "GET":
                        self.send_header("Content-Length", "100000000" if page == 200 else "0")
                    self.end_headers()

            do_GET = do_HEAD = answer

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


class Names:
    """A name service that knows the TXT records given: name → texts. Other names below a known one exist; the rest do not.

    With `silent` it never answers.
    """

    def __init__(self, texts: Mapping[str, list[str]], *, silent: bool = False) -> None:
        self.texts = {name.lower(): list(records) for name, records in texts.items()}
        self.asked: list[str] = []
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if not silent:
                    packet, socket = self.request
                    socket.sendto(names.reply(packet), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self._server.server_address[1])

    def reply(self, packet: bytes) -> bytes:
        question = dns.message.from_wire(packet)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.texts:
            quoted = [
                " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in self.texts[name]
            ]
            if quoted:
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
