"""The least that a Textual program with one table can be: what our own start-up is compared with."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable[str]()

    def on_mount(self) -> None:
        table: DataTable[str] = self.query_one(DataTable)
        table.add_columns("Host", "Address", "Pi")
        table.add_rows((f"sugarkube{number}", f"192.168.3.{10 + number}", "Pi 5") for number in range(8))


if __name__ == "__main__":
    Bare().run()
