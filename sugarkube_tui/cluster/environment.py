"""An environment and its cluster prefix: they fix advert types, token variables and names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sugarkube_tui.cluster.errors import InvalidInput

DEFAULT_CLUSTER = "sugar"
DEFAULT_ENVIRONMENT = "dev"
KNOWN_ENVIRONMENTS = ("dev", "int", "prod", "staging")
SERVICE_LABEL_LIMIT = 15
"""RFC 6335 §5.1: a service name has at most 15 characters.  Longer ones work with Avahi."""

_ENVIRONMENT = re.compile(r"[a-z0-9]{1,12}")
_CLUSTER = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Environment:
    """One cluster's place on the LAN, for example `sugar/dev`.

    Raises:
        InvalidInput: a name has characters that would break adverts or variable names
            (contract §11: the advert's type is split at its last dash, so an environment has none).
    """

    name: str = DEFAULT_ENVIRONMENT
    cluster: str = DEFAULT_CLUSTER

    def __post_init__(self) -> None:
        if not _ENVIRONMENT.fullmatch(self.name):
            raise InvalidInput(
                f"{self.name!r} cannot be an environment's name",
                remedy="use 1 to 12 lower-case letters and digits, for example dev, int or prod",
            )
        if not _CLUSTER.fullmatch(self.cluster):
            raise InvalidInput(
                f"{self.cluster!r} cannot be a cluster's name",
                where="SUGARKUBE_CLUSTER",
                remedy="use lower-case letters, digits and inner dashes, at most 32 characters",
            )

    def __str__(self) -> str:
        return f"{self.cluster}/{self.name}"

    @property
    def slug(self) -> str:
        return f"{self.cluster}-{self.name}"

    @property
    def service_type(self) -> str:
        """The DNS-SD type of this cluster's adverts, without domain: `_k3s-sugar-dev._tcp`."""
        return f"_k3s-{self.slug}._tcp"

    @property
    def advert_path(self) -> str:
        return f"/etc/avahi/services/k3s-{self.slug}.service"

    @property
    def token_variables(self) -> tuple[str, ...]:
        """Where a join token may come from, the most specific variable first (contract §7.1, §11)."""
        names = [one.name for one in (self, self.other_name) if one is not None]
        return (*(f"SUGARKUBE_TOKEN_{name.upper()}" for name in names), "SUGARKUBE_TOKEN")

    @property
    def other_name(self) -> Environment | None:
        """The same place under its other name: newer images call int "staging" (contract §11)."""
        other = {"int": "staging", "staging": "int"}.get(self.name)
        return Environment(other, self.cluster) if other is not None else None

    @property
    def context(self) -> str:
        """The kubeconfig context's name (contract §10.5)."""
        return self.slug

    @property
    def label_too_long(self) -> bool:
        return len(self.service_type.split(".")[0]) - 1 > SERVICE_LABEL_LIMIT
