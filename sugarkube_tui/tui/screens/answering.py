"""Deciding during a run: answer the current node's question, give a node up, stop everything."""

from __future__ import annotations

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Answer
from sugarkube_tui.tui.dialogs.confirm import Confirm
from sugarkube_tui.tui.screens.logs import LogScreen
from sugarkube_tui.tui.state.run import Phase


class Answering(LogScreen):
    """The part of the run screen that changes what happens.

    Attributes:
        current: the name of the node that the keys are about.
    """

    current = ""

    def __init__(self) -> None:
        super().__init__()
        self._to_give_up = ""  # a node, while that is being confirmed

    @property
    def node(self) -> NodeBoard | None:
        """The current node; None before the run knows any."""
        return self.session.run.board.nodes.get(self.current)

    @property
    def may_give_up(self) -> bool:
        node = self.node
        at_work = node is not None and bool(node.role) and node.result is None
        return at_work and self.session.run.phase is Phase.RUNNING

    def close_what_is_settled(self) -> None:
        """A dialog that asks about what has ended meanwhile goes away by itself."""
        dialog, run = self.wizard.screen, self.session.run
        node = run.board.nodes.get(self._to_give_up)
        if isinstance(dialog, Confirm) and (
            not run.phase.active or (node is not None and node.result is not None)
        ):
            dialog.dismiss(False)

    def action_again(self) -> None:
        if self.session.run.phase.active:
            self.session.run.answer(self.current, Answer.RETRY)
        else:
            self.session.run_again()

    def action_skip(self) -> None:
        self.session.run.answer(self.current, Answer.SKIP)

    def action_direct(self) -> None:
        self.session.run.answer(self.current, Answer.DIRECT)

    def action_give_up(self) -> None:
        name, node = self.current, self.node
        if node is None:
            return
        begun = "It stays as it is now" if node.question is not None else "Nothing more is begun on it"
        depends = (
            " What depends on it is set aside, too: without the first server nobody joins."
            if node.is_server
            else ""
        )
        self._to_give_up = name
        self.wizard.push_screen(
            Confirm(
                f"Give {name} up?",
                f"{begun}; the other nodes go on.{depends}\n\n"
                "Running again later goes on from what is true on the node.",
                f"give {name} up",
                "keep it",
            ),
            lambda confirmed: self._give_up_confirmed(name, confirmed),
        )

    def _give_up_confirmed(self, name: str, confirmed: bool | None) -> None:
        self._to_give_up = ""
        if not confirmed:
            return
        if name in self.session.run.asking:
            self.session.run.answer(name, Answer.GIVE_UP)
        else:
            self.session.run.give_up(name)

    def action_stop(self) -> None:
        self.wizard.push_screen(
            Confirm(
                "Stop the run?",
                "Nothing more is begun on any node. No file is left half-written, and what is done stays "
                "done; a command that a node has begun may still end there by itself.\n\n"
                "Running again goes on from what is true on the nodes.",
                "stop now",
                "let it run",
            ),
            self._stop_confirmed,
        )

    def _stop_confirmed(self, confirmed: bool | None) -> None:
        if confirmed:
            self.session.run.stop()
