"""`k3s kubectl`: the commands that a set-up tool or an operator in trouble types."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from . import journal, objects
from .client import Remote, RequestError, StatusError
from .objects import Object
from .server import KUBECONFIG
from .version import VERSION

_VALUED = {
    "-o": "output",
    "--output": "output",
    "-l": "selector",
    "--selector": "selector",
    "-n": "namespace",
    "--namespace": "namespace",
    "--kubeconfig": "kubeconfig",
    "--raw": "raw",
    "--request-timeout": "request-timeout",
    "--timeout": "timeout",
    "--for": "for",
    "-s": "server",
    "--server": "server",
    "--context": "context",
    "--sort-by": "sort-by",
    "--field-selector": "field-selector",
    "--grace-period": "grace-period",
}
_REFUSED = "The connection to the server {} was refused - did you specify the right host or port?"
_KINDS = {
    **dict.fromkeys(("node", "nodes", "no"), "nodes"),
    **dict.fromkeys(("pod", "pods", "po"), "pods"),
    **dict.fromkeys(("namespace", "namespaces", "ns"), "namespaces"),
}


class Complaint(Exception):
    """What kubectl prints on stderr before it exits with 1."""


@dataclass
class Arguments:
    """A command line taken apart."""

    words: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)


def parse(arguments: list[str]) -> Arguments:
    """Split words from options; `-ojson` and `--output=json` are both fine."""
    found = Arguments()
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        name, separator, value = word.partition("=")
        if word.startswith("--") and name in _VALUED and separator:
            found.options[_VALUED[name]] = value
        elif word in _VALUED:
            if not pending:
                raise Complaint(f"error: flag needs an argument: {word}")
            found.options[_VALUED[word]] = pending.pop(0)
        elif word[:2] in ("-o", "-l", "-n") and len(word) > 2:
            found.options[_VALUED[word[:2]]] = word[2:].removeprefix("=")
        elif word.startswith("-") and word != "-":
            found.switches.add(word.removesuffix("=true"))
        else:
            found.words.append(word)
    return found


def main(arguments: list[str]) -> int:
    """Run a command; the exit status is kubectl's."""
    try:
        parsed = parse(arguments)
        verb = parsed.words.pop(0) if parsed.words else ""
        if verb == "version" and "--client" in parsed.switches:
            print(f"Client Version: {VERSION}")
            return 0
        if verb not in _COMMANDS:
            raise Complaint(f'error: unknown command "{verb}" for "kubectl"')
        with _connect(parsed) as remote:
            return _COMMANDS[verb](remote, parsed)
    except Complaint as complaint:
        print(complaint, file=sys.stderr)
    except StatusError as refusal:
        reason = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 422: "Invalid"}.get(refusal.status)
        if refusal.status == 401:
            print("error: You must be logged in to the server (Unauthorized)", file=sys.stderr)
        elif reason:
            print(f"Error from server ({reason}): {refusal.message}", file=sys.stderr)
        elif refusal.is_status:
            print(f"Error from server: {refusal.message}", file=sys.stderr)
        else:
            print(
                f"Error from server (InternalError): an error on the server ({json.dumps(refusal.message)}) "
                "has prevented the request from succeeding",
                file=sys.stderr,
            )
    except RequestError as failure:
        print(_unreachable(str(failure)), file=sys.stderr)
    return 1


def _unreachable(text: str) -> str:
    refused = re.search(r'"https?://([^/"]+).*connection refused', text)
    if refused:
        return (
            f"The connection to the server {refused[1]} was refused - did you specify the right host or port?"
        )
    return f"Unable to connect to the server: {text.partition(': ')[2]}"


