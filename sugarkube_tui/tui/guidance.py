"""The help for what has the focus: its topic, its own keys, then the screen's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from sugarkube_tui.tui.key import Keymap
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.key_tables import help_rows
from sugarkube_tui.tui.keys import KEYS
from sugarkube_tui.tui.topics import TOPICS, Topic


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the help.

    Attributes:
        rows: keys and what they do.
    """

    title: str
    text: str
    rows: tuple[tuple[str, str], ...]


def topic_of(group: str, focused: Widget | None) -> Topic | None:
    """What is to be said about a widget, or else about the whole screen; None: nothing is known of it.

    Args:
        group: the screen's or dialog's name in the registry of keys.
    """
    for node in path_from(focused):
        for name in (f"{group}#{node.id}", type(node).__name__):
            if name in TOPICS:
                return TOPICS[name]
    return TOPICS.get(group)


def guidance(group: str, focused: Widget | None, keymap: Keymap) -> list[Section]:
    """The whole help: the focused thing first."""
    topic = topic_of(group, focused)
    groups = [name for node in path_from(focused) if (name := group_of(node)) in KEYS]
    sections = []
    if topic is not None:
        rows = [row for name in groups for row in help_rows(name, keymap)]
        sections.append(Section(topic.title, KeyNames(keymap).fill(topic.text), tuple(rows)))
    return [*sections, Section(f"Keys on {group}", "", tuple(help_rows(group, keymap)))]


def path_from(focused: Widget | None) -> Iterator[DOMNode]:
    """From the focused widget up to below its screen."""
    for node in focused.ancestors_with_self if focused is not None else ():
        if isinstance(node, Screen):
            return
        yield node


def group_of(node: DOMNode) -> str:
    """The name of a screen, dialog or widget in the registry of keys; empty: it has none."""
    return str(getattr(node, "KEY_GROUP", getattr(node, "STAGE", "")))
