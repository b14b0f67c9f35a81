"""What the operator was asked once, and answered: may this network be swept?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sugarkube_tui.store.paths import is_there, private, replace_file

SCHEMA = 1


class Consents:
    """Answers by network, in CIDR form.

    A file that cannot be read counts as none: the operator is asked again.

    Args:
        path: where answers are kept; None keeps them for this program run alone.

    Attributes:
        problem: why the last answer could not be kept; empty when it was.
    """

    def __init__(self, path: Path | None) -> None:
        self.problem = ""
        self._path = path
        self._sweeps = _read(path) if path is not None else {}

    def sweep(self, network: str) -> bool | None:
        """Whether this network may be swept; None: nobody was asked yet."""
        return self._sweeps.get(network)

    def answer_sweep(self, networks: Iterable[str], allowed: bool) -> None:
        """Remember an answer.  It holds now, even when it cannot be kept for later."""
        answers = dict.fromkeys(networks, allowed)
        self._sweeps |= answers
        if self._path is None:
            return
        try:
            private(self._path.parent)
            # Another wizard may have asked about another network meanwhile.
            replace_file(self._path, _as_toml({**_read(self._path), **answers}))
            self.problem = ""
        except OSError as error:
            self.problem = f"the answer is not kept: {error}"


def _as_toml(sweeps: Mapping[str, bool]) -> str:
    def answered(allowed: bool) -> list[str]:
        return sorted(network for network, answer in sweeps.items() if answer is allowed)

    import tomli_w

    return tomli_w.dumps({"schema": SCHEMA, "sweep": {"allowed": answered(True), "refused": answered(False)}})


def _read(path: Path) -> dict[str, bool]:
    if not is_there(path):
        return {}
    import tomllib  # where nobody was asked, the first frame need not wait for it

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    sweep = document.get("sweep")
    if document.get("schema") != SCHEMA or not isinstance(sweep, dict):
        return {}
    return {
        **dict.fromkeys(_texts(sweep.get("allowed")), True),
        **dict.fromkeys(_texts(sweep.get("refused")), False),
    }


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
