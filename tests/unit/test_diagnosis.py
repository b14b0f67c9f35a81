"""The diagnostics say what a report needs, and no more."""

from __future__ import annotations

from pathlib import Path

from sugarkube_tui import __version__
from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.store.settings import Settings, ThemeName
from sugarkube_tui.tui.state import diagnosis
from sugarkube_tui.tui.terminal import Terminal


def test_versions_are_told_of_what_matters() -> None:
    rows = dict(diagnosis.versions().rows)
    assert rows["sugarkube-tui"] == __version__
    assert rows["textual"].split(".")[0] == "8"
    assert {"Python", "asyncssh", "zeroconf", "kubernetes"} <= set(rows)


def test_of_variables_only_the_terminals_are_told() -> None:
    variables = {"TERM": "xterm", "SUGARKUBE_TOKEN": "hush", "SSH_CONNECTION": "192.168.3.9 1 192.168.3.2 22"}
    terminal = Terminal.of(variables, "utf-8")
    part = diagnosis.terminal_part(terminal, (80, 24), "truecolor", "Unicode", "sugarkube-dark")
    assert dict(part.rows) == {
        "TERM": "xterm",
        "program": "not told",
        "within": "none",
        "over SSH": "yes",
        "UTF-8": "yes",
        "size": "80×24",
        "colours": "truecolor",
        "signs": "Unicode",
        "theme": "sugarkube-dark",
    }


def test_interfaces_and_agent_are_told() -> None:
    part = diagnosis.network_part([Interface("eth0", "192.168.3.2", "192.168.3.0/24")], "2 keys")
    assert part.rows == (("eth0", "192.168.3.2 in 192.168.3.0/24"), ("SSH agent", "2 keys"))
    assert diagnosis.network_part([], "x").rows[0] == ("interfaces", "none on which Pis may be")
    said = [diagnosis.agent_words(keys) for keys in (None, 0, 1, 2)]
    assert said == ["none that answers", "no key in it: ssh-add adds one", "1 key", "2 keys"]


def test_only_settings_that_differ_are_told() -> None:
    assert diagnosis.settings_part(Settings()).rows == (("all", "as without a file"),)
    settings = Settings(theme=ThemeName.LIGHT, mouse=False, keys={"run.zoom": "Z"})
    assert diagnosis.settings_part(settings).rows == (
        ("theme", "light"),
        ("mouse", "False"),
        ("keys", "other keys: run.zoom"),
    )


def test_the_text_has_every_part(tmp_path: Path) -> None:
    parts = [diagnosis.versions(), diagnosis.paths_part({"state": tmp_path, "runs": tmp_path / "runs"})]
    text = diagnosis.as_text(parts)
    assert f"  state          {tmp_path}\n" in text
    assert f"  runs           {tmp_path / 'runs'}  (not there yet)\n" in text
    assert text.startswith("Versions\n")
