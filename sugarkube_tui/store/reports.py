"""A run's report on disk: for people and for programs, beside the run's logs."""

from __future__ import annotations

import json
from pathlib import Path

from sugarkube_tui.engine.report import Report, as_json, as_markdown
from sugarkube_tui.store.paths import replace_file

MARKDOWN, JSON = "report.md", "report.json"


def save_report(directory: Path, report: Report) -> Path:
    """Write both forms for the user alone (0600); returns the path of the one for people.

    Raises:
        OSError: the directory is not there, or cannot be written to.
    """
    _write(directory / JSON, json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n")
    _write(directory / MARKDOWN, as_markdown(report))
    return directory / MARKDOWN


def _write(path: Path, text: str) -> None:
    """With question marks for what is no text: the log's path need not be any."""
    replace_file(path, text.encode(errors="replace").decode())
