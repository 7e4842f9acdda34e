"""Secure connections: the certificate must be valid for the name that was asked, though the connection goes to a number."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import pytest

from syndicate.errors import FetchError
from syndicate.pull import Fetcher


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for blog.example, made now: no key is kept in the repository."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [tool, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", made, "-days", "2", "-subj", "/CN=blog.example", "-addext", "subjectAltName=DNS:blog.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@pytest.fixture
def secure(server, certificate):
    """The loopback server behind TLS; `names` collects what clients ask for by SNI."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    names = []
    context.sni_callback = lambda connection, name, original: names.append(name)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    server.reply("/feed", body=b"<rss/>")
    return names


def fetcher(context=None):
    def resolve(host, port, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    return Fetcher(user_agent="syndicate/0", delay=0, resolve=resolve, context=context)


def test_the_name_is_asked_for_and_checked(server, secure, certificate):
    trusting = fetcher(ssl.create_default_context(cafile=str(certificate[0])))
    got = trusting.get(f"https://blog.example:{server.port}/feed", allow_private=True)
    assert got.body == b"<rss/>"
    assert secure == ["blog.example"]
    assert server.seen[0][1]["Host"] == f"blog.example:{server.port}"


def test_a_certificate_of_another_name_is_refused(server, secure, certificate):
    trusting = fetcher(ssl.create_default_context(cafile=str(certificate[0])))
    with pytest.raises(FetchError, match="no trustworthy secure connection") as caught:
        trusting.get(f"https://other.example:{server.port}/feed", allow_private=True)
    assert not caught.value.connected
    assert server.seen == []


def test_a_certificate_that_nobody_signed_is_refused(server, secure):
    with pytest.raises(FetchError, match=r"self.signed"):
        fetcher().get(f"https://blog.example:{server.port}/feed", allow_private=True)
    assert server.seen == []


def test_plain_http_where_tls_was_expected(server):
    with pytest.raises(FetchError, match="secure connection"):
        fetcher().get(f"https://blog.example:{server.port}/feed", allow_private=True)
