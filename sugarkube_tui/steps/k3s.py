"""A k3s that is there already: the right one is left alone, any other is never overwritten.

The facts read here also serve the steps that configure, install and start k3s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sugarkube_tui.cluster.actions import Action
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import K3sFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.cluster.token import ca_hash, short_hash
from sugarkube_tui.steps.base import Answers, Stage, Step, number

CONFIG = "/etc/rancher/k3s/config.yaml"
CONFIG_DIRECTORY = "/etc/rancher/k3s/config.yaml.d"
NODE_FILE = f"{CONFIG_DIRECTORY}/20-sugarkube-node.yaml"
"""Written by this program before it installs k3s: tells what it has set up from what others have."""
TOKEN_FILE = "/etc/rancher/k3s/sugarkube-token"
BINARY = "/usr/local/bin/k3s"
IMAGES_DIRECTORY = "/var/lib/rancher/k3s/agent/images"
SERVER_KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
AGENT_KUBECONFIG = "/var/lib/rancher/k3s/agent/kubelet.kubeconfig"

_VERSION = re.compile(r"^k3s version (\S+)", re.MULTILINE)
_LABEL = re.compile(r"sugarkube\.(cluster|env)=([a-z0-9-]+)")
# A configuration key or a unit's flag; commented-out lines do not count.
_JOINS = re.compile(r"^\s*server:|--server[ =]|'--server'", re.MULTILINE)

PROBE = rf"""
for unit in k3s k3s-agent; do
  [ -f /etc/systemd/system/$unit.service ] || continue
  fact unit $unit
  fact state "$(systemctl is-active $unit)"
  fact enabled "$(systemctl is-enabled $unit)"
  fact_file exec /etc/systemd/system/$unit.service
  fact url "$(sed -n 's/^K3S_URL=//p' /etc/systemd/system/$unit.service.env | tr -d \'\")"
  break
done
[ -d /var/lib/rancher/k3s/server/db/etcd ] && fact datastore etcd
[ -f /var/lib/rancher/k3s/server/db/state.db ] && fact datastore sqlite
fact_file ca /var/lib/rancher/k3s/agent/server-ca.crt
fact_file ca /var/lib/rancher/k3s/server/tls/server-ca.crt
if [ -e {BINARY} ]; then
  fact version "$({BINARY} --version 2>&1 | head -n 2)"
  fact sha256 "$(sha256sum <{BINARY} | cut -d ' ' -f 1)"
