"""k3s's configuration files, before anything is known of the cluster (contract §6.3).

All names of the API's certificate are in one file, because the documentation and the source of k3s
disagree on whether lists of flags and of files add up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from sugarkube_tui.cluster.actions import Action, WriteFile
from sugarkube_tui.cluster.choices import Goal, Role
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.steps.base import Stage, Step
from sugarkube_tui.steps.k3s import CONFIG_DIRECTORY, NODE_FILE

TLS_FILE = f"{CONFIG_DIRECTORY}/10-sugarkube-tls.yaml"
JOIN_FILE = f"{CONFIG_DIRECTORY}/30-sugarkube-join.yaml"
OURS = (TLS_FILE, NODE_FILE, JOIN_FILE)

TAINT = "node-role.kubernetes.io/control-plane=true:NoSchedule"
_DECISIVE = (
    "server",
    "token",
    "token-file",
    "cluster-init",
    "agent-token",
    "data-dir",
    "datastore-endpoint",
    "disable-agent",
    "node-name",
)
_LISTS = ("tls-san", "node-label", "node-taint")

Value = str | bool | Sequence[str]


def render(values: dict[str, Value]) -> str:
    """YAML for the few shapes that are needed; a JSON string is a YAML string."""
    lines = []
    for key, value in values.items():
        match value:
            case bool():
                lines.append(f"{key}: {'true' if value else 'false'}")
            case str():
                lines.append(f"{key}: {json.dumps(value)}")
            case _:
                lines.append(f"{key}:")
                lines += [f"  - {json.dumps(item)}" for item in value]
    return "\n".join(lines) + "\n"


def tls_file(goal: Goal) -> str:
    names = [f"{goal.hostname}.local", goal.hostname]
    if goal.choices.registration_address:
        names.append(goal.choices.registration_address)
    return render({"tls-san": names})


def node_file(facts: NodeFacts, goal: Goal) -> str:
    environment = goal.choices.environment
    values: dict[str, Value] = {
        "node-label": [f"sugarkube.cluster={environment.cluster}", f"sugarkube.env={environment.name}"]
    }
    if goal.role.is_server and goal.tainted:
        values["node-taint"] = [TAINT]
    if goal.role is Role.FIRST_SERVER and goal.embedded_etcd:
        values["cluster-init"] = True
    interface = facts.access.interface
    if interface is not None and len(facts.access.interfaces) > 1:
        # With several networks k3s would take the default route's, which need not be the cluster's.
        values["node-ip"] = facts.access.address
        values["flannel-iface"] = interface.name
    return render(values)


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    files = facts.k3s.files
    address = goal.choices.registration_address
    if goal.kept:
        if goal.role.is_server and address and f'"{address}"' not in files.get(TLS_FILE, ""):
            yield Problem(
                f"this server's certificate was not asked to cover {address}",
                f"add it to tls-san in {TLS_FILE}, then: sudo systemctl restart k3s",
                Severity.WARNING,
            )
        return
    for path, text in files.items():
        if path in OURS:
            continue
        keys = [key for key in _DECISIVE if re.search(rf"^{key}:", text, re.MULTILINE)]
        if keys:
            yield Problem(
                f"{path} sets {', '.join(keys)}",
                f"it would decide over this run: remove those lines, or the file: sudo rm {path}",
            )
        lists = [key for key in _LISTS if re.search(rf"^{key}:", text, re.MULTILINE)]
        if lists:
            yield Problem(
                f"{path} sets {', '.join(lists)}, and so does this program",
                "of two files that set a list, k3s uses the later one; write the key with a + to add to it",
                Severity.WARNING,
            )
    wanted = {NODE_FILE: node_file(facts, goal)}
    if goal.role.is_server:
        wanted = {TLS_FILE: tls_file(goal), **wanted}
    for path, text in wanted.items():
        if files.get(path) != text:
            yield WriteFile(path, text, before=files.get(path))


STEP = Step("config", "k3s configuration", Stage.PREPARE, "", decide)
