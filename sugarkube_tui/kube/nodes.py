"""From a NodeList, as the API sends it, to `KubeNode`s."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import KubeNode

_ROLE_LABEL = "node-role.kubernetes.io/"
_STATES = {"True": "Ready", "False": "NotReady"}
_LIMIT = 253
"""Characters of a Kubernetes object name (RFC 1123 subdomain)."""


def read_nodes(body: bytes) -> tuple[KubeNode, ...]:
    """Read a NodeList, sorted by name.

    Not by the library's models: they reject what real clusters send when a field is new or null.

    Raises:
        ValueError: this is no NodeList.
    """
    document = json.loads(body)
    items = _mapping(document).get("items")
    if _mapping(document).get("kind") != "NodeList" or not isinstance(items, list):
        raise ValueError("the answer is no NodeList")
    return tuple(sorted((_node(_mapping(item)) for item in items), key=lambda node: node.name))


def _node(item: Mapping[str, Any]) -> KubeNode:
    metadata, status = _mapping(item.get("metadata")), _mapping(item.get("status"))
    labels = {_clean(key): _clean(value) for key, value in _mapping(metadata.get("labels")).items()}
    ready = next((c for c in _mappings(status.get("conditions")) if c.get("type") == "Ready"), {})
    return KubeNode(
        name=_clean(metadata.get("name")),
        state=_STATES.get(str(ready.get("status")), "Unknown"),
        roles=tuple(sorted(key.removeprefix(_ROLE_LABEL) for key in labels if key.startswith(_ROLE_LABEL))),
        version=_clean(_mapping(status.get("nodeInfo")).get("kubeletVersion")),
        addresses=tuple(
            _clean(address.get("address"))
            for address in _mappings(status.get("addresses"))
            if str(address.get("type")).endswith("IP")
        ),
        labels=labels,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [_mapping(entry) for entry in value] if isinstance(value, list) else []


def _clean(value: object) -> str:
    return clean_line(value, _LIMIT) if isinstance(value, str) else ""
