"""The saved plan as a document: plain tables that any format can hold, with a schema number.

Keys that are absent have the built-in default, so a choice that is new needs no new schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sugarkube_tui.cluster.choices import (
    Choices,
    ClockPolicy,
    parse_channel,
    parse_registration_address,
    parse_servers,
)
from sugarkube_tui.cluster.documents import Table
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.plan_migrations import SCHEMA, migrated
from sugarkube_tui.cluster.saved_plan import (
    Question,
    RunState,
    SavedNode,
    SavedPlan,
    SavedRun,
)
from sugarkube_tui.cluster.typed import SSH_PORT, parse_host_name, parse_path, parse_port, parse_user

_TAINTS = {None: "automatic", True: "always", False: "never"}
_BUILT_IN = Choices()


def document_of(plan: SavedPlan) -> dict[str, object]:
    """The plan as tables; what is not chosen is written down, too."""
    choices = plan.choices
    document: dict[str, object] = {"schema": SCHEMA, "next": plan.next.value}
    if plan.saved is not None:
        document["saved"] = plan.saved
    document["choices"] = {
        "environment": choices.environment.name,
        "cluster": choices.environment.cluster,
        "servers": choices.servers,
        "even_servers": choices.even_servers,
        "order": list(choices.order),
        "registration_address": choices.registration_address,
        "channel": choices.channel,
        "airgap": str(plan.airgap or ""),
        "taint_servers": _TAINTS[choices.taint_servers],
        "clock": choices.clock.value,
    }
    document["nodes"] = {
        node.name: {
            "address": node.address,
            "alias": node.alias,
            "user": node.user,
            "port": node.port,
            "identity": str(node.identity or ""),
        }
        for node in plan.nodes
    }
    if plan.run is not None:
        document["run"] = {"state": plan.run.state.value, "directory": plan.run.directory}
    return document


def plan_of(document: Mapping[str, object], file: str) -> SavedPlan:
    """The plan that a document holds, of this schema or an older one.

    Args:
        file: named in errors.

    Raises:
        InvalidInput: it cannot be used; names file, key and what to do.
    """
    table = Table(migrated(document, file), file)
    table.has("schema")
    choices, airgap = _choices(table.table("choices"))
    plan = SavedPlan(
        nodes=tuple(_node(name, node, table) for name, node in table.tables("nodes").items()),
        choices=choices,
        airgap=airgap,
        next=Question(_one_of(table, "next", list(Question), Question.REVIEW)),
        saved=table.moment("saved"),
        run=_run(table.table("run")) if table.has("run") else None,
    )
    table.finish()
    return plan


def _choices(table: Table) -> tuple[Choices, Path | None]:
    default = _BUILT_IN
    with table.at("environment"):
        name = Environment(table.text("environment", default.environment.name)).name
    with table.at("cluster"):
        environment = Environment(name, table.text("cluster", default.environment.cluster))
    with table.at("order"):
        order = tuple(parse_host_name(name, "") for name in table.texts("order"))
    taint = _one_of(table, "taint_servers", list(_TAINTS.values()), _TAINTS[None])
    choices = Choices(
        environment=environment,
        servers=parse_servers(str(table.number("servers", default.servers)), table.place("servers")),
        registration_address=parse_registration_address(
            table.text("registration_address", ""), table.place("registration_address")
        ),
        channel=parse_channel(table.text("channel", default.channel), table.place("channel")),
        taint_servers=next(value for value, word in _TAINTS.items() if word == taint),
        clock=ClockPolicy(_one_of(table, "clock", list(ClockPolicy), default.clock)),
        even_servers=table.flag("even_servers", default.even_servers),
        order=order,
    )
    airgap = _path(table, "airgap")
    table.finish()
    return choices, airgap


def _node(name: str, table: Table, nodes: Table) -> SavedNode:
    with nodes.at("nodes"):
        parse_host_name(name, "")
        if name.endswith(".local"):
            raise InvalidInput(f"{name!r} is no node's name", remedy=f"use {name.removesuffix('.local')!r}")
    address = table.text("address")
    node = SavedNode(
        name=name,
        address=parse_host_name(address, table.place("address")),
        alias=parse_host_name(table.text("alias", address), table.place("alias")),
        user=parse_user(table.text("user", "pi"), table.place("user")),
        port=parse_port(table.number("port", SSH_PORT), table.place("port")),
        identity=_path(table, "identity"),
    )
    table.finish()
    return node


def _run(table: Table) -> SavedRun:
    run = SavedRun(RunState(_one_of(table, "state", list(RunState))), table.text("directory", ""))
    table.finish()
    return run


def _one_of(table: Table, key: str, words: Sequence[str], default: str | None = None) -> str:
    word = table.text(key, default)
    if word not in words:
        raise InvalidInput(
            f"{word!r} is none of the words for this",
            where=table.place(key),
            remedy=f"use one of: {' | '.join(words)}",
        )
    return word


def _path(table: Table, key: str) -> Path | None:
    text = table.text(key, "")
    return parse_path(text, table.place(key)) if text else None
