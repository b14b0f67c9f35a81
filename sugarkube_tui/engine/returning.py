"""Waiting for a node to come back, after a reboot or a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sugarkube_tui.cluster.errors import AccessError, ConnectionLost, HostKeyChanged
from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import Clock, Progress

RETRY_S = 2.0
PATIENT_TRIES = 3
"""So often the node is looked for where it was, before its name is asked in turn with that."""


@dataclass(frozen=True, slots=True)
class Return:
    """What is waited for.

    Attributes:
        what: in words, behind "waiting for".
        deadline: seconds after which it is given up.
        is_it: takes the boot id; False: it has not restarted yet.
    """

    what: str
    deadline: float
    is_it: Callable[[str], bool]


async def come_back(
    wanted: Return,
    host: str,
    before: AccessFacts,
    look: Callable[[str], Awaitable[AccessFacts]],
    clock: Clock,
    progress: Progress,
) -> AccessFacts:
    """Look again and again, until the node can be logged in to, is the same node, and `wanted.is_it`.

    Args:
        host: where it was until now.
        before: who it was.
        look: logs in at an address, anew each time, and reads who is there.

    Raises:
        ActionFailed: the deadline passed; with what was seen last.
    """
    # After a reboot DHCP may have given it another address; its name stays.
    addresses = list(dict.fromkeys((host, f"{before.hostname}.local")))
    began = clock.now()
    seen = "connection closed"
    attempt = 0
    while (passed := clock.now() - began) < wanted.deadline:
        progress(passed / wanted.deadline, seen)
        address = addresses[attempt % len(addresses)] if attempt >= PATIENT_TRIES else addresses[0]
        attempt += 1
        try:
            async with asyncio.timeout(max(1.0, wanted.deadline - passed)):
                found = await look(address)
        except HostKeyChanged:
            seen = f"{address} is another machine now"
        except TimeoutError:
            seen = f"{address} does not answer"
        except (AccessError, ConnectionLost, ActionFailed) as error:
            seen = ": ".join(part for part in (error.what.rstrip("."), error.why) if part)
        else:
            if before.host_key and found.host_key != before.host_key:
                seen = f"{address} is another machine now"
            elif not wanted.is_it(found.boot_id):
                seen = "it answers, but has not restarted yet"
            else:
                return found
        await clock.sleep(min(RETRY_S, 0.25 * attempt))
    raise ActionFailed(
        Evidence(
            f"waited {wanted.deadline:.0f} s for {wanted.what}, in vain",
            f"seen last: {seen}",
            "look at its power, cable and screen; when it is up, run again: it goes on where it stopped",
        )
    )
