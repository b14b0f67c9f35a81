"""Runs of the product in a lab, and what they told."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.labtool import PiLab

UP_WITHIN_S = 240.0


@dataclass(frozen=True)
class Told:
    """What a run with --json printed."""

    status: int
    events: list[dict[str, Any]]
    text: str

    def of(self, kind: str, node: str | None = None) -> list[dict[str, Any]]:
        return [
            event
            for event in self.events
            if event["event"] == kind and (node is None or event.get("node") == node)
        ]

    def result(self, node: str) -> str:
        return str(self.of("node_finished", node)[-1]["result"])

    @property
    def actions(self) -> list[str]:
        return [f"{event['node']}: {event['title']}" for event in self.of("action_started")]


def hosts(lab: PiLab, *names: str) -> list[str]:
    return [word for name in names or lab.names for word in ("--host", lab.address(name))]


def events_in(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def login(lab: PiLab) -> list[str]:
    return ["--user", "pi", "--identity", str(lab.identity_file)]


def up(
    lab: PiLab,
    environment: str,
    *options: str,
    nodes: Sequence[str] = (),
    env: dict[str, str] | None = None,
    text: str | None = None,
) -> Told:
    """`sugarkube-tui up ENV --json --yes` on these nodes (default: all)."""
    done = lab.product(
        "up",
        environment,
        *hosts(lab, *nodes),
        *login(lab),
        "--yes",
        "--json",
        *options,
        env=env,
        input=text,
        timeout=UP_WITHIN_S,
    )
    return Told(done.returncode, events_in(done.stdout), done.stdout + done.stderr)


def plan(
    lab: PiLab, environment: str, *options: str, nodes: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    return lab.product("plan", environment, *hosts(lab, *nodes), *login(lab), *options)


def start_up(lab: PiLab, environment: str, *options: str) -> subprocess.Popen[str]:
    """The same as `up`, going on while the test does something else; its events come line by line."""
    command = lab.product_command("up", environment, *hosts(lab), *login(lab), "--yes", "--json", *options)
    return lab.popen(
        command,
        env=lab.product_environment(),
        cwd=lab.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def read_until(process: subprocess.Popen[str], kind: str, **wanted: str) -> list[dict[str, Any]]:
    """Events up to the first of this kind with these values."""
    assert process.stdout is not None
    seen: list[dict[str, Any]] = []
    for line in process.stdout:
        if line.startswith("{"):
            event = json.loads(line)
            seen.append(event)
            if event["event"] == kind and all(event.get(key) == value for key, value in wanted.items()):
                return seen
    raise AssertionError(f"the run ended without {kind} {wanted}: {seen[-3:]}")


def rest(process: subprocess.Popen[str], seen: list[dict[str, Any]]) -> Told:
    output, _ = process.communicate(timeout=UP_WITHIN_S)
    return Told(process.returncode, seen + events_in(output), output)


def kubernetes_nodes(lab: PiLab, server: str) -> dict[str, dict[str, Any]]:
    """Nodes by name, as that server lists them."""
    listed = json.loads(lab.root(server, "k3s kubectl get nodes -o json"))
    return {item["metadata"]["name"]: item for item in listed["items"]}


def is_ready(node: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])


def is_server(node: dict[str, Any]) -> bool:
    return "node-role.kubernetes.io/control-plane" in node["metadata"]["labels"]


def token(lab: PiLab, server: str) -> str:
    return lab.root(server, "cat /var/lib/rancher/k3s/server/token").strip()


def texts_below(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def watching_arguments() -> Iterator[set[str]]:
    """Collects the command lines of all processes of this machine, the labs' Pis included."""
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
