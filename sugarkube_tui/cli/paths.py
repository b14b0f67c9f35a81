"""Where the program keeps its files."""

from __future__ import annotations

from sugarkube_tui.cli.exit_codes import OK
from sugarkube_tui.cli.output import say, say_json
from sugarkube_tui.store.paths import Paths, is_there


def show_paths(paths: Paths, *, as_json: bool) -> int:
    """Print every path, and whether there is something."""
    named = paths.named
    for name, path in named.items():
        if as_json:
            say_json({"name": name, "path": str(path), "exists": is_there(path)})
        else:
            say(f"{name:<{max(map(len, named))}}  {path}{'' if is_there(path) else '  (not there yet)'}")
    return OK
