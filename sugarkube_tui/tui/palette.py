"""The command palette: what can be done here and now, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import actions
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode

from sugarkube_tui.store.settings import ThemeName
from sugarkube_tui.tui.guidance import group_of, path_from
from sugarkube_tui.tui.key import Key, effective, written
from sugarkube_tui.tui.keys import KEYS, OPEN_PALETTE
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.themes import THEMES

if TYPE_CHECKING:
    from sugarkube_tui.tui.app import SugarkubeApp


KEY_WIDTH = 7
LABEL_WIDTH = 14
"""Cells before a command's label, and before what it does."""


@dataclass(frozen=True, slots=True)
class _Command:
    label: str
    says: str
    key: str
    run: Callable[[], Awaitable[object] | None]

    @property
    def text(self) -> str:
        """What is searched."""
        return f"{self.label:<{LABEL_WIDTH}}{self.says}"

    def drawn(self, text: Content) -> Content:
        """One row, where there is room for it."""
        return Content.assemble((f"{self.key:<{KEY_WIDTH}}", "bold $text-accent"), text)


class Commands(Provider):
    """The registry's keys that are allowed now, of the focused widget and of the screen; and the themes."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.drawn(Content(command.text)), command.run, command.text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.text)) > 0:
                drawn = command.drawn(matcher.highlight(command.text))
                yield Hit(score, drawn, command.run, command.text)

    def _commands(self) -> Iterator[_Command]:
        wizard = cast("SugarkubeApp", self.app)
        offered = set()
        for node in (self.screen, *path_from(self.focused)):
            group = group_of(node)
            for key in KEYS.get(group, ()):
                shown = written(effective(group, key, wizard.keymap))
                # Keys without a label move something: nobody looks for them here.
                if key.label and shown not in offered and self._is_allowed(node, key):
                    offered.add(shown)
                    first = written(effective(group, key, wizard.keymap)[:1])
                    label = _label(node, key)
                    yield _Command(label, key.says, first, partial(self._run, node, key, label))
        if not wizard.no_color:
            for name in ThemeName:
                if wizard.theme != THEMES[name].name:
                    yield _Command(
                        "Theme",
                        f"{name}: for this start; settings.toml keeps it",
                        "",
                        partial(wizard.use_theme, name),
                    )

    async def _run(self, node: DOMNode, key: Key, label: str) -> None:
        """Do what was offered, if it still means the same: the run goes on behind the palette."""
        if node.is_attached and self._is_allowed(node, key) and _label(node, key) == label:
            await self.app.run_action(key.action, node)
        else:
            self.app.notify(
                f"“{label}” was not done: meanwhile it is not possible any more",
                severity="warning",
                markup=False,
            )

    def _is_allowed(self, node: DOMNode, key: Key) -> bool:
        if not key.action or key.action == OPEN_PALETTE:
            return False
        namespace, action, parameters = actions.parse(key.action)
        target: DOMNode = self.app if namespace == "app" else node
        return target.check_action(action, parameters) is True


def _label(node: DOMNode, key: Key) -> str:
    """What a key is called now."""
    return (node.labels().get(key.action) if isinstance(node, WizardScreen) else None) or key.label
