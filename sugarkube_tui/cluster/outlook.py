"""What is known of a cluster before anything is done, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sugarkube_tui.cluster.cautions import likely_servers
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.roles import Roles, assign_roles
from sugarkube_tui.cluster.standing import LiveServer, Standing
from sugarkube_tui.cluster.token import JoinToken


@dataclass(frozen=True, slots=True)
class Outlook:
    """One environment, as far as nodes and LAN are known by now.

    Attributes:
        nodes: facts of the chosen nodes by name, as far as they were read.
        live: servers of the environment that were heard, the chosen nodes' own included.
        token: that was given; None: none was, or none that can be used.
    """

    environment: Environment
    nodes: Mapping[str, NodeFacts]
    live: Sequence[LiveServer]
    token: JoinToken | None = None

    @property
    def standing(self) -> Standing:
        """What there is of the cluster already."""
        return Standing.of(self.environment, self.nodes, self.live, self.token)

    @property
    def likely_servers(self) -> int:
        """How many servers are most likely wanted."""
        return likely_servers(self.standing)

    def roles(self, choices: Choices) -> Roles:
        """Who would become what by these choices, which are about this environment."""
        return assign_roles(self.nodes, self.live, choices, self.token)
