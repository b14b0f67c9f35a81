"""The advert of a server, published once its API answers (contract §5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sugarkube_tui.cluster.actions import (
    Action,
    Condition,
    ControlUnit,
    UnitVerb,
    WaitUntil,
    WriteFile,
)
from sugarkube_tui.cluster.advert import NAME_LIMIT, instance_name, render_advert
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import AdvertFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.steps.base import Answers, Stage, Step

HEARD_WITHIN_S = 30.0

PROBE = """
for file in /etc/avahi/services/k3s-*.service; do
  fact_file "$file" "$file"
done
"""


def read(answers: Answers) -> AdvertFacts:
    return AdvertFacts(dict(answers))


def _heard(service_type: str, hostname: str) -> str:
    # Without --terminate the browser asks the network; with it, it would only read Avahi's cache.
    return rf"""
found=$(mktemp)
timeout 5 avahi-browse --parsable --resolve {service_type} >"$found" 2>/dev/null &
browser=$!
trap 'kill $browser; rm -f "$found"' EXIT
for tenth in $(seq 40); do
  grep -qi '^=.*;{hostname}.local;' "$found" && echo 'heard {hostname}.local' && exit 0
  sleep 0.1
done
echo "avahi-daemon is $(systemctl is-active avahi-daemon), {service_type} of {hostname}.local is not heard"
exit 1
"""


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    environment = goal.choices.environment
    files = facts.advert.files
    path = environment.advert_path
    strangers = [other for other in files if other != path]
    if strangers:
        yield Problem(
            f"this node also advertises {', '.join(strangers)}",
            f"a node belongs to one environment: sudo rm {' '.join(strangers)}",
            Severity.WARNING,
        )
    if not goal.role.is_server:
        if path in files:
            yield Problem(
                "an agent advertises the API",
                f"remove the stale advert: sudo rm {path}",
                Severity.WARNING,
            )
        return
    name = instance_name(environment, goal.hostname)
    if len(name.encode()) > NAME_LIMIT:
        yield Problem(
            f"the advert's name would be longer than {NAME_LIMIT} bytes",
            "choose a shorter name for the cluster, the environment or the node",
            why=name,
        )
        return
    wanted = render_advert(environment, goal.hostname, facts.access.address)
    present = files.get(path)
    if present == wanted or (
        goal.kept and present is not None and _serves(present, environment.service_type)
    ):
        return
    yield WriteFile(path, wanted, before=present)
    yield ControlUnit(UnitVerb.RELOAD, "avahi-daemon")
    yield WaitUntil(Condition.ADVERT_HEARD, _heard(environment.service_type, goal.hostname), HEARD_WITHIN_S)


def _serves(text: str, service_type: str) -> bool:
    """A server's advert, whoever wrote it: upstream's scripts use another instance name and fewer keys."""
    return service_type in text and re.search(r">\s*role=server\s*<", text) is not None


STEP = Step("advert", "Advert", Stage.FORM, PROBE, decide)
