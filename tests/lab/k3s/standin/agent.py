"""`k3s agent`: join a cluster as a worker, patiently."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NoReturn

from . import files, jointoken, journal, machine
from .balancer import LoadBalancer
from .client import Remote, RequestError, StatusError, fetch_ca
from .config import Config, UsageError
from .jointoken import Token, TokenError
from .kubelet import Kubelet, address_of
from .ports import OpenPorts
from .timing import Timing
from .version import COMMIT, VERSION


class Agent:
    """One run of `k3s agent`."""

    def __init__(self, config: Config, timing: Timing) -> None:
        self.config = config
        self.timing = timing
        self.directory = config.data_dir / "agent"
        self.url = config.text("server").rstrip("/")
        self.known: list[str] = []

    def run(self) -> NoReturn:
        """Join, register, report, for ever."""
        token = self._check()
        journal.info(f"Starting k3s agent {VERSION} ({COMMIT})")
        self._prepare()
        journal.info(
            f"Adding server to load balancer k3s-agent-load-balancer: {self.url.removeprefix('https://')}"
        )
        port = int(self.config.text("lb-server-port") or 6444)
        balancer = LoadBalancer(self._servers, port, resolver_mode=self.timing.resolver)
        balancer.start()
        ca_pem = self._contact(token)
        files.write(self.directory / "server-ca.crt", ca_pem, 0o644)
        time.sleep(self.timing.agent_start)
        OpenPorts().open([("0.0.0.0", 10250)])
        kubelet = Kubelet(
            self.config, self.timing, self._servers, ca_pem.decode(), "node", token.password, balancer.port
        )
        kubelet.on_servers = self._learn
        kubelet.start(registered=self._registered)
        while True:
            time.sleep(3600)

    def _check(self) -> Token:
        try:
            given = self.config.token()
            if not given:
                raise UsageError("--token is required")
            if not self.url:
                raise UsageError("--server is required")
            address_of(self.config)
            machine.check_memory_cgroup()
            token = jointoken.parse(given)
        except (UsageError, TokenError, machine.MachineError) as failure:
            journal.fatal(str(failure))
        if not self.url.startswith("https://"):
            journal.fatal(f"only https:// URLs are supported, invalid scheme: {self.url}")
        return token

    def _prepare(self) -> None:
        files.make_directory(self.config.data_dir, 0o755)
        files.make_directory(self.directory, 0o755)
        files.make_directory(self.directory / "etc", 0o755)
        for directory in (
            Path("/run/k3s"),
            Path("/run/flannel"),
            Path("/var/lib/kubelet"),
            Path("/var/lib/cni"),
        ):
            directory.mkdir(parents=True, exist_ok=True)
        if self._balancer.exists():
            self.known = json.loads(self._balancer.read_text())["ServerAddresses"]

    @property
    def _balancer(self) -> Path:
        return self.directory / "etc" / "k3s-agent-load-balancer.json"

    def _servers(self) -> list[str]:
        return list(dict.fromkeys([self.url, *(f"https://{address}" for address in self.known)]))

    def _learn(self, servers: list[str]) -> None:
        """Remember all servers, so as to find another when this one is gone, even after a reboot."""
        addresses = [each.removeprefix("https://") for each in servers]
        if addresses != self.known:
            self.known = addresses
            document = {"ServerURL": self.url, "ServerAddresses": addresses}
            files.write(self._balancer, json.dumps(document))
            journal.info(
                f"Updated load balancer k3s-agent-load-balancer server addresses -> [{' '.join(addresses)}]"
            )

    def _contact(self, token: Token) -> bytes:
        """Try every known server until one proves to be of our cluster and takes the password."""
        while True:
            for url in self._servers():
                ca_pem = self._try(url, token)
                if ca_pem is not None:
                    return ca_pem
            time.sleep(self.timing.agent_retry)

    def _try(self, url: str, token: Token) -> bytes | None:
        try:
            ca_pem = fetch_ca(url, resolver_mode=self.timing.resolver)
        except RequestError as failure:
            journal.error(f"Failed to validate connection to cluster at {url}: {failure}")
            return None
        ca_hash = jointoken.hash_ca(ca_pem)
        if token.ca_hash and token.ca_hash != ca_hash:
            journal.error(
                f"Failed to validate connection to cluster at {url}: token CA hash does not match the "
                f"Cluster CA certificate hash: {token.ca_hash} != {ca_hash}"
            )
            return None
        remote = Remote(
            url, ca_pem=ca_pem.decode(), user="node", password=token.password, resolver=self.timing.resolver
        )
        try:
            servers = json.loads(remote.get("/v1-k3s/config"))["Servers"]
        except StatusError as failure:
            journal.error(
                "Waiting to retrieve agent configuration; server is not ready: "
                f"failed to retrieve configuration from server: {failure}"
            )
            return None
        except RequestError as failure:
            journal.error(f"Waiting to retrieve agent configuration; server is not ready: {failure}")
            return None
        self._learn(servers)
        return ca_pem

    def _registered(self) -> None:
        journal.info("k3s agent is up and running")
        journal.notify("READY=1")