fi
for file in {CONFIG} {CONFIG_DIRECTORY}/*.yaml {CONFIG_DIRECTORY}/*.yml; do
  fact_file "file:$file" "$file"
done
[ -f {TOKEN_FILE} ] && fact token_hash "$(sha256sum <{TOKEN_FILE} | cut -d ' ' -f 1)"
[ -d {IMAGES_DIRECTORY} ] && fact images "$(cd {IMAGES_DIRECTORY} && stat -c '%s %n' -- *)"
systemctl is-enabled --quiet sugarkube-post-reboot.service && fact resume_unit yes
kubeconfig={SERVER_KUBECONFIG}
[ -f $kubeconfig ] || kubeconfig={AGENT_KUBECONFIG}
if systemctl is-active --quiet k3s || systemctl is-active --quiet k3s-agent; then
  kubectl="timeout 10 {BINARY} kubectl --kubeconfig $kubeconfig"
  systemctl is-active --quiet k3s && fact api "$($kubectl get --raw /readyz 2>&1 | tail -n 1)"
  fact node "$($kubectl get node "$(cat /proc/sys/kernel/hostname | tr A-Z a-z)" -o json)"
fi
"""


def read(answers: Answers) -> K3sFacts:
    files = {key.removeprefix("file:"): text for key, text in answers.items() if key.startswith("file:")}
    unit_file = answers.get("exec", "")
    configuration = "\n".join((*files.values(), unit_file))
    labels = dict(_LABEL.findall(configuration))
    version = _VERSION.search(answers.get("version", ""))
    node = _node(answers.get("node", ""))
    ca = answers.get("ca", "")
    return K3sFacts(
        unit=answers.get("unit", ""),
        state=clean_line(answers.get("state", "inactive"), 20).strip() or "inactive",
        enabled=answers.get("enabled", "").strip() == "enabled",
        unit_url=clean_line(answers.get("url", ""), 300).strip(),
        environment=f"{labels['cluster']}/{labels['env']}" if len(labels) == 2 else "",
        joined=bool(_JOINS.search(configuration) or answers.get("url", "").strip()),
        version=clean_line(version[1], 40) if version else "",
        sha256=answers.get("sha256", "").strip(),
        broken=""
        if version or "version" not in answers
        else clean_line(answers["version"] or "no output", 300),
        ca_hash=ca_hash(ca.encode()) if ca else "",
        datastore=answers.get("datastore", ""),
        api=clean_line(answers.get("api", ""), 200).strip(),
        node_state=_condition(node, "Ready", "Ready", "NotReady"),
        voter={"yes": True, "no": False}.get(_condition(node, "EtcdIsVoter", "yes", "no")),
        files=files,
        token_hash=answers.get("token_hash", "").strip(),
        images=_sizes(answers.get("images", "")),
        resume_unit="resume_unit" in answers,
    )


def _node(text: str) -> dict[str, Any]:
    try:
        node = json.loads(text)
    except ValueError:
        return {}
    return node if isinstance(node, dict) else {}


def _condition(node: dict[str, Any], kind: str, true: str, false: str) -> str:
    conditions = node.get("status", {}).get("conditions", []) if node else []
    for condition in conditions:
        if condition.get("type") == kind:
            return true if condition.get("status") == "True" else false
    return ""


def _sizes(text: str) -> dict[str, int]:
    pairs = (line.split(" ", 1) for line in text.splitlines() if " " in line)
    return {name: int(number(size) or 0) for size, name in pairs}


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    k3s = facts.k3s
    environment = str(goal.choices.environment)
    if k3s.resume_unit:
        yield Problem(
            "sugarkube's own scripts will go on by themselves at the next boot",
            "sudo systemctl disable --now sugarkube-post-reboot.service",
            Severity.WARNING,
        )
    present = bool(k3s.unit or k3s.ca_hash)
    if present and k3s.environment and k3s.environment != environment:
        yield Problem(
            f"this node belongs to {k3s.environment}, not to {environment}",
            f"leave it out, or remove that k3s and all its data: sudo {uninstaller(k3s)}",
        )
        return
    if k3s.unit and k3s.unit != goal.role.unit:
        wrong = "an agent" if k3s.unit == "k3s-agent" else "a server"
        yield Problem(
            f"k3s is installed as {wrong} here, but this node is to be {goal.role}",
            f"leave it out, or remove that k3s and all its data: sudo {uninstaller(k3s)}",
        )
        return
    if not k3s.ca_hash:
        return
    target = goal.join.ca_hash if goal.join else ""
    if target and target != k3s.ca_hash:
        yield Problem(
            f"this node belongs to another cluster than {environment}",
            f"leave it out, or remove that k3s and all its data: sudo {uninstaller(k3s)}",
            why=f"its CA is {short_hash(k3s.ca_hash)}, that of {environment} is {short_hash(target)}",
        )
    elif not target and k3s.environment != environment:
        yield Problem(
            "this node already runs, or ran, a k3s that was not set up for any environment",
            f"leave it out, or remove that k3s and all its data: sudo {uninstaller(k3s)}",
            why=f"/var/lib/rancher/k3s holds a cluster with CA {short_hash(k3s.ca_hash)}",
        )
    elif not goal.kept and NODE_FILE not in k3s.files:
        yield Problem(
            "a k3s that others have set up is installed here, and does not answer",
            f"mend or remove it first: sudo journalctl -u {k3s.unit or 'k3s'} -n 50; sudo {uninstaller(k3s)}",
            why=f"its unit is {k3s.state}{f', its API says {k3s.api}' if k3s.api else ''}",
        )


def uninstaller(k3s: K3sFacts) -> str:
    return (
        "/usr/local/bin/k3s-agent-uninstall.sh"
        if k3s.unit == "k3s-agent"
        else "/usr/local/bin/k3s-uninstall.sh"
    )


STEP = Step("k3s", "Existing k3s", Stage.PREPARE, PROBE, decide)
