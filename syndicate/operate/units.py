"""Units for systemd: `run` by a timer, `serve` and workers as services, each with no more rights than it needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CREDENTIALS = "/etc/syndicate"
"""The folder of the files that hold secrets, one each: systemd hands a copy to the service."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the site and the program lie, and who runs it. `secrets` are variables of the environment."""

    root: str
    state: str
    public: str
    program: str
    user: str
    port: int
    every: int
    secrets: Sequence[str]
    worker: bool = False


def units(place: Place) -> dict[str, str]:
    """The units, by file name."""
    made = {
        "syndicate-run.service": _run(place),
        "syndicate-run.timer": _timer(place),
        "syndicate-serve.service": _serve(place),
    }
    return made | ({"syndicate-worker@.service": _worker(place)} if place.worker else {})


def credential(secret: str) -> str:
    """The name of the file that holds a secret: SENDGRID_API_KEY is in sendgrid-api-key."""
    return secret.lower().replace("_", "-")


def _run(place: Place) -> str:
    return _service(
        place,
        "Pull, publish and send what is due",
        "run",
        # A long newsletter may take hours. SIGINT is what Ctrl-C sends: it pauses, and the next run goes on.
        ["Type=oneshot", "TimeoutStartSec=infinity", "TimeoutStopSec=90", "KillSignal=SIGINT", "SuccessExitStatus=130"],
    )


def _timer(place: Place) -> str:
    return f"""\
# Made by `syndicate units`.
[Unit]
Description=Every {place.every} minutes: pull, publish and send what is due

[Timer]
OnCalendar=*:0/{place.every}
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
"""


def _serve(place: Place) -> str:
    how = ["Type=exec", "Restart=always", "RestartSec=5", "TimeoutStopSec=30"]
    return _service(place, "Sign-up, leaving and feeds", f"serve --proxy --port {place.port}", how, enabled=True)


def _worker(place: Place) -> str:
    how = ["Type=exec", "Restart=always", "RestartSec=5", "TimeoutStopSec=90"]
    return _service(place, "Worker %i", "worker", how, enabled=True)


def _service(place: Place, about: str, words: str, how: Sequence[str], *, enabled: bool = False) -> str:
    names = [(secret, credential(secret)) for secret in place.secrets]
    lines = [
        "# Made by `syndicate units`.",
        "[Unit]",
        f"Description=syndicate: {about}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        *how,
        f"User={place.user}",
        f"WorkingDirectory={place.root}",
        f"ExecStart={place.program} --site {place.root} {words}",
        *(f"LoadCredential={name}:{CREDENTIALS}/{name}" for _, name in names),
        *(f"Environment={secret}_FILE=%d/{name}" for secret, name in names),
        f"ReadWritePaths={place.state} {place.public}",
        *HARDENED,
        f"ProtectHome={'read-only' if place.root.startswith(('/home/', '/root/')) else 'yes'}",
    ]
    install = ["", "[Install]", "WantedBy=multi-user.target"] if enabled else []
    return "\n".join([*lines, *install, ""])


HARDENED = (
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "CapabilityBoundingSet=",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "UMask=0022",
)
"""What a service may not do. It writes into var/ and public/ alone, and talks to the network; that is all it needs."""
