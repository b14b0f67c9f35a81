"""The pictures that are kept show the screens as they are."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest

from screenshots.studio import DRAWN_BY, HOME, SIZES, Studio, own_terminal, versions
from screenshots.walks import WALKS

HINT = "the screens have changed: look whether that is meant, then `python -m screenshots.make`"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("walk", WALKS)
async def test_the_pictures_show_the_screens(walk: str, size: tuple[int, int], tmp_path: Path) -> None:
    studio, kept = Studio(tmp_path, size), Studio(HOME, size)
    with own_terminal():
        await WALKS[walk](studio)
    for drawn in sorted(studio.shelf.glob("*.txt")):
        before, now = _read(kept.shelf / drawn.name), _read(drawn)
        lines = unified_diff(before.splitlines(), now.splitlines(), "kept", "now", lineterm="")
        difference = "\n".join(lines)
        assert not difference, f"{drawn.stem}: {HINT}\n{difference}"
    if DRAWN_BY.read_text(encoding="utf-8") == versions():
        different = [
            drawn.stem
            for drawn in sorted(studio.shelf.glob("*.svg"))
            if _read(kept.shelf / drawn.name) != _read(drawn)
        ]
        assert not different, f"{', '.join(different)}: {HINT} (their text is the same)"


def test_no_picture_is_left_of_a_screen_that_is_no_longer_drawn() -> None:
    shelves = [Studio(HOME, size).shelf for size in SIZES]
    names = [{path.name for path in shelf.iterdir()} for shelf in shelves]
    assert names[0] == names[1]
    assert {Path(name).suffix for name in names[0]} == {".svg", ".txt"}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
