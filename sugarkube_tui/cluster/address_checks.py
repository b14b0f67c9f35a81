"""What a look at the registration address has shown, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.token import short_hash


class Held(Enum):
    """How a check came out."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not yet"
    UNKNOWN = "unknown"
    """Not reached, or nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found at an address, as far as the look has come.

    Attributes:
        addresses: what the host resolves to; None while that is not known.
        port_open: None: not tried yet.
        ca_hash: of the CA that is served there; empty: no Kubernetes API answered.
        names: what the certificate there covers.
        why: the last error's words.
        done: the look is over.
    """

    host: str
    addresses: tuple[str, ...] | None = None
    port_open: bool | None = None
    ca_hash: str = ""
    names: tuple[str, ...] = ()
    why: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One check, what it showed, and what that means or asks for."""

    title: str
    held: Held
    said: str


def checks(answer: Answer, ca_hash: str) -> tuple[Check, ...]:
    """The five checks, in order.

    Args:
        ca_hash: of the cluster that joins go to; empty while there is none.
    """
    return (
        _resolves(answer),
        _opens(answer),
        _answers(answer),
        _is_ours(answer, ca_hash),
        _is_covered(answer, ca_hash),
    )


def _resolves(answer: Answer) -> Check:
    title = "resolves"
    if answer.addresses is None:
        return Check(title, Held.UNKNOWN, "asking …")
    if not answer.addresses:
        return Check(title, Held.NO, "no address for this name: the nodes' DNS must know it before they join")
    if answer.addresses == (answer.host,):
        return Check(title, Held.YES, "an address: no name to ask for")
    return Check(title, Held.YES, ", ".join(answer.addresses))


def _opens(answer: Answer) -> Check:
    title = f"port {API_PORT}"
    if answer.port_open is None:
        return Check(title, Held.UNKNOWN, _pending(answer))
    if not answer.port_open:
        return Check(title, Held.NOT_YET, "nobody answers yet")
    return Check(title, Held.YES, "opens")


def _answers(answer: Answer) -> Check:
    title = "who answers"
    if answer.ca_hash:
        return Check(title, Held.YES, f"an API server answers, CA {short_hash(answer.ca_hash)}")
    if answer.port_open and answer.done:
        return Check(title, Held.NO, f"something else answers: {answer.why or 'no Kubernetes API'}")
    return Check(title, Held.UNKNOWN, _pending(answer))


def _is_ours(answer: Answer, ca_hash: str) -> Check:
    title = "its cluster"
    if not answer.ca_hash:
        return Check(title, Held.UNKNOWN, _pending(answer))
    if not ca_hash:
        return Check(title, Held.NO, "a cluster answers there, while yours is only to be formed")
    if answer.ca_hash != ca_hash:
        return Check(title, Held.NO, f"another one: CA {short_hash(ca_hash)} is expected")
    return Check(title, Held.YES, "the one that the nodes join")


def _is_covered(answer: Answer, ca_hash: str) -> Check:
    title = "certificate"
    if not answer.ca_hash:
        return Check(title, Held.UNKNOWN, _pending(answer))
    if answer.host in answer.names:
        return Check(title, Held.YES, f"covers {answer.host}")
    remedy = (
        "add it to tls-san on its servers, and restart k3s there" if ca_hash else "choose another address"
    )
    return Check(title, Held.NO, f"does not cover {answer.host}: {remedy}")


def _pending(answer: Answer) -> str:
    return "" if answer.done else "…"


def address_cautions(host: str, nodes: Mapping[str, NodeFacts]) -> Iterator[str]:
    """What to know of an address before anything answers there."""
    for name, facts in nodes.items():
        if host in (facts.access.address, facts.access.hostname, f"{facts.access.hostname}.local"):
            yield f"it is {name}'s own: when {name} is away, nothing joins through it"
    if host.endswith(".local"):
        yield "k3s asks only DNS and /etc/hosts for names, never mDNS: use an address or a DNS name"
