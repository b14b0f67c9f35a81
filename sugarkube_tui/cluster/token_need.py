"""Whether a join token is there, or needed at all."""

from __future__ import annotations

from enum import Enum

from sugarkube_tui.cluster.standing import Standing
from sugarkube_tui.cluster.token import JoinToken


class TokenNeed(Enum):
    """Where the join token comes from."""

    GIVEN = "given"
    GIVEN_FOR_ALL = "given for all environments"
    """By the variable that is for every environment without one of its own."""
    MADE = "made"
    """None is needed: the first server makes it."""
    READ = "read"
    """None is needed: a chosen server tells it."""
    MISSING = "missing"
    """The cluster lives, but none of its servers is among the chosen nodes."""


def token_need(standing: Standing, token: JoinToken | None) -> TokenNeed:
    """What holds for an environment, as far as its cluster is known.

    Args:
        token: the one that is exported for it.
    """
    if token is not None:
        own = token.source != standing.environment.token_variables[-1]
        return TokenNeed.GIVEN if own else TokenNeed.GIVEN_FOR_ALL
    if not standing.server_count:
        return TokenNeed.MADE
    return TokenNeed.READ if standing.tells_token else TokenNeed.MISSING
