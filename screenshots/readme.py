"""Writes the table of keys into README.md: `python -m screenshots.readme`."""

from __future__ import annotations

from pathlib import Path

from sugarkube_tui.tui.key_tables import markdown_table

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- keys: make readme -->\n", "<!-- /keys -->\n"


def with_keys(text: str) -> str:
    """The README with the table as it should be between its marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"README.md lacks {BEGIN.strip()} or {END.strip()}")
    return f"{before}{BEGIN}\n{markdown_table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_keys(README.read_text(encoding="utf-8")), encoding="utf-8")
