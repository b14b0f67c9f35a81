"""What the operator has answered, and where the answers come from that nobody has given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sugarkube_tui.cluster.choices import Choices, Defaults
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import JoinToken, token_from_variables


class Answers:
    """The choices as they are by now.

    Args:
        defaults: what the variables choose in advance, or a saved plan.
        variables: the environment's; join tokens are read from them.
        on_choice: called after every choice.
    """

    def __init__(
        self, defaults: Defaults, variables: Mapping[str, str], on_choice: Callable[[], None]
    ) -> None:
        self.defaults = defaults
        self.choices: Choices = defaults.choices
        self._variables = variables
        self._on_choice = on_choice
        self._chosen: set[str] = set()

    def choose(self, **choices: object) -> None:
        """Replace some of the choices; what was chosen is not suggested any more."""
        self._chosen |= choices.keys()
        self.choices = replace(self.choices, **choices)  # type: ignore[arg-type]
        self._on_choice()

    def suggest_servers(self, servers: int) -> None:
        """Offer this number, unless one was chosen or a variable names it."""
        if "servers" not in self._chosen and "servers" not in self.defaults.sources:
            self.choices = replace(self.choices, servers=servers)

    def take_up(self, choices: Choices, *, servers_chosen: bool) -> None:
        """Go on with the choices of a saved plan.

        Args:
            servers_chosen: their number was asked for already.
        """
        self.choices = choices
        self.defaults = replace(self.defaults, choices=choices, sources={})
        if servers_chosen:
            self._chosen.add("servers")

    def source_of(self, name: str) -> str:
        """The variable that a choice still comes from; empty when it was made here or is built in."""
        same = getattr(self.choices, name) == getattr(self.defaults.choices, name)
        return self.defaults.sources.get(name, "") if same else ""

    @property
    def environment(self) -> Environment:
        return self.choices.environment

    def token(self, environment: Environment | None = None) -> JoinToken | None:
        """The token that is exported for an environment.

        Args:
            environment: None: the chosen one.

        Raises:
            InvalidInput: the variable does not hold one.
        """
        return token_from_variables(environment or self.environment, self._variables)

    def usable_token(self, environment: Environment | None = None) -> JoinToken | None:
        """The same; None, too, where the variable does not hold one."""
        try:
            return self.token(environment)
        except InvalidInput:
            return None

    @property
    def has_bad_token(self) -> bool:
        """What is exported for the chosen environment is no token."""
        try:
            self.token()
        except InvalidInput:
            return True
        return False

    def known_cas(self) -> dict[Environment, str]:
        """The CA that the chosen environment's token names, where it names one."""
        token = self.usable_token()
        return {self.environment: token.ca_hash} if token is not None and token.ca_hash else {}
