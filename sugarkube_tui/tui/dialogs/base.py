"""What all dialogs share: the frame, the way out, and help."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from sugarkube_tui.tui.widgets.too_small import TooSmall, is_too_small

if TYPE_CHECKING:
    from sugarkube_tui.tui.app import SugarkubeApp


CHANGES_NOTHING = ("close", "cancel", "help")


class Dialog(ModalScreen[ScreenResultType]):
    """What is asked or told over a screen.  `KEY_GROUP` is its name in the registry of keys; subclasses say
    what stands in the frame (`heading`) and within it (`body`)."""

    KEY_GROUP: ClassVar[str]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self.heading()
            yield from self.body()
        yield TooSmall()

    @abstractmethod
    def heading(self) -> Content:
        """What it is about."""

    @abstractmethod
    def body(self) -> Iterable[Widget]:
        """The widgets below one another; the last one says what the keys do."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # What cannot be read must not be decided; the way out is always open.
        changes_nothing = action in CHANGES_NOTHING or parameters == (False,)
        return changes_nothing or not is_too_small(self)

    @property
    def wizard(self) -> SugarkubeApp:
        return cast("SugarkubeApp", self.app)

    def action_help(self) -> None:
        self.wizard.show_help(self.KEY_GROUP)
