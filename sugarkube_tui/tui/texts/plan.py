"""What the review says: the whole in one line, what concerns the cluster, and what one node is in for."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.cluster.actions import Reboot
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.plan import NodePlan, Problem, blockers, warnings
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.engine.estimate import Experience, expected
from sugarkube_tui.engine.formation import Look
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.review import Review
from sugarkube_tui.tui.words import Mood

DETAIL_LINES = 60
"""Lines shown of one action's details; a whole file's diff can be longer."""
RESTART = "{app.quit} leaves the wizard, which reads variables at its start"
"""The key that settles what is wrong with a variable."""


def summary(review: Review, nodes: int, look: str) -> Content:
    """How far the look is, or what came of it, and what Enter does.

    Args:
        nodes: how many are looked at.
        look: the key that looks again.
    """
    if review.looking:
        return words.state(
            Mood.BUSY, f"looking: {len(review.read)} of {nodes} nodes read, listening on the LAN …"
        )
    if (found := review.found) is None:
        return words.state(Mood.BAD, f"could not look: {look} looks again")
    plan = found.plan
    actions = sum(len(node.actions) for node in plan.nodes)
    reboots = sum(isinstance(action, Reboot) for node in plan.nodes for action in node.actions)
    counts = ((len(plan.nodes), "node"), (actions, "action"), (reboots, "reboot"))
    count = ", ".join(words.plural(number, noun) for number, noun in counts)
    if not review.ready:
        blocking = _blocking(found)
        return words.state(
            Mood.BAD, f"{words.plural(blocking, 'problem')} to settle first; then {look} looks again"
        )
    if plan.empty:
        return words.state(Mood.GOOD, f"{count}: all is so already; Enter proves it")
    return Content.assemble(words.state(Mood.GOOD, count), ": Enter starts")


def cluster_parts(found: Look, choices: Choices, experience: Experience, ways_on: str) -> list[Content | str]:
    """What concerns all nodes: problems, what is formed or joined, and how long it will take.

    Args:
        experience: from earlier runs.
        ways_on: the keys that help where something blocks.
    """
    plan = found.plan
    parts: list[Content | str] = _problems(plan.problems)
    if found.failures:
        parts += [
            words.state(Mood.BAD, f"no access: {', '.join(found.failures)}"),
            "  Roles depend on all nodes, so nothing starts without them.",
            words.remedy("settle it there, or leave the node out"),
            "",
        ]
    if found.failures or blockers(plan.problems):
        parts += [ways_on, ""]
    servers = sum(node.goal.role.is_server for node in plan.nodes)
    reboots = [node.name for node in in_order(found) if node.reboots]
    parts += [
        words.pair("Cluster", str(choices.environment)),
        words.pair("Servers", f"{servers} of these nodes, {choices.servers} wanted"),
        words.pair("Agents", str(len(plan.nodes) - servers)),
        words.pair("k3s", found.version or f"{choices.channel} channel, resolved during the run"),
        words.pair("Address", choices.registration_address or "none"),
        words.pair("Reboots", ", ".join(reboots) or "none"),
        *_duration(found, experience),
        "",
    ]
    if found.live:
        parts.append("Servers of it on the LAN now")
        parts += [f"  {live.host}  CA {short_hash(live.ca_hash)}" for live in found.live]
    else:
        parts.append("No server of it is on the LAN: a new cluster is started.")
    if plan.empty:
        return parts
    parts += [
        "",
        words.muted(
            "Nodes are prepared all at once; then the first server, further servers one at a time, then the "
            "agents. Secrets are shown as ••••."
        ),
    ]
    return parts


def _duration(found: Look, experience: Experience) -> list[Content]:
    if found.plan.empty:
        return []
    models = {name: facts.model for name, facts in found.nodes.items()}
    expects = expected(found.plan, models, experience)
    return [words.pair("Duration", f"about {words.roughly(expects.seconds)}, {expects.basis}")]


def in_order(found: Look) -> list[NodePlan]:
    """The nodes' plans by name."""
    return sorted(found.plan.nodes, key=lambda node: natural(node.name))


def _blocking(found: Look) -> int:
    problems = len(blockers(found.plan.problems)) + len(found.failures)
    return problems + sum(len(blockers(node.problems)) for node in found.plan.nodes)


def _problems(problems: tuple[Problem, ...]) -> list[Content | str]:
    parts: list[Content | str] = []
    for problem in (*blockers(problems), *warnings(problems)):
        parts.append(words.state(Mood.BAD if problem.blocking else Mood.WARN, problem.what))
        parts += [f"  {line}" for line in problem.why.splitlines()]
        if problem.remedy:
            parts.append(words.remedy(problem.remedy))
        parts.append("")
    return parts


def node_parts(node: NodePlan) -> list[Content | str]:
    """What is to be done to one node, why it is that, and what stands against it."""
    parts = _problems(node.problems)
    parts += [words.plain(node.reason), ""]
    number = 0
    for step in node.steps:
        if not step.actions:
            continue
        parts.append(Content.assemble((step.title, "bold underline")))
        for action in step.actions:
            number += 1
            title = Content.assemble((f"{number:>3}  ", words.MUTED), words.plain(action.title))
            if isinstance(action, Reboot):
                title = Content.assemble(
                    (f"{number:>3}  ", words.MUTED), (f"↻ {action.title}", "$text-warning")
                )
            parts.append(title)
            parts += [_detail(line) for line in action.details[:DETAIL_LINES]]
            if len(action.details) > DETAIL_LINES:
                parts.append(words.muted(f"       … {len(action.details) - DETAIL_LINES} more lines"))
    if number == 0 and not node.blocked:
        parts.append(words.state(Mood.GOOD, "nothing to do: it is so already"))
    return parts


def _detail(line: str) -> Content:
    text = words.plain(line).plain
    if text.startswith("+"):
        return Content.assemble(("       " + text, "$text-success"))
    if text.startswith("-"):
        return Content.assemble(("       " + text, "$text-error"))
    return Content.assemble(("       " + text, words.MUTED))
