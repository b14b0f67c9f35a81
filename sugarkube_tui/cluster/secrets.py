"""Secrets stay in memory: they print as a mask, and events are searched for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "••••"

_TOKEN_LIKE = re.compile(r"K10[0-9a-f]{64}::[^\s\"']+")
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL
)
_KUBECONFIG_KEY = re.compile(r"(client-key-data:\s*)\S+")


class Secret:
    """A value that must not reach argv, logs, plans or screens; ask for it by `reveal()`.

    It is no dataclass, so that `dataclasses.asdict` cannot unwrap it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Redactor:
    """Replaces known secrets, and what looks like one, in text that leaves the engine."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """From now on, hide this value and each of its lines (short values excepted)."""
        for value in {secret.reveal(), *secret.reveal().splitlines()}:
            value = value.strip()
            # Hiding a two-letter password would garble every line and so betray it.
            if len(value) >= 4 and value not in self._known:
                self._known.append(value)
        self._known.sort(key=len, reverse=True)

    def hide_all(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Each text without secrets."""
        together = "\n".join(texts)
        if self.hide(together) == together:  # so it is nearly always, and quicker to find out
            return texts
        return tuple(map(self.hide, texts))

    def hide(self, text: str) -> str:
        for value in self._known:
            text = text.replace(value, MASK)
        if "K10" in text:
            text = _TOKEN_LIKE.sub(lambda match: f"{match[0][:7]}…{MASK}", text)
        if "PRIVATE KEY" in text:
            text = _KEY_BLOCK.sub(f"(private key {MASK})", text)
        if "client-key-data" in text:
            text = _KUBECONFIG_KEY.sub(rf"\1{MASK}", text)
        return text
