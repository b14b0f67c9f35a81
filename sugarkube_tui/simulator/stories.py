"""What the demo tells of its scenarios, without the machines that play them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.engine.ports import Tour

if TYPE_CHECKING:
    from sugarkube_tui.simulator.cluster import Cluster

DEV = Environment("dev")


@dataclass(frozen=True, slots=True)
class Story:
    """One thing to see.

    Attributes:
        title: a few words, for a list.
        shows: one sentence: what is the matter on this LAN.
        hint: what to try; like `shows`, it fits into one line of a small terminal.
        variables: what is exported in the operator's shell.
    """

    name: str
    title: str
    shows: str
    hint: str
    variables: Callable[[], Mapping[str, str]] = dict

    def tour(self) -> Tour:
        return Tour(self.name, self.shows, self.hint, self.variables())


def cluster_once() -> Cluster:
    """The cluster that `dev` was before it was rebuilt: the operator still has its token, and one Pi, too."""
    from sugarkube_tui.simulator.cluster import Cluster

    return Cluster("dev as it was", "sqlite")


STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        Story(
            "fresh",
            "six fresh Pis",
            "Six Pis with a fresh Raspberry Pi OS, next to somebody's prod.",
            "Enter goes on; 3 servers are chosen. Run again: nothing is left to do.",
        ),
        Story(
            "busy",
            "a big and noisy LAN, with a cluster to join",
            "Thirty hosts, four environments, odd adverts; dev runs already.",
            "e shows the oddities. Enter goes on: the new Pis join dev as agents.",
        ),
        Story(
            "split-brain",
            "two clusters under one name",
            "sugarkube0 and sugarkube3 both founded dev: two CAs, one name.",
            "See what Review says; then take sugarkube3 out, here, with Space.",
        ),
        Story(
            "lost-node",
            "two Pis that lose their power during the run",
            "In the run two Pis lose power: sugarkube1 briefly, sugarkube4 longer.",
            "Watch the others go on; when sugarkube4 is back, run it again.",
        ),
        Story(
            "wrong-token",
            "a token that is exported, and belongs to another cluster",
            "dev was rebuilt; the exported token is that of the old cluster.",
            "See what Review says; then start with SUGARKUBE_TOKEN_DEV= before it.",
            lambda: {DEV.token_variables[0]: cluster_once().token},
        ),
        Story(
            "slow",
            "four Pi 3s with slow cards on a slow line",
            "Four Pi 3s with worn SD cards, behind a slow line.",
            "Enter goes on; watch what each wait says of itself.",
        ),
    )
}


def story_named(name: str) -> Story:
    """Raises InvalidInput when there is none of this name."""
    if name not in STORIES:
        raise InvalidInput(
            f"{name!r} is no scenario of the demo",
            where="--demo",
            remedy=f"use one of {', '.join(STORIES)}",
        )
    return STORIES[name]
