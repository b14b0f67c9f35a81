"""Copying, with what came of it told to the operator."""

from __future__ import annotations

import os
import sys

from sugarkube_tui.tui import clipboard
from sugarkube_tui.tui.fitting import FittedApp
from sugarkube_tui.tui.logview.excerpt import Excerpt


async def copy_and_tell(app: FittedApp, excerpt: Excerpt) -> None:
    """Copy by the best means there is.  A terminal never says whether it took the text: it was sent.

    The last line goes without its end: a command that is pasted must not start by itself.
    """
    text = excerpt.text.removesuffix("\n")
    copied = await clipboard.copy(text, sys.platform, os.environ, app.terminal, app.send)
    if copied.problem:
        told = f"Not copied: {copied.problem}; save it to a file instead."
        app.notify(told, severity="warning", markup=False)
    else:
        told = f"copied to {copied.way}"
        if not copied.certain:
            told = f"sent to {copied.way}; if nothing arrives, save to a file"
        app.notify(f"{excerpt.told} {told}", markup=False)