@contextmanager
def _connect(parsed: Arguments) -> Iterator[Remote]:
    told = parsed.options.get("kubeconfig") or os.environ.get("KUBECONFIG", "")
    path = Path(told or KUBECONFIG)
    if not told and not path.exists():
        raise Complaint(_REFUSED.format("localhost:8080"))
    try:
        content = yaml.safe_load(path.read_text())
    except PermissionError as failure:
        journal.warning(
            f"Unable to read {path}, please start server with --write-kubeconfig-mode or "
            "--write-kubeconfig-group to modify kube config permissions"
        )
        raise Complaint(
            f'error: error loading config file "{path}": open {path}: permission denied'
        ) from failure
    except FileNotFoundError as failure:
        raise Complaint(f"error: stat {path}: no such file or directory") from failure
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        problem = " ".join(str(failure).split())
        raise Complaint(f'error: error loading config file "{path}": yaml: {problem}') from failure
    except OSError as failure:
        problem = f"read {path}: {(failure.strerror or '').lower()}"
        raise Complaint(f'error: error loading config file "{path}": {problem}') from failure
    cluster, user, names = _chosen(content, parsed, path)
    url = str(parsed.options.get("server") or cluster.get("server") or "http://localhost:8080")
    if not url.startswith("https://"):
        raise Complaint(_REFUSED.format(url.removeprefix("http://")))
    problems: list[str] = []

    def material(section: Object, key: str, what: str, owner: str) -> bytes:
        """Inline data, which comes first, or a file's content."""
        inline = section.get(f"{key}-data")
        if inline:
            try:
                return base64.b64decode(inline, validate=True)
            except ValueError as failure:
                problem = f'error loading config file "{path}": illegal base64 data at input byte 0'
                raise Complaint(f"error: {problem}") from failure
        if not section.get(key):
            return b""
        file = path.parent / str(section[key])
        try:
            return file.read_bytes()
        except OSError as failure:
            cause = f"open {file}: {(failure.strerror or '').lower()}"
            problems.append(f"unable to read {what} {file} for {owner} due to {cause}")
            return b""

    authority = material(cluster, "certificate-authority", "certificate-authority", names[0])
    certificate = material(user, "client-certificate", "client-cert", names[1])
    key = material(user, "client-key", "client-key", names[1])
    if problems:
        text = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise Complaint(f"error: invalid configuration: {text}")
    with tempfile.TemporaryDirectory(prefix="kubectl-") as directory:
        pair = _pair(Path(directory), certificate, key) if certificate or key else None
        if authority:
            try:
                ssl.create_default_context(cadata=authority.decode())
            except (ssl.SSLError, ValueError) as failure:
                problem = "unable to load root certificates: unable to parse bytes as PEM block"
                raise Complaint(f"error: {problem}") from failure
        verified = not cluster.get("insecure-skip-tls-verify")
        yield Remote(
            url,
            ca_pem=authority.decode() if verified else None,
            certificate=pair,
            resolver="nss",
            timeout=_seconds(parsed.options.get("request-timeout", "0")) or 30.0,
        )


def _chosen(content: Any, parsed: Arguments, path: Path) -> tuple[Object, Object, tuple[str, str]]:
    """The cluster and the user of the context in use, and their names."""

    def named(kind: str, name: str) -> Object | None:
        found = [each for each in content.get(f"{kind}s") or [] if each.get("name") == name]
        return (found[0].get(kind) or {}) if found else None

    try:
        content = content or {}
        context_name = parsed.options.get("context") or content.get("current-context") or ""
        context = named("context", context_name)
        if context is None:
            if "context" in parsed.options:
                raise Complaint(f'error: context "{context_name}" does not exist')
            if context_name:
                problem = f"context was not found for specified context: {context_name}"
                raise Complaint(f"error: invalid configuration: {problem}")
            return {}, {}, ("", "")
        cluster_name, user_name = str(context.get("cluster", "")), str(context.get("user", ""))
        return named("cluster", cluster_name) or {}, named("user", user_name) or {}, (cluster_name, user_name)
    except (AttributeError, TypeError) as failure:
        problem = "couldn't get version/kind; json parse error"
        raise Complaint(f'error: error loading config file "{path}": {problem}') from failure


def _pair(directory: Path, certificate: bytes, key: bytes) -> tuple[str, str]:
    """A certificate and its key as files, checked to be a pair."""
    files = directory / "crt", directory / "key"
    for file, content, what in zip(files, (certificate, key), ("certificate", "key"), strict=True):
        if b"-----BEGIN" not in content:
            raise Complaint(f"error: tls: failed to find any PEM data in {what} input")
        file.write_bytes(content)
    paths = str(files[0]), str(files[1])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*paths)
    except ssl.SSLError as failure:
        mismatch = failure.reason == "KEY_VALUES_MISMATCH"
        problem = (
            "private key does not match public key" if mismatch else "failed to parse certificate or key"
        )
        raise Complaint(f"error: tls: {problem}") from failure
    return paths


def _seconds(text: str) -> float:
    total = 0.0
    for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)?", text):
        total += float(number) * {"ms": 0.001, "m": 60, "h": 3600}.get(unit, 1)
    return total


def _read(remote: Remote, path: str) -> Any:
    return json.loads(remote.get(path))


