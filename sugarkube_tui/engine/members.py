"""Members: which login, which listed node and which advertised host are one machine.

Told by address first: a node may have been given by any name, and Kubernetes may call it by another one
than multicast DNS does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sugarkube_tui.engine.ports import KubeNode


def node_at(
    listed: Iterable[KubeNode], addresses: Collection[str], names: Collection[str]
) -> KubeNode | None:
    """The listed node that has one of these addresses, else the one that has one of these names."""
    listed = tuple(listed)
    at = next((node for node in listed if not set(addresses).isdisjoint(node.addresses)), None)
    return at or next((node for node in listed if node.name in names), None)


def host_of(node: KubeNode, hosts: Mapping[str, Collection[str]]) -> str:
    """The `.local` name of a listed node.

    Args:
        hosts: addresses by `.local` name, of those that are known already.
    """
    found = (host for host, addresses in hosts.items() if not set(addresses).isdisjoint(node.addresses))
    return next(found, f"{node.name.partition('.')[0].lower()}.local")


def is_server(node: KubeNode) -> bool:
    return "control-plane" in node.roles
