"""What the Access screen says: how the logins stand, and who one host is."""

from __future__ import annotations

from dataclasses import replace

from textual.content import Content

from sugarkube_tui.cluster.belonging import strangers
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.engine.ports import SshAdvice
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.state.access import Access, Entry, HostAccess
from sugarkube_tui.tui.words import Mood

Parts = list[Content | str]
COMPARE = (
    "{access.trust} compares both keys; the name typed there trusts the new one. "
    "{access.leave_out} leaves it out."
)


def verdict(access: Access, leave_out: str, *, compares: bool) -> Content:
    """What Enter does now, and why.

    Args:
        leave_out: the key that does without a host.
        compares: it opens the comparison of host keys.
    """
    hosts = access.hosts.values()
    told = f"{sum(one.entry is Entry.IN for one in hosts)} of {len(hosts)} in"
    if access.all_in:
        return words.state(Mood.GOOD, f"{told}: Enter goes on")
    if access.busy:
        return words.state(Mood.BUSY, f"logging in, {told}; nothing is changed there")
    if compares:
        return words.state(Mood.BAD, f"{told}: Enter compares the host keys ({leave_out}: leave out)")
    if any(one.entry is Entry.FAILED for one in hosts):
        return words.state(Mood.BAD, f"{told}: correct it, Enter retries ({leave_out}: leave out)")
    return words.muted(f"Enter logs in to {words.plural(len(hosts), 'host')}")


def host_parts(one: HostAccess, environment: Environment, keys: KeyNames) -> Parts:
    """Why it does not let us in, or who it is; and what ~/.ssh/config says about it.

    Args:
        environment: the one that is going to be formed, as far as it is chosen.
    """
    if one.problem is not None:
        problem = one.problem
        if one.change is not None:
            problem = replace(problem, remedy=keys.fill(COMPARE))
        return [*words.evidence(problem), *_advice(one.advice)]
    if one.facts is not None:
        belonging = strangers(environment, (), {one.name: one.facts})
        told = [part for problem in belonging for part in _early(problem)]
        return [*told, *_facts(one, one.facts.access)]
    if one.entry is Entry.TRYING:
        return [
            f"logging in as {one.login.user} to {one.host.address}, reading facts …",
            *_advice(one.advice),
        ]
    return [words.muted("Nothing was tried yet; nothing on it is changed by logging in.")]


def _facts(one: HostAccess, access: AccessFacts) -> Parts:
    free = f"{access.free_mb / 1000:.0f} GB free"
    return [
        words.pair("Host key", access.host_key or "not told"),
        words.pair("Login", f"{one.login.user}, answered in {words.ms(one.ms)}"),
        *_advice(one.advice),
        words.pair("System", f"{access.hostname}: {access.os_name}, {access.architecture}"),
        words.pair("Hardware", f"{words.model(access.model)}, {access.memory_mb} MiB memory, {free}"),
        words.muted("The host key is pinned from now on; a change stops that node."),
    ]


def _early(problem: Problem) -> Parts:
    return [words.state(Mood.WARN, problem.what), words.remedy(problem.remedy)]


def _advice(advice: SshAdvice) -> Parts:
    """What comes from ~/.ssh/config, so that nobody wonders why it goes another way."""
    said = [
        f"HostName {advice.host}" if advice.host else "",
        f"User {advice.user}" if advice.user else "",
        f"Port {advice.port}" if advice.port else "",
        f"ProxyJump {advice.jump}" if advice.jump else "",
        "a ProxyCommand" if advice.command else "",
    ]
    told = ", ".join(filter(None, said))
    return [words.pair("SSH config", f"{told}  ({advice.source})")] if told else []