def _get(remote: Remote, parsed: Arguments) -> int:
    if "raw" in parsed.options:
        sys.stdout.write(remote.get(parsed.options["raw"]).decode())
        sys.stdout.flush()
        return 0
    kind, names = _target(parsed)
    path = _path(kind, parsed)
    if names:
        items = [_read(remote, f"{path}/{name}") for name in names]
        single = len(names) == 1
    else:
        selector = parsed.options.get("selector", "")
        items = _read(remote, path + (f"?labelSelector={selector}" if selector else ""))["items"]
        for each in items:
            each.setdefault("apiVersion", "v1")
            each.setdefault("kind", {"nodes": "Node", "pods": "Pod", "namespaces": "Namespace"}[kind])
        single = False
    _print(kind, items, single, parsed)
    return 0


def _target(parsed: Arguments) -> tuple[str, list[str]]:
    if not parsed.words:
        raise Complaint("error: Required resource not specified.")
    word, *names = parsed.words
    if "/" in word:
        names = [each.partition("/")[2] for each in parsed.words]
        word = word.partition("/")[0]
    kind = _KINDS.get(word.lower())
    if kind is None:
        raise Complaint(f'error: the server doesn\'t have a resource type "{word}"')
    return kind, names


def _path(kind: str, parsed: Arguments) -> str:
    if kind != "pods":
        return f"/api/v1/{kind}"
    if parsed.switches & {"-A", "--all-namespaces"}:
        return "/api/v1/pods"
    return f"/api/v1/namespaces/{parsed.options.get('namespace', 'default')}/pods"


