"""The clock: certificates and etcd need one that is right (contract §1)."""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, Condition, StepClock, WaitUntil
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import ClockFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.steps.base import Answers, Stage, Step, number

LIMIT_MS = 500.0
SETTLING_S = 90.0
"""Seconds after boot in which an unsynchronised clock is no reason for concern: a Pi has no battery
clock and has to ask the network first."""

PROBE = r"""
fact uptime "$(cut -d ' ' -f 1 /proc/uptime)"
if systemctl is-active --quiet chrony || systemctl is-active --quiet chronyd; then
  fact service chrony
  fact tracking "$(chronyc -c tracking)"
elif systemctl is-active --quiet systemd-timesyncd; then
  fact service systemd-timesyncd
fi
[ -n "$(find /run/sugarkube-tui/clock-corrected -mmin -5)" ] && fact corrected yes
fact ntp "$(timedatectl show -p NTPSynchronized --value)"
"""

_WAIT = r"""
if systemctl is-active --quiet chrony || systemctl is-active --quiet chronyd; then
  answer=$(chronyc -c tracking)
  leap=${answer##*,}
  echo "chrony says: $leap"
  [ "$leap" = Normal ]
else
  answer=$(timedatectl show -p NTPSynchronized --value)
  echo "NTPSynchronized=$answer"
  [ "$answer" = yes ]
fi
"""


def read(answers: Answers) -> ClockFacts:
    service = answers.get("service", "").strip()
    synchronised: bool | None = None
    offset_ms: float | None = None
    if service == "chrony":
        # chronyc -c: the 5th field is the system clock's offset in seconds, the last the leap status.
        values = answers.get("tracking", "").strip().split(",")
        if len(values) >= 14:
            synchronised = values[-1] == "Normal"
            offset = number(values[4])
            offset_ms = None if offset is None else offset * 1000
    elif service:
        synchronised = {"yes": True, "no": False}.get(answers.get("ntp", "").strip())
    return ClockFacts(
        service=service,
        synchronised=synchronised,
        service_offset_ms=offset_ms,
        workstation_offset_ms=number(answers.get("workstation_offset_ms")),
        accuracy_ms=number(answers.get("accuracy_ms")) or 0.0,
        uptime=number(answers.get("uptime")) or 0.0,
        corrected="corrected" in answers,
    )


def complaint(clock: ClockFacts) -> str:
    """What is wrong with the clock; empty when nothing is."""
    if not clock.service:
        return "neither chrony nor systemd-timesyncd is active"
    if clock.synchronised is False:
        return f"{clock.service} says that the clock is not synchronised"
    if clock.service_offset_ms is not None and abs(clock.service_offset_ms) > LIMIT_MS:
        return f"chrony measures {clock.service_offset_ms:+.0f} ms, the limit is {LIMIT_MS:.0f} ms"
    offset = clock.workstation_offset_ms
    if offset is not None and abs(offset) > LIMIT_MS + clock.accuracy_ms:
        return f"it differs from this workstation's by {offset:+.0f} ms (± {clock.accuracy_ms:.0f} ms)"
    return ""


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    clock = facts.clock
    why = complaint(clock)
    if not why or goal.kept:
        return
    if clock.service and clock.synchronised is False and clock.uptime < SETTLING_S:
        yield WaitUntil(Condition.CLOCK_SYNCHRONISED, _WAIT, SETTLING_S - clock.uptime + 1, required=False)
        return
    policy = goal.choices.clock
    if policy.fixes and clock.service and not clock.corrected:
        yield StepClock(clock.service)
        return
    yield Problem(
        "the clock is off",
        "certificates and etcd need it right: sudo chronyc -a makestep, or sudo timedatectl set-ntp true; "
        "SUGARKUBE_FIX_TIME=1 lets this program do it",
        Severity.BLOCKING if policy.stops else Severity.WARNING,
        why=why,
    )


def without(facts: NodeFacts, goal: Goal) -> str:
    """Without the strict policy it is only warned of."""
    return "certificates may look invalid and etcd may lag until the clock is right"


STEP = Step("clock", "Clock", Stage.PREPARE, PROBE, decide, without)
