"""Members: which login, which listed node and which advertised host are one machine.

Told by address first: a node may have been given by any name, and Kubernetes may call it by another one
than multicast DNS does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.engine.ladder import Observed, Others
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.engine.vantage import Vantage


def node_at(
    listed: Iterable[KubeNode], addresses: Collection[str], names: Collection[str]
) -> KubeNode | None:
    """The listed node that has one of these addresses, else the one that has one of these names."""
    listed = tuple(listed)
    at = next((node for node in listed if not set(addresses).isdisjoint(node.addresses)), None)
    return at or next((node for node in listed if node.name in names), None)


def node_of(listed: Iterable[KubeNode], seen: Observed) -> KubeNode | None:
    """The listed node that a server is."""
    return node_at(listed, seen.all_addresses, {seen.short_name})


def host_of(node: KubeNode, hosts: Mapping[str, Collection[str]]) -> str:
    """The `.local` name of a listed node.

    Args:
        hosts: addresses by `.local` name, of those that are known already.
    """
    found = (host for host, addresses in hosts.items() if not set(addresses).isdisjoint(node.addresses))
    return next(found, f"{node.name.partition('.')[0].lower()}.local")


def is_server(node: KubeNode) -> bool:
    return "control-plane" in node.roles


def others_of(
    seen: Observed,
    servers: Iterable[Observed],
    vantages: Sequence[Vantage],
    listed: Sequence[KubeNode],
    refusal: Callable[[KubeNode], str],
) -> Others:
    """The nodes from which a server has to be reached.

    Args:
        servers: all that were climbed with; one that is down has a ladder of its own to tell that.
        vantages: the nodes that were asked, by the names that Kubernetes has for them.
        refusal: why a node was not logged in to.
    """
    node = node_of(listed, seen)
    own = node.name if node else seen.short_name
    down = {node.name for one in servers if one.refused and (node := node_of(listed, one))}
    asked = {vantage.name: vantage.problem for vantage in vantages}
    unasked = [one for one in listed if one.name not in {own, *down} and asked.get(one.name) != ""]
    return Others(
        tuple(v for v in vantages if not v.problem and v.name != own and seen.address not in v.addresses),
        tuple((one.name, asked.get(one.name) or refusal(one)) for one in unasked),
        known=bool(listed),
    )


def heard_from_others(vantage: Vantage) -> int:
    """How many servers a node hears: its own advert proves nothing."""
    return sum(not _is_own(advert, vantage) for advert in vantage.heard.adverts)


def _is_own(advert: Advert, vantage: Vantage) -> bool:
    named = advert.host.removesuffix(".local") == vantage.name
    return named or not vantage.addresses.isdisjoint(advert.addresses)