def _print(kind: str, items: list[Object], single: bool, parsed: Arguments) -> None:
    output = parsed.options.get("output", "")
    whole = (
        items[0]
        if single
        else {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
    )
    if output == "json":
        print(json.dumps(whole, indent=4))
    elif output == "yaml":
        print(yaml.safe_dump(whole, default_flow_style=False), end="")
    elif output == "name":
        for each in items:
            print(f"{kind.removesuffix('s')}/{each['metadata']['name']}")
    elif output.startswith("jsonpath="):
        sys.stdout.write(jsonpath(output.removeprefix("jsonpath="), whole))
    elif output in ("", "wide"):
        _table(kind, items, output == "wide", parsed)
    else:
        raise Complaint(f'error: unable to match a printer suitable for the output format "{output}"')


def _table(kind: str, items: list[Object], wide: bool, parsed: Arguments) -> None:
    if not items:
        place = (
            ""
            if kind != "pods" or "-A" in parsed.switches
            else f" in {parsed.options.get('namespace', 'default')} namespace"
        )
        print(f"No resources found{place}", file=sys.stderr)
        return
    rows = [
        {"nodes": _node_row, "pods": _pod_row, "namespaces": _namespace_row}[kind](each, wide)
        for each in items
    ]
    if kind == "pods" and parsed.switches & {"-A", "--all-namespaces"}:
        for row, each in zip(rows, items, strict=True):
            row.insert(0, ("NAMESPACE", each["metadata"]["namespace"]))
    if "--show-labels" in parsed.switches:
        for row, each in zip(rows, items, strict=True):
            labels = each["metadata"].get("labels", {})
            row.append(
                ("LABELS", ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>")
            )
    lines = [[value for _, value in row] for row in rows]
    if "--no-headers" not in parsed.switches:
        lines.insert(0, [title for title, _ in rows[0]])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("   ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())


def _node_row(each: Object, wide: bool) -> list[tuple[str, str]]:
    metadata, status = each["metadata"], each["status"]
    prefix = "node-role.kubernetes.io/"
    roles = ",".join(
        sorted(key.removeprefix(prefix) for key in metadata.get("labels", {}) if key.startswith(prefix))
    )
    state = "Ready" if objects.is_ready(each) else "NotReady"
    if each["spec"].get("unschedulable"):
        state += ",SchedulingDisabled"
    row = [
        ("NAME", metadata["name"]),
        ("STATUS", state),
        ("ROLES", roles or "<none>"),
        ("AGE", _age(metadata["creationTimestamp"])),
        ("VERSION", status["nodeInfo"]["kubeletVersion"]),
    ]
    if wide:
        internal = [every["address"] for every in status["addresses"] if every["type"] == "InternalIP"]
        row += [
            ("INTERNAL-IP", internal[0] if internal else "<none>"),
            ("EXTERNAL-IP", "<none>"),
            ("OS-IMAGE", status["nodeInfo"]["osImage"]),
            ("KERNEL-VERSION", status["nodeInfo"]["kernelVersion"]),
            ("CONTAINER-RUNTIME", status["nodeInfo"]["containerRuntimeVersion"]),
        ]
    return row


def _pod_row(each: Object, wide: bool) -> list[tuple[str, str]]:
    phase = each["status"]["phase"]
    row = [
        ("NAME", each["metadata"]["name"]),
        ("READY", "1/1" if phase == "Running" else "0/1"),
        ("STATUS", "Completed" if phase == "Succeeded" else phase),
        ("RESTARTS", "0"),
        ("AGE", _age(each["metadata"]["creationTimestamp"])),
    ]
    if wide:
        row += [("IP", "<none>"), ("NODE", each["spec"].get("nodeName", "<none>"))]
    return row


def _namespace_row(each: Object, wide: bool) -> list[tuple[str, str]]:
    del wide
    return [("NAME", each["metadata"]["name"]), ("STATUS", each["status"]["phase"])]


def _age(created: str) -> str:
    began = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    seconds = max(0, int((datetime.now(UTC) - began).total_seconds()))
    if seconds < 120:
        return f"{seconds}s"
    if seconds < 600:
        return f"{seconds // 60}m{seconds % 60}s" if seconds % 60 else f"{seconds // 60}m"
    if seconds < 3 * 3600:
        return f"{seconds // 60}m"
    return f"{seconds // 3600}h" if seconds < 48 * 3600 else f"{seconds // 86400}d"


def jsonpath(template: str, document: Any) -> str:
    """The part of kubectl's JSONPath that scripts use: fields, [*], [n], equality, range and end."""
    pieces = re.findall(r"\{([^}]*)\}|([^{]+)", template)
    return _render(pieces, document)


def _render(pieces: list[tuple[str, str]], document: Any) -> str:
    text = ""
    position = 0
    while position < len(pieces):
        expression, literal = pieces[position]
        if literal:
            text += literal
        elif expression.startswith("range "):
            end = next(index for index in range(position, len(pieces)) if pieces[index][0] == "end")
            for item in _walk(expression[6:].strip(), document):
                text += _render(pieces[position + 1 : end], item)
            position = end
        elif expression.startswith('"'):
            text += expression.strip('"').replace("\\n", "\n").replace("\\t", "\t")
        else:
            found = _walk(expression.strip(), document)
            text += " ".join(each if isinstance(each, str) else json.dumps(each) for each in found)
        position += 1
    return text


def _walk(expression: str, document: Any) -> list[Any]:
    found = [document]
    step_pattern = (
        r"\.((?:[\w/-]|\\\.)+)|\[\?\(@\.([\w.]+)==[\"']([^\"']*)[\"']\)\]|\[\*\]|\[(\d+)\]|\['([^']+)'\]"
    )
    for match in re.finditer(step_pattern, expression):
        name, filter_name, filter_value, index, quoted = match.groups()
        key = (name or quoted or "").replace("\\.", ".")
        reached: list[Any] = []
        for each in found:
            if key:
                reached += [each[key]] if isinstance(each, dict) and key in each else []
            elif filter_name:
                reached += [item for item in each if _walk("." + filter_name, item) == [filter_value]]
            elif index is not None:
                reached += each[int(index) : int(index) + 1]
            else:
                reached += each
        found = reached
    return found


def _label(remote: Remote, parsed: Arguments) -> int:
    kind, names = _target(parsed)
    changes = [word for word in names if "=" in word or word.endswith("-")]
    targets = [word for word in names if word not in changes]
    if "--all" in parsed.switches:
        targets = [each["metadata"]["name"] for each in _read(remote, f"/api/v1/{kind}")["items"]]
    for name in targets:
        present: dict[str, str] = _read(remote, f"/api/v1/{kind}/{name}")["metadata"].get("labels", {})
        labels: dict[str, str | None] = {}
        for change in changes:
            key, separator, value = change.partition("=")
            if not separator:
                labels[key.removesuffix("-")] = None
            elif key in present and present[key] != value and "--overwrite" not in parsed.switches:
                raise Complaint(
                    f"error: '{key}' already has a value ({present[key]}), and --overwrite is false"
                )
            else:
                labels[key] = value
        changed = any(present.get(key) != value for key, value in labels.items())
        if changed:
            _patch(remote, name, {"metadata": {"labels": labels}})
        print(f"node/{name} {'labeled' if changed else 'not labeled'}")
    return 0


def _taint(remote: Remote, parsed: Arguments) -> int:
    _, names = _target(parsed)
    changes = [word for word in names if ":" in word or word.endswith("-") or "=" in word]
    for name in [word for word in names if word not in changes]:
        taints: list[Object] = _read(remote, f"/api/v1/nodes/{name}")["spec"].get("taints", [])
        for change in changes:
            wanted = objects.parse_taint(change.removesuffix("-"))
            if not wanted["key"]:
                wanted = {"key": change.removesuffix("-"), "effect": ""}
            kept = [
                each
                for each in taints
                if each["key"] != wanted["key"] or (wanted["effect"] and each["effect"] != wanted["effect"])
            ]
            if change.endswith("-") and len(kept) == len(taints):
                raise Complaint(f'error: taint "{change.removesuffix("-")}" not found')
            taints = kept if change.endswith("-") else [*kept, wanted]
        _patch(remote, name, {"spec": {"taints": taints or None}})
        print(f"node/{name} {'untainted' if all(each.endswith('-') for each in changes) else 'tainted'}")
    return 0


def _patch(remote: Remote, name: str, patch: Object) -> None:
    remote.send("PATCH", f"/api/v1/nodes/{name}", patch, "application/strategic-merge-patch+json")


def _delete(remote: Remote, parsed: Arguments) -> int:
    kind, names = _target(parsed)
    failed = 0
    for name in names:
        try:
            remote.request("DELETE", f"/api/v1/{kind}/{name}")
        except StatusError as refusal:
            if refusal.status != 404:
                raise
            if "--ignore-not-found" not in parsed.switches:
                print(f'Error from server (NotFound): {kind} "{name}" not found', file=sys.stderr)
                failed = 1
            continue
        print(f'{kind.removesuffix("s")} "{name}" deleted')
    return failed


def _cordon(remote: Remote, parsed: Arguments) -> int:
    return _schedulable(remote, parsed, False)


def _uncordon(remote: Remote, parsed: Arguments) -> int:
    return _schedulable(remote, parsed, True)


def _schedulable(remote: Remote, parsed: Arguments, wanted: bool) -> int:
    for word in parsed.words:
        name = word.removeprefix("node/")
        before = not _read(remote, f"/api/v1/nodes/{name}")["spec"].get("unschedulable", False)
        _patch(remote, name, {"spec": {"unschedulable": None if wanted else True}})
        already = "already " if before == wanted else ""
        print(f"node/{name} {already}{'uncordoned' if wanted else 'cordoned'}")
    return 0


def _drain(remote: Remote, parsed: Arguments) -> int:
    _schedulable(remote, parsed, False)
    for word in parsed.words:
        print(f"node/{word.removeprefix('node/')} drained")
    return 0


def _wait(remote: Remote, parsed: Arguments) -> int:
    condition = parsed.options.get("for", "").removeprefix("condition=").partition("=")[0]
    kind, names = _target(parsed)
    if "--all" in parsed.switches:
        names = [each["metadata"]["name"] for each in _read(remote, _path(kind, parsed))["items"]]
    end = time.monotonic() + _seconds(parsed.options.get("timeout", "30s"))
    for name in names:
        while True:
            shown = _read(remote, f"{_path(kind, parsed)}/{name}")
            met = {each["type"]: each["status"] for each in shown["status"].get("conditions", [])}
            if met.get(condition, met.get(condition.capitalize())) == "True":
                print(f"{kind.removesuffix('s')}/{name} condition met")
                break
            if time.monotonic() > end:
                raise Complaint(f"error: timed out waiting for the condition on {kind}/{name}")
            time.sleep(0.5)
    return 0


def _version(remote: Remote, parsed: Arguments) -> int:
    del parsed
    print(f"Client Version: {VERSION}")
    print("Kustomize Version: v5.6.0")
    print(f"Server Version: {_read(remote, '/version')['gitVersion']}")
    return 0


def _cluster_info(remote: Remote, parsed: Arguments) -> int:
    del parsed
    _read(remote, "/api/v1/namespaces")
    print(f"Kubernetes control plane is running at {remote.url}")
    return 0


_COMMANDS: dict[str, Callable[[Remote, Arguments], int]] = {
    "get": _get,
    "label": _label,
    "taint": _taint,
    "delete": _delete,
    "cordon": _cordon,
    "uncordon": _uncordon,
    "drain": _drain,
    "wait": _wait,
    "version": _version,
    "cluster-info": _cluster_info,
}
