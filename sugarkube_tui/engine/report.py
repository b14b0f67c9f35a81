"""Report: what a run has changed where, how long it took, and what to do next.  No secrets are in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sugarkube_tui.cluster.changes import Changed
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.queries import KUBECONFIG_PATH, SERVER_TOKEN_PATH
from sugarkube_tui.engine.board import Board, NodeBoard, evidence_lines
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import Target


@dataclass(frozen=True, slots=True)
class StepTook:
    """One step, and the seconds that it took."""

    title: str
    result: Result
    seconds: float


@dataclass(frozen=True, slots=True)
class ToSeeTo:
    """A warning that stands when the run is over."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node's part.

    Attributes:
        result: None when the run ended without it.
        changes: what was changed, by kind; of one kind, each name once.
        seconds: from the run's beginning to the end of its part.
        spent: seconds by what they went into.
        waited_for: seconds by the node that it waited for.
    """

    name: str
    hostname: str
    model: str
    address: str
    role: str
    result: Result | None
    actions: int
    reboots: int
    seconds: float
    changes: Mapping[str, tuple[str, ...]]
    spent: Mapping[str, float]
    waited_for: Mapping[str, float]
    steps: tuple[StepTook, ...]
    warnings: tuple[ToSeeTo, ...]
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something to do after the run, and the command that does it."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run."""

    environment: str
    result: Result
    what: str
    remedy: str
    seconds: float
    nodes: tuple[NodeReport, ...]
    next_steps: tuple[NextStep, ...]
    log_directory: str

    @property
    def failures(self) -> list[tuple[str, Evidence]]:
        """Nodes that did not reach their goal, by name, and why."""
        return [(node.name, node.evidence) for node in self.nodes if node.evidence is not None]

    @property
    def warnings(self) -> list[tuple[str, ToSeeTo]]:
        """What else is to be seen to, by node."""
        return [(node.name, warning) for node in self.nodes for warning in node.warnings]


def report_of(board: Board, targets: Iterable[Target], environment: Environment) -> Report:
    """The report of a run that has ended, or was cut off."""
    finished = board.finished
    nodes = tuple(_node(node, finished.at if finished else node.heard_at) for node in board.nodes.values())
    return Report(
        board.environment,
        finished.result if finished else Result.STOPPED,
        finished.what if finished else "the run was cut off",
        finished.remedy if finished else "run it again: it goes on from what is true on the nodes",
        finished.at if finished else max((node.seconds for node in nodes), default=0.0),
        nodes,
        tuple(_next_steps(board, {target.name: target for target in targets}, environment)),
        board.log_directory,
    )


def _node(node: NodeBoard, end: float) -> NodeReport:
    return NodeReport(
        node.name,
        node.hostname,
        node.model,
        node.address,
        node.role,
        node.result,
        node.actions,
        node.reboots,
        end if node.finished_at is None else node.finished_at,
        {kind.value: tuple(dict.fromkeys(node.changes[kind])) for kind in Changed if kind in node.changes},
        node.spent,
        node.track.waited_for(end),
        tuple(StepTook(step.title, step.result, step.ms / 1000) for step in node.history),
        tuple(ToSeeTo(warning.what, warning.remedy) for warning in node.warnings),
        node.evidence,
    )


def _next_steps(board: Board, targets: Mapping[str, Target], environment: Environment) -> Iterator[NextStep]:
    nodes = board.nodes.values()
    servers = [node for node in nodes if node.is_server and node.reached]
    if not servers:
        return
    server = servers[0]
    target = targets.get(server.name)
    login = f"{target.login.user}@{server.address or target.host}" if target else server.address
    port = f"-p {target.login.port} " if target and target.login.port != 22 else ""
    ssh = f"ssh {port}{login}"
    file = f"~/.kube/{environment.context}.yaml"
    yield NextStep("prove it from outside", f"sugarkube-tui verify {environment.name}")
    yield NextStep("look at its nodes", f"{ssh} sudo k3s kubectl get nodes")
    # k3s calls context, cluster and user "default", and knows its own API by the loopback address only.
    adapted = f"sed 's/127.0.0.1/{server.address}/; s/: default$/: {environment.context}/'"
    yield NextStep(
        "fetch a kubeconfig",
        f"(umask 077; mkdir -p ~/.kube; {ssh} sudo cat {KUBECONFIG_PATH} | {adapted} > {file})",
    )
    yield NextStep("read the join token, to add a node by hand", f"{ssh} sudo cat {SERVER_TOKEN_PATH}")


def as_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object."""
    return {"schema": 1, **asdict(report)}


def as_markdown(report: Report) -> str:
    """The report for people; what nodes have said stands in code, so that nothing of it is markup."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"# sugarkube run: {_code(report.environment)}"
    yield ""
    yield f"**{report.result}** after {duration(report.seconds)}: {_code(report.what)}"
    if report.remedy:
        yield from ("", f"Next: {_code(report.remedy)}")
    yield from ("", "## Nodes", "")
    yield "| node | role | result | actions | reboots | time |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for node in report.nodes:
        yield (
            f"| {_code(node.name)} | {node.role or '–'} | {node.result or 'unknown'} | {node.actions} "
            f"| {node.reboots} | {duration(node.seconds)} |"
        )
    yield from _troubles(report)
    yield from ("", "## What was changed")
    for node in report.nodes:
        yield from ("", f"### {_code(node.name)}", "")
        yield ", ".join(filter(None, (_code(node.model), _code(node.address)))) or "unknown"
        yield ""
        for kind, names in node.changes.items():
            yield f"- {kind}: {', '.join(map(_code, names))}"
        if not node.changes:
            yield "- nothing"
    yield from _times(report)
    if report.next_steps:
        yield from ("", "## Next steps")
        for step in report.next_steps:
            yield from ("", f"{step.what}:", "", f"    {step.command}")
    if report.log_directory:
        yield from ("", f"Logs: {_code(report.log_directory)}")


def _troubles(report: Report) -> Iterator[str]:
    if not (report.failures or report.warnings):
        return
    yield from ("", "## To see to")
    for name, evidence in report.failures:
        yield from ("", f"{_code(name)}:", "")
        yield from (f"    {line}" for line in evidence_lines(evidence))
    for name, warning in report.warnings:
        yield from ("", f"{_code(name)}:", "")
        yield from (f"    {line}" for line in f"▲ {warning.what}\n→ {warning.remedy}".splitlines())


def _times(report: Report) -> Iterator[str]:
    yield from ("", "## Where the time went", "")
    yield f"| node | {' | '.join(Spent)} | waited for |"
    yield f"| --- |{' --- |' * (len(Spent) + 1)}"
    for node in report.nodes:
        cells = " | ".join(duration(node.spent.get(kind.value, 0.0)) for kind in Spent)
        waited = ", ".join(f"{_code(name)} {duration(took)}" for name, took in node.waited_for.items())
        yield f"| {_code(node.name)} | {cells} | {waited or '–'} |"


def _code(text: str) -> str:
    """Text of any origin as inline code; empty stays empty."""
    flat = " ".join(text.split()).replace("`", "'").replace("|", "¦")
    return f"`{flat}`" if flat else ""


def duration(seconds: float) -> str:
    """`2 min 05 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
