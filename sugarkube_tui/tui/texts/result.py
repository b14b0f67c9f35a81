"""What came of a run: results, what to see to, what to do next, what was changed, where the time went."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.cluster.wording import few
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.report import NodeReport, Report
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.state.run import Run
from sugarkube_tui.tui.texts.node_words import DONE_WORDS
from sugarkube_tui.tui.words import MOOD_OF_RESULT, Mood

HEADS = {
    Spent.REMOTE: "remote",
    Spent.REBOOT: "reboot",
    Spent.WAITING: "waiting",
    Spent.ASKING: "asking",
    Spent.OVERHEAD: "overhead",
}
CELL = 11
NARROW_CELL = 9
"""Cells for a time with its share of the whole, and without."""
COUNTED_FROM = 58
"""Cells beside a name from which numbers of actions and reboots have room."""
NAMES_SHOWN = 8
"""Names of one kind of change that are shown of one node; the report has them all."""
SIMULATED = "these Pis are simulated: here Enter verifies; with real ones, these commands work"


def result(run: Run, keys: KeyNames, room: int, *, simulated: bool) -> list[Content | str]:
    """The whole, line by line.

    Args:
        room: cells for a line.
        simulated: the nodes are the demo's: what would be done next is told, but nobody can do it.
    """
    parts: list[Content | str] = []
    if run.fault is not None:
        parts += [*words.evidence(run.fault), ""]
    if (report := run.report) is None:
        return parts
    parts.append(_verdict(report))
    if report.remedy:
        parts.append(words.remedy(f"{report.remedy} ({keys['run.again']} runs again)"))
    width = min(16, max((len(node.name) for node in report.nodes), default=4))
    parts += ["", *_table(report, width, room)]
    parts += _troubles(report)
    for step in report.next_steps:
        if step is report.next_steps[0]:
            parts += ["", words.strong("Next")]
            if simulated:
                parts.append(words.state(Mood.WARN, SIMULATED))
        parts += [words.plain(f"  {step.what}"), words.muted(f"    $ {step.command}")]
    parts += ["", *_changes(report, width), "", *_times(report, width, room), ""]
    if run.report_path:
        parts.append(words.pair("Report", run.report_path, 6))
    if report.log_directory:
        parts.append(words.pair("Logs", report.log_directory, 6))
    for problem in run.unkept:
        parts += words.evidence(problem)
    return parts


def _verdict(report: Report) -> Content:
    mood = {Result.FAILED: Mood.BAD, Result.STOPPED: Mood.WARN}.get(report.result, Mood.GOOD)
    took = (f"  in {words.elapsed(report.seconds)}", words.MUTED)
    return Content.assemble(words.state(mood, report.what), took)


def _name(node: NodeReport, width: int) -> Content:
    return words.strong(node.name).truncate(width, ellipsis=True, pad=True)


def _table(report: Report, width: int, room: int) -> list[Content]:
    counted = room >= width + COUNTED_FROM
    counts = "  Actions  Reboots" if counted else ""
    rows = [words.muted(f"{'Node':<{width}}  {'Result':<15}  {'Role':<12}{counts}     Time")]
    for node in report.nodes:
        state = (
            words.state(MOOD_OF_RESULT[node.result], DONE_WORDS[node.result])
            if node.result is not None
            else words.state(Mood.WARN, "cut off")
        )
        rows.append(
            Content("  ").join(
                [
                    _name(node, width),
                    state.truncate(15, ellipsis=True, pad=True),
                    Content(f"{node.role:<12}"),
                    *([Content(f"{node.actions:>7}"), Content(f"{node.reboots:>7}")] if counted else []),
                    Content(f"{words.elapsed(node.seconds):>7}"),
                ]
            )
        )
    return rows


def _troubles(report: Report) -> list[Content | str]:
    parts: list[Content | str] = []
    for name, evidence in report.failures:
        parts += ["", words.strong(name), *words.evidence(evidence)]
    for name, warning in report.warnings:
        parts += ["", words.strong(name), words.state(Mood.WARN, warning.what)]
        if warning.remedy:
            parts.append(words.remedy(warning.remedy))
    return parts


def _changes(report: Report, width: int) -> list[Content]:
    rows = [words.strong("What was changed")]
    for node in report.nodes:
        name = _name(node, width)
        if not node.changes:
            rows.append(Content.assemble(name, words.muted("  nothing")))
        for kind, names in node.changes.items():
            what = words.plain(few(names, NAMES_SHOWN))
            rows.append(Content.assemble(name, (f"  {kind:<8}  ", words.MUTED), what))
            name = Content(" " * width)
    return rows


def _times(report: Report, width: int, room: int) -> list[Content]:
    shares = room >= width + CELL * len(Spent)
    cell = CELL if shares else NARROW_CELL
    heads = "".join(f"{HEADS[kind]:>{cell}}" for kind in Spent)
    rows = [words.strong("Where the time went"), words.muted(f"{'Node':<{width}}{heads}")]
    for node in report.nodes:
        total = sum(node.spent.values()) or 1.0
        spent = (node.spent.get(kind.value, 0.0) for kind in Spent)
        cells = "".join(
            f"{_spent(seconds, total) if shares else f'{seconds:.0f} s':>{cell}}" for seconds in spent
        )
        rows.append(Content.assemble(_name(node, width), cells))
    return rows


def _spent(seconds: float, total: float) -> str:
    return f"{seconds:.0f} s {seconds / total:4.0%}"
