"""Every key of the wizard, in one place: bindings, help, command palette, remapping and the README's table
come from here."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from sugarkube_tui.tui.key import Key, key_id

_BACK = Key("escape", "back", "Back", "go back; every answer is kept", id="app.back", essential=True)
_HELP = Key(
    "question_mark,f1",
    "help",
    "Help",
    "what has the focus, and the keys that work there",
    id="app.help",
    essential=True,
)
_QUIT = Key(
    "q", "app.quit", "Quit", "leave; asks when a run is going on", False, id="app.quit", essential=True
)
OPEN_PALETTE = "app.command_palette"
PALETTE = Key(
    "colon,ctrl+p",
    OPEN_PALETTE,
    "Commands",
    "search the commands that make sense here",
    shown=False,
    id="app.palette",
)
_EVERYWHERE = (
    _HELP,
    PALETTE,
    Key(
        "f12",
        "app.diagnose",
        "Diagnostics",
        "versions, terminal, network and paths",
        False,
        id="app.diagnose",
    ),
    _QUIT,
)
SHARED = (_BACK, *_EVERYWHERE)
"""What means the same on all screens."""
TAB = Key("", "", "", "go to the next or previous field or pane", display="Tab Shift+Tab")


def _continue(says: str, label: str = "Continue") -> Key:
    return Key("enter", "proceed", label, says, id="app.proceed", essential=True)


def _close(keys: str, says: str = "back to the screen") -> Key:
    return Key(keys, "close", "Close", says, essential=True)


def _move(keys: str, action: str, says: str) -> Key:
    return Key(keys, action, "", says, shown=False, moves=True)


KEYS: Mapping[str, tuple[Key, ...]] = {
    "Scan": (
        Key("space", "select", "Select", "select or leave out the highlighted host"),
        Key("a", "add_host", "Add host", "add a host: [user@]name-or-address[:port]"),
        Key("l", "look", "Look", "choose where to look: layers, interfaces, the sweep"),
        _continue("go on with the selected hosts"),
        Key("r", "rescan", "Rescan", "look again, from nothing", shown=False),
        Key(
            "s", "sweep", "Sweep", "knock at port 22 of every address of the subnet; asks first", shown=False
        ),
        Key("e", "evidence", "Evidence", "read the evidence for the highlighted row, and back", shown=False),
        Key("escape", "close_evidence", "", "back from the evidence", shown=False, essential=True),
        *_EVERYWHERE,
    ),
    "Access": (
        _continue("log in where we are not in yet; when all are in, go on"),
        Key("u", "own_login", "Own login", "a login of its own for the highlighted host, or the common one"),
        Key("o", "leave_out", "Leave out", "leave out the highlighted host (from the list of hosts)"),
        _BACK,
        Key("down,j", "to_hosts", "", "from the fields to the list of hosts", shown=False),
        Key("t", "trust", "Host key", "compare a host key that has changed with the old one", shown=False),
        Key("r", "again", "Retry", "log in to all hosts again (from the list of hosts)", shown=False),
        *_EVERYWHERE,
    ),
    "Environment": (_continue("take the highlighted environment"), _BACK, *_EVERYWHERE),
    "Servers": (
        _continue("take this number of servers, and these roles"),
        Key(
            "K,shift+up",
            "move(-1)",
            "Move",
            "move the highlighted node up: the first ones become servers",
            display="K J",
            id="servers.move_up",
        ),
        Key("t", "taint", "Taint", "keep workloads off the servers, or let them in"),
        _BACK,
        Key("J,shift+down", "move(1)", "", "move the highlighted node down", False, id="servers.move_down"),
        Key("b", "best_first", "", "the nodes that do best as servers first", shown=False),
        Key("n", "by_name", "", "the nodes by name again", shown=False),
        *_EVERYWHERE,
    ),
    "Address": (_continue("take this address; empty means none"), _BACK, *_EVERYWHERE),
    "Review": (
        _continue("start: from here on the nodes are changed", "Start"),
        Key("r", "look", "Look again", "read the nodes again and plan anew"),
        Key("o", "leave_out", "Leave out", "leave out the highlighted node and look again"),
        _BACK,
        Key("p", "save_plan", "Save plan", "save nodes and choices as a file, for --plan", shown=False),
        Key("t", "save_text", "Save text", "save this review as a text file", shown=False),
        Key("J,ctrl+d", "scroll_details(8)", "", "scroll the details down", shown=False),
        Key("K,ctrl+u", "scroll_details(-8)", "", "scroll the details up", shown=False),
        *_EVERYWHERE,
    ),
    "Run": (
        _continue("when the run has ended: verify; while nodes ask: go to the next of them", "Verify"),
        Key("z", "zoom", "Zoom", "one pane over the whole screen, and back"),
        Key("v", "timeline", "Timeline", "all nodes on one time scale, and back"),
        Key("p", "goto", "Go to", "go to a node by its name", shown=False),
        Key("x", "stop", "Stop", "stop the run now; asks first"),
        Key("r", "again", "Retry", "a node asks: look at it again and go on; after the run: run again"),
        Key("i", "skip", "Go without", "a node asks: go on without this step, where that is safe", False),
        Key("d", "direct", "Join directly", "a node asks: join through a server's own address", False),
        Key("u", "give_up", "Give up", "give this node up; the others go on; asks first", False),
        Key("s", "result", "Result", "when the run has ended: its result or the panes"),
        Key("y", "copy", "Copy", "beside the result: copy a command for what comes next", False),
        Key("escape", "panes", "Panes", "back to all the panes", shown=False, essential=True),
        Key("tab", "pane(1)", "", "next pane", shown=False),
        Key("shift+tab", "pane(-1)", "", "previous pane", shown=False),
        *(
            Key(str(number), f"jump({number - 1})", "", "that node's pane", False, id=f"run.pane_{number}")
            for number in range(1, 10)
        ),
        *_EVERYWHERE,
    ),
    "Verify": (
        _continue("finish", "Finish"),
        Key("r", "again", "Look again", "look at once, from nothing; it looks by itself, too"),
        Key("e,space", "evidence", "Evidence", "what was seen at this rung of this server", display="e"),
        Key("w", "wire", "Wire", "the mDNS packets as they pass, or the vantages again"),
        Key("c", "looks", "Changes", "the last looks and what changed, or the vantages again", shown=False),
        Key("escape,b", "back", "Run", "back to the run's panes and summary", shown=False, essential=True),
        *_EVERYWHERE,
    ),
    # -- dialogs
    "Confirm": (
        Key("y", "answer(True)", "Yes", "yes, do it", id="confirm.yes"),
        Key("n,escape", "answer(False)", "No", "no, leave it as it is", id="confirm.no", essential=True),
        _HELP,
    ),
    "Go to": (
        Key("escape", "cancel", "Cancel", "back; the same node stays", essential=True),
        Key("up", "move(-1)", "", "the name above", shown=False),
        Key("down", "move(1)", "", "the name below", shown=False),
        _HELP,
    ),
    "Add host": (Key("escape", "cancel", "Cancel", "back; nothing is added", essential=True), _HELP),
    "Trust key": (
        Key("escape", "cancel", "Cancel", "back; the pinned host key stays", essential=True),
        _HELP,
    ),
    "Resume": (
        Key(
            "enter",
            "resume",
            "Go on",
            "take up the plan: log in, then the question that was open",
            essential=True,
        ),
        Key("n,escape", "afresh", "Start afresh", "begin with the scan", essential=True),
        _QUIT,
        _HELP,
    ),
    "Running elsewhere": (_close("enter,escape"), _HELP),
    "Save file": (Key("escape", "cancel", "Cancel", "back; nothing is written", essential=True), _HELP),
    "Where to look": (
        Key("space", "switch", "Switch", "switch the highlighted row on or off"),
        _close("escape,enter", "back to the scan; a change looks afresh"),
        _HELP,
    ),
    "Copy command": (
        Key("enter", "take", "Copy", "copy the highlighted command", essential=True),
        _close("escape", "back; nothing is copied"),
        _HELP,
    ),
    "Steps": (
        Key("enter", "take", "Show", "show the lines of the highlighted step", essential=True),
        _close("escape", "leave it as it is"),
        _HELP,
    ),
    "Evidence": (_close("escape,e,enter,q,space"), _HELP),
    "Diagnostics": (
        Key("y", "copy", "Copy", "copy the text"),
        Key("s", "save", "Save", "save the text to a file"),
        _close("escape,f12,enter,q"),
        _HELP,
    ),
    "Help": (_close("escape,question_mark,f1,enter,q"),),
    # -- widgets: these keys work where the widget has the focus
    "Table": (
        _move("up,k", "cursor_up", "the row above"),
        _move("down,j", "cursor_down", "the row below"),
        _move("home,g", "first", "the first row"),
        _move("end,G", "last", "the last row"),
        _move("pageup", "page_up", "a page up"),
        _move("pagedown", "page_down", "a page down"),
    ),
    "Live rows": (
        _move("up,k", "move(-1)", "the row above"),
        _move("down,j", "move(1)", "the row below"),
        _move("pageup", "page(-1)", "a page up"),
        _move("pagedown", "page(1)", "a page down"),
        _move("home,g", "first", "the first row"),
        _move("end,G", "last", "the last row"),
    ),
    "Grid": (
        _move("left,h", "move(-1)", "the cell to the left"),
        _move("right,l", "move(1)", "the cell to the right"),
    ),
    "Pane": (
        _move("up,k", "scroll_up", "a line up"),
        _move("down,j", "scroll_down", "a line down"),
        _move("pageup", "page_up", "a page up"),
        _move("pagedown", "page_down", "a page down"),
        _move("home,g", "scroll_home", "to the top"),
        _move("end,G", "scroll_end", "to the end"),
    ),
    "Log": (
        _move("up,k", "scroll_up", "a line up; then it stays there"),
        _move("down,j", "scroll_down", "a line down"),
        _move("left,h", "scroll_left", "to the left"),
        _move("right,l", "scroll_right", "to the right"),
        _move("pageup,b", "page_up", "a page up"),
        _move("pagedown,space", "page_down", "a page down"),
        Key("home,g", "scroll_home", "", "to the oldest line that is kept", shown=False),
        Key("end,G", "scroll_end", "", "to the end, and follow it", shown=False),
        Key("f", "follow", "Follow", "follow the log's end, or stay where you read"),
        Key("slash", "search", "Search", "search; capital letters make it exact"),
        Key("n", "next_hit(1)", "", "the next line that was found", shown=False),
        Key("N", "next_hit(-1)", "", "the one before", shown=False, id="log.previous_hit"),
        Key("L", "level", "", "everything, no output, commands only, warnings and errors", shown=False),
        Key("S", "step", "", "the lines of one step, or of all", shown=False),
        Key("w", "wrap", "", "wrap long lines, or not", shown=False),
        Key("t", "times", "", "show the time of every line, or not", shown=False),
        Key("V", "pick", "", "choose lines: move, then copy or save them", shown=False),
        Key("o", "swap", "", "while choosing lines: move the other end", shown=False),
        Key("y", "copy", "", "copy what is chosen, else the step that is shown", shown=False),
        Key("Y", "copy_all", "", "copy all lines that are shown", shown=False),
        Key("W", "save", "", "save what is chosen, else all lines that are shown, to a file", shown=False),
        Key("escape", "leave", "", "end choosing lines, or the search", shown=False, essential=True),
    ),
    "Find": (
        Key("ctrl+r", "regex", "", "plain text, or a regular expression", shown=False),
        Key("escape", "end_search", "End search", "end the search", essential=True),
    ),
    "Field": (Key("enter", "submit", "Continue", "go on with what is typed", essential=True),),
}
"""By group: the wizard's screens, its dialogs, and the widgets with keys of their own."""

