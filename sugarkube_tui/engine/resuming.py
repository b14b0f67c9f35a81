"""From what the engine is asked for to what is kept of it, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.saved_plan import SavedNode, SavedPlan
from sugarkube_tui.engine.ports import Given, Lan, Login, Target

if TYPE_CHECKING:
    from sugarkube_tui.cluster.hosts import Host

RESOLVE_WITHIN_S = 3.0
SOURCE = "in the saved plan"


def node_of(target: Target) -> SavedNode:
    """What is kept of a target: everything but its secrets."""
    login = target.login
    return SavedNode(
        target.name, target.host, target.alias or target.host, login.user, login.port, login.identity
    )


def login_of(node: SavedNode, secrets: Login) -> Login:
    """The node's login, with the passwords of another one."""
    return replace(secrets, user=node.user, user_is_default=False, port=node.port, identity=node.identity)


def targets_of(nodes: Iterable[SavedNode], secrets: Login) -> tuple[Target, ...]:
    """The nodes as targets.

    Args:
        secrets: its passwords are tried on all of them.
    """
    return tuple(Target(node.name, node.address, login_of(node, secrets), alias=node.alias) for node in nodes)


def host_of(node: SavedNode) -> Host:
    """The node as a host that nothing was heard of yet."""
    from sugarkube_tui.cluster.hosts import Host

    named = node.alias.removesuffix(".local") == node.name
    name = node.alias if named else node.name
    addresses = (node.address,) if node.address != name else ()
    return Host(name, addresses, ssh_alias="" if named else node.alias)


def given_of(node: SavedNode) -> Given:
    """The node as a scan looks for it."""
    name = host_of(node).name
    return Given(name, name if name.endswith(".local") else node.address, SOURCE)


async def located(lan: Lan, plan: SavedPlan) -> SavedPlan:
    """The same plan, with the addresses that `.local` names have by now; DHCP may have moved a node.

    A name that nobody answers to within `RESOLVE_WITHIN_S` keeps its address.
    """
    nodes = await asyncio.gather(*(_located(lan, node) for node in plan.nodes))
    return replace(plan, nodes=tuple(nodes))


async def _located(lan: Lan, node: SavedNode) -> SavedNode:
    if not node.alias.endswith(".local"):
        return node
    addresses = await lan.resolve(node.alias, RESOLVE_WITHIN_S)
    if not addresses or node.address in addresses:
        return node
    return replace(node, address=addresses[0])
