"""Multicast questions: a zeroconf instance that counts what each layer asks, and when to ask again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    DNSOutgoing,
    DNSQuestion,
    IPVersion,
    Zeroconf,
)

from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.outbox import Cost

# RFC 1035 §3.2.2 and §4.1.1, RFC 2782, RFC 3596 §2.1.
TYPE_A, TYPE_PTR, TYPE_TXT, TYPE_AAAA, TYPE_SRV = 1, 12, 16, 28, 33
CLASS_IN = 1
_QUERY = 0

ROUNDS = (0.0, 0.25, 1.0, 3.0, 8.0)
"""Seconds from the start at which questions are asked: several rounds beat one (contract §5.4).

The first wants a unicast answer, which another stack on this machine may swallow; so the second follows soon.
"""

REFRESH = 30.0
"""Seconds between rounds after the last one: an address is believed for 120 s (RFC 6762 §10)."""


class Questioner(Zeroconf):
    """Zeroconf on our interfaces, with an empty cache.

    Args:
        browsing: pays for what zeroconf's own browsers ask.

    Raises:
        OSError: the sockets could not be made, for example because another program keeps port 5353.
    """

    def __init__(self, links: Iterable[Link], browsing: Cost) -> None:
        super().__init__(
            interfaces=list(dict.fromkeys(link.address for link in links)), ip_version=IPVersion.V4Only
        )
        self._browsing = browsing

    def async_send(self, out: DNSOutgoing, *args: Any, **kwargs: Any) -> None:
        self._browsing.sent += len(out.questions)
        super().async_send(out, *args, **kwargs)

    def ask(self, questions: Iterable[tuple[str, int]], cost: Cost, *, unicast: bool = False) -> None:
        """Send questions, together in as few packets as they need.

        Args:
            questions: name with trailing dot, and record type.
            cost: pays for them.
            unicast: ask for answers to us alone (RFC 6762 §5.4).
        """
        out = DNSOutgoing(_QUERY)
        for name, record_type in questions:
            question = DNSQuestion(name, record_type, CLASS_IN)
            question.unicast = unicast
            out.add_question(question)
        if out.questions:
            cost.sent += len(out.questions)
            super().async_send(out)


async def rounds() -> AsyncGenerator[int, None]:
    """Numbers from 0: of `ROUNDS` at their times, then one each `REFRESH` seconds, without end."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, due in enumerate(ROUNDS):
        await asyncio.sleep(began + due - loop.time())
        yield number
    number = len(ROUNDS)
    while True:
        await asyncio.sleep(REFRESH)
        yield number
        number += 1


def fits_dns(name: str) -> bool:
    """RFC 1035 §2.3.4: 1 to 63 octets in a label, 255 in a name."""
    labels = [len(label.encode("utf-8", "replace")) for label in name.rstrip(".").split(".")]
    return all(0 < length <= 63 for length in labels) and sum(labels) + len(labels) < 255
