"""Starting k3s, and waiting until it does its work (contract §6.2, §8.1).

The unit is `Type=notify` without a start time limit, so a join that fails leaves it `activating` for
ever: the start never blocks, and the wait says what the journal said last.
"""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, Condition, ControlUnit, UnitVerb, WaitUntil
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.steps.base import Stage, Step
from sugarkube_tui.steps.k3s import AGENT_KUBECONFIG, BINARY, SERVER_KUBECONFIG

UP_WITHIN_S = 300.0
READY_WITHIN_S = 300.0
STARTED_AT = "/run/sugarkube-tui/started"
"""Written whenever this program starts k3s: seconds since 1970, so that older complaints do not count."""

# What no waiting will mend (contract §7.3, §14): after its third appearance the wait ends.
_HOPELESS = (
    "token CA hash does not match|401 Unauthorized|failed to find memory cgroup|Node password rejected|"
    "duplicate node name|critical configuration value mismatch|x509: certificate is valid for|"
    "encrypted with different token|invalid token format|flag provided but not defined"
)

_JOURNAL = rf"""
complaints=$(journalctl -q -o cat -u UNIT --since "@$(cat {STARTED_AT} 2>/dev/null || echo 0)" |
  grep -E 'level=(error|fatal)|^Error')
if [ "$(printf '%s\n' "$complaints" | grep -cE '{_HOPELESS}')" -ge 3 ]; then
  printf '%s\n' "$complaints" | grep -E '{_HOPELESS}' | tail -n 1
  exit 3
fi
last=$(printf '%s\n' "$complaints" | tail -n 1)
"""

_SERVER_UP = (
    rf"""
state=$(systemctl is-active k3s)
if [ "$state" = active ]; then
  answer=$(timeout 10 {BINARY} kubectl --kubeconfig {SERVER_KUBECONFIG} get --raw /readyz 2>&1 | tail -n 1)
  [ "$answer" = ok ] && echo 'the API is ready' && exit 0
fi
"""
    + _JOURNAL.replace("UNIT", "k3s")
    + """
echo "k3s is $state${answer:+, API: $answer}${last:+, last complaint: $last}"
exit 1
"""
)

_AGENT_UP = (
    """
state=$(systemctl is-active k3s-agent)
[ "$state" = active ] && echo 'the agent is registered' && exit 0
"""
    + _JOURNAL.replace("UNIT", "k3s-agent")
    + """
echo "k3s-agent is $state${last:+, last complaint: $last}"
exit 1
"""
)

_NODE_READY = rf"""
kubeconfig={SERVER_KUBECONFIG}
[ -f $kubeconfig ] || kubeconfig={AGENT_KUBECONFIG}
name=$(cat /proc/sys/kernel/hostname | tr A-Z a-z)
node=$(timeout 10 {BINARY} kubectl --kubeconfig $kubeconfig get node "$name" -o json 2>&1) || {{
  printf '%s\n' "$node" | tail -n 1
  exit 1
}}
condition() {{ printf '%s' "$node" | jq -r ".status.conditions[]? | select(.type == \"$1\") | .status"; }}
ready=$(condition Ready) voter=$(condition EtcdIsVoter)
echo "Ready is ${{ready:-not reported}}${{voter:+, etcd voter: $voter}}"
[ "$ready" = True ] && [ "$voter" != False ]
"""


def decide_start(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    k3s = facts.k3s
    unit = goal.role.unit
    if k3s.state == "active" and (k3s.api == "ok" or not goal.role.is_server):
        if not k3s.enabled:
            yield ControlUnit(UnitVerb.ENABLE, unit)
        return
    if k3s.state == "activating":
        # It may be trying with what it read before this run: have it read the files again.
        yield ControlUnit(UnitVerb.RESTART_LATER, unit)
    elif k3s.state != "active":
        yield ControlUnit(UnitVerb.START, unit)
    if goal.role.is_server:
        yield WaitUntil(Condition.SERVER_UP, _SERVER_UP, UP_WITHIN_S, unit)
    else:
        yield WaitUntil(Condition.AGENT_UP, _AGENT_UP, UP_WITHIN_S, unit)


def decide_ready(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    if facts.k3s.node_state != "Ready" or facts.k3s.voter is False:
        yield WaitUntil(Condition.NODE_READY, _NODE_READY, READY_WITHIN_S, goal.role.unit)


START = Step("start", "Start k3s", Stage.FORM, "", decide_start)
READY = Step("ready", "Ready in Kubernetes", Stage.FORM, "", decide_ready)