WIDGETS_OF: Mapping[str, tuple[str, ...]] = {
    "Scan": ("Table", "Pane"),
    "Access": ("Table", "Pane", "Field"),
    "Environment": ("Table", "Pane", "Field"),
    "Servers": ("Table", "Pane", "Field"),
    "Address": ("Pane", "Field"),
    "Review": ("Table", "Pane"),
    "Run": ("Log", "Find", "Pane", "Live rows"),
    "Verify": ("Table", "Grid", "Pane", "Log", "Find"),
    "Confirm": (),
    "Go to": ("Field",),
    "Add host": ("Field",),
    "Trust key": ("Field",),
    "Resume": (),
    "Running elsewhere": (),
    "Save file": ("Field",),
    "Where to look": ("Table",),
    "Copy command": ("Table",),
    "Steps": ("Table",),
    "Evidence": ("Pane",),
    "Diagnostics": ("Pane",),
    "Help": ("Pane",),
}
"""The widgets that can have the focus, for each screen and dialog."""


def bindings(group: str) -> list[BindingType]:
    """A screen's, dialog's or widget's bindings; each has an id, so that it can be remapped."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            show=key.shown,
            key_display=key.display or None,
            tooltip=key.says,
            id=key_id(group, key),
        )
        for key in KEYS[group]
        if key.action
    ]
