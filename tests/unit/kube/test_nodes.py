"""NodeLists to nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.kube.nodes import read_nodes


def node_list(*items: object) -> bytes:
    return json.dumps({"kind": "NodeList", "apiVersion": "v1", "items": list(items)}).encode()


def node(name: str, ready: str | None = "True", **labels: str) -> dict[str, Any]:
    conditions = [{"type": "MemoryPressure", "status": "False"}]
    if ready is not None:
        conditions.append({"type": "Ready", "status": ready})
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {
            "conditions": conditions,
            "nodeInfo": {"kubeletVersion": "v1.33.5+k3s1"},
            "addresses": [
                {"type": "InternalIP", "address": "10.77.0.10"},
                {"type": "Hostname", "address": name},
            ],
        },
    }


def test_node() -> None:
    labels = {
        "node-role.kubernetes.io/etcd": "true",
        "node-role.kubernetes.io/control-plane": "true",
        "sugarkube.env": "dev",
    }
    assert read_nodes(node_list(node("pi0", **labels))) == (
        KubeNode("pi0", "Ready", ("control-plane", "etcd"), "v1.33.5+k3s1", ("10.77.0.10",), labels),
    )


@pytest.mark.parametrize(
    ("ready", "state"), [("True", "Ready"), ("False", "NotReady"), ("Unknown", "Unknown"), (None, "Unknown")]
)
def test_state(ready: str | None, state: str) -> None:
    assert read_nodes(node_list(node("pi0", ready)))[0].state == state


def test_nodes_are_sorted_and_cleaned() -> None:
    nodes = read_nodes(node_list(node("pi1\x1b[2J"), node("pi0")))
    assert [n.name for n in nodes] == ["pi0", "pi1"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"kind": "Status"}', b'{"kind": "NodeList"}', b"\xff"])
def test_other_answers(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_nodes(body)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["metadata", "status", "labels", "name", "conditions", "type", "addresses"]),
            inner,
        ),
    ),
)


@given(st.lists(_JSON, max_size=3))
def test_odd_items_are_read_as_far_as_they_go(items: list[object]) -> None:
    assert len(read_nodes(node_list(*items))) == len(items)
