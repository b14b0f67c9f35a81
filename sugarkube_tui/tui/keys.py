"""Every key of the wizard, in one place: bindings, the help screen and the README's table come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """One binding.

    Attributes:
        keys: Textual's key names, separated by commas.
        action: what it does, without `action_`.
        label: for the footer.
        says: for the help screen.
        shown: it is in the footer.
        display: how the key is written; empty: as Textual does.
    """

    keys: str
    action: str
    label: str
    says: str
    shown: bool = True
    display: str = ""

    @property
    def written(self) -> str:
        return self.display or self.keys.split(",")[0].replace("_", " ")


_BACK = Key("escape", "back", "Back", "go back; every answer is kept", display="Esc")
_EVERYWHERE = (
    Key("question_mark,f1", "help", "Help", "show the keys of this screen", display="?"),
    Key("q", "app.quit", "Quit", "leave; asks when a run is going on", shown=False, display="q"),
)
_MOVE = (
    Key("", "", "", "move in lists and logs", shown=False, display="↑ ↓  j k"),
    Key("", "", "", "go to the next or previous field or pane", shown=False, display="Tab ⇧Tab"),
)


def _continue(says: str, label: str = "Continue") -> Key:
    return Key("enter", "proceed", label, says, display="Enter")


KEYS: Mapping[str, tuple[Key, ...]] = {
    "Scan": (
        Key("space", "select", "Select", "select or leave out the highlighted host", display="Space"),
        Key("a", "add_host", "Add host", "add a host by name or address"),
        Key("l", "look", "Look", "choose where to look: layers, interfaces, the sweep"),
        _continue("go on with the selected hosts"),
        Key("r", "rescan", "Rescan", "look again, from nothing", shown=False),
        Key(
            "s", "sweep", "Sweep", "knock at port 22 of every address of the subnet; asks first", shown=False
        ),
        Key("e", "evidence", "Evidence", "read the evidence for the highlighted row, and back", shown=False),
        Key("escape", "close_evidence", "", "back from the evidence", shown=False, display="Esc"),
        *_EVERYWHERE,
    ),
    "Access": (
        _continue("log in to all hosts that are not in yet; when all are in, go on"),
        Key("o", "leave_out", "Leave out", "leave out the highlighted host (from the list of hosts)"),
        _BACK,
        Key("r", "again", "Retry", "log in to all hosts again (from the list of hosts)", shown=False),
        *_EVERYWHERE,
    ),
    "Environment": (_continue("take the highlighted environment"), _BACK, *_EVERYWHERE),
    "Servers": (_continue("take this number of servers"), _BACK, *_EVERYWHERE),
    "Address": (_continue("take this address; empty means none"), _BACK, *_EVERYWHERE),
    "Review": (
        _continue("start: from here on the nodes are changed", "Start"),
        Key("r", "look", "Look again", "read the nodes again and plan anew"),
        Key("o", "leave_out", "Leave out", "leave out the highlighted node and look again"),
        _BACK,
        Key("J,ctrl+d", "scroll_details(8)", "", "scroll the details down", shown=False, display="J"),
        Key("K,ctrl+u", "scroll_details(-8)", "", "scroll the details up", shown=False, display="K"),
        *_EVERYWHERE,
    ),
    "Run": (
        _continue("when the run has ended: verify the cluster", "Verify"),
        Key("z", "zoom", "Zoom", "one pane over the whole screen, and back"),
        Key("f", "follow", "Follow", "follow the log's end, or stay where you read"),
        Key("x", "stop", "Stop", "stop the run now; asks first"),
        Key("r", "again", "Run again", "after a failure: go on from what is true on the nodes"),
        Key("s", "summary", "Summary", "when the run has ended: summary or panes", shown=False),
        Key("tab", "pane(1)", "", "next pane", shown=False),
        Key("shift+tab", "pane(-1)", "", "previous pane", shown=False, display="⇧Tab"),
        Key("1,2,3,4,5,6,7,8,9", "", "", "that node's pane", shown=False, display="1 … 9"),
        *_EVERYWHERE,
    ),
    "Verify": (
        _continue("finish", "Finish"),
        Key("r", "again", "Look again", "look at once, from nothing; it looks by itself, too"),
        Key("e,space", "evidence", "Evidence", "what was seen at this rung of this server", display="e"),
        Key("w", "wire", "Wire", "the mDNS packets as they pass, or the vantages again"),
        Key("c", "looks", "Changes", "the last looks and what changed, or the vantages again", shown=False),
        Key("", "", "", "another rung of the highlighted server", shown=False, display="← →  h l"),
        Key("escape,b", "back", "Run", "back to the run's panes and summary", shown=False, display="Esc b"),
        *_EVERYWHERE,
    ),
}
"""By screen.  A key without action belongs to a widget and is listed for the help only."""


def bindings(screen: str) -> list[BindingType]:
    """A screen's bindings; each has an id, so that it can be told apart and remapped."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            show=key.shown,
            key_display=key.display or None,
            tooltip=key.says,
            id=f"{screen.lower()}.{key.action.split('(')[0]}{'.back' if '(-' in key.action else ''}",
        )
        for key in KEYS[screen]
        if key.action
    ]


def help_rows(screen: str) -> list[tuple[str, str]]:
    """Key and meaning, for the help screen."""
    return [(key.written, key.says) for key in (*KEYS[screen], *_MOVE)]


def markdown_table() -> str:
    """All keys, for the README."""
    rows = [f"| {screen} | `{key.written}` | {key.says} |" for screen in KEYS for key in _own(screen)]
    rows += [f"| everywhere | `{key.written}` | {key.says} |" for key in (_BACK, *_EVERYWHERE, *_MOVE)]
    return "\n".join(["| screen | key | what it does |", "| --- | --- | --- |", *rows])


def _own(screen: str) -> list[Key]:
    return [key for key in KEYS[screen] if key is not _BACK and key not in _EVERYWHERE]
