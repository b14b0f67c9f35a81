"""How sentences name keys: as they are now, whatever the settings file says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from textual.dom import DOMNode

from sugarkube_tui.tui.key import Keymap, effective, key_id, written
from sugarkube_tui.tui.keys import KEYS

if TYPE_CHECKING:
    from sugarkube_tui.tui.fitting import FittedApp

_PLACE = re.compile(r"\{([a-z_]+\.[a-z_.0-9]+)\}")


class KeyNames:
    """The first key of every binding, as it is printed on keyboards.

    Args:
        keymap: other keys than the built-in ones.
    """

    def __init__(self, keymap: Keymap) -> None:
        self._keymap = keymap
        self._names: dict[str, str] = {}

    def __getitem__(self, binding: str) -> str:
        """The key of a binding, by the name that it has in the settings file, such as `scan.rescan`.

        Raises:
            KeyError: there is no such binding.
        """
        if not self._names:
            self._names = {
                key_id(group, key): written(effective(group, key, self._keymap)[:1])
                for group, keys in KEYS.items()
                for key in keys
                if key.action
            }
        return self._names[binding]

    def fill(self, text: str) -> str:
        """The text with keys in place of bindings: `r looks again` for `{review.look} looks again`.

        Raises:
            KeyError: there is no binding of a name in it.
        """
        return _PLACE.sub(lambda place: self[place[1]], text)


def key_names(node: DOMNode) -> KeyNames:
    """The keys as they are in the app that a screen or widget belongs to."""
    return cast("FittedApp", node.app).key_names
