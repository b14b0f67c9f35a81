"""The servers' view of one another: members, quorum and the exchange of data.

Every server talks to every other once a second and at once after a change. A peer that answers counts
towards the quorum; without a majority of the voters nothing is read or written, as etcd has no leader then.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import journal
from .client import Remote, RequestError, StatusError
from .state import Store
from .timing import Timing


class DatastoreError(RuntimeError):
    """etcd's refusal of a request."""


@dataclass(frozen=True)
class Member:
    """A server in etcd."""

    name: str
    node: str
    address: str
    learner: bool
    identifier: str

    @property
    def peer_url(self) -> str:
        """Where other members reach it."""
        return f"https://{self.address}:2380"

    @property
    def label(self) -> str:
        """As etcd lists it."""
        return f"{self.name}={self.peer_url}"


class Cluster:
    """Membership and replication, seen from one server; without a member name, a lone one on SQLite."""

    def __init__(
        self,
        store: Store,
        timing: Timing,
        *,
        password: str,
        ca_pem: str,
        member: str | None,
        node: str,
        address: str,
    ) -> None:
        self.store = store
        self.timing = timing
        self.member = member
        self.node = node
        self.address = address
        self.on_removed: Callable[[], None] = lambda: None
        self._password = password
        self._ca_pem = ca_pem
        self._seen: dict[str, float] = {}
        self._talking: set[str] = set()
        self._wake: dict[str, threading.Event] = {}
        self._adding = threading.Lock()
        self._meeting = threading.Lock()
        self._removed = False
        self._had_leader: bool | None = None

    @property
    def embedded_etcd(self) -> bool:
        """True unless the datastore is SQLite."""
        return self.member is not None

    def found(self) -> None:
        """Become the first member of a new cluster."""
        assert self.member
        self._write(Member(self.member, self.node, self.address, False, secrets.token_hex(8)))

    def members(self) -> list[Member]:
        """Everybody, learners included."""
        return [Member(name=name, **entry.value) for name, entry in self.store.list("member/").items()]

    def own(self) -> Member | None:
        """This server's entry."""
        return next((each for each in self.members() if each.name == self.member), None)

    def start(self) -> None:
        """Begin to talk to the others."""
        if self.embedded_etcd:
            self.store.on_change = self._changed
            self._meet()

    def has_quorum(self) -> bool:
        """True if a majority of the voters can be reached, or if there is nobody to ask."""
        if not self.embedded_etcd:
            return True
        if self._removed:
            return False
        voters = [each for each in self.members() if not each.learner]
        return sum(self.is_alive(each) for each in voters) * 2 > len(voters)

    def is_alive(self, member: Member) -> bool:
        """True if this server heard from a member lately."""
        if member.name == self.member:
            return True
        return time.monotonic() - self._seen.get(member.name, float("-inf")) < self.timing.peer_lost

    def leader(self) -> Member | None:
        """Who decides on members: the first voter alive."""
        alive = [each for each in self.members() if not each.learner and self.is_alive(each)]
        return min(alive, key=lambda each: each.name) if alive and self.has_quorum() else None

    def add_learner(self, name: str, node: str, address: str) -> dict[str, Any]:
        """Take a new member in, to listen only; returns the data it starts with."""
        if not self.embedded_etcd:
            raise DatastoreError("etcd disabled")
        leader = self.leader()
        if leader is None:
            raise DatastoreError("etcdserver: no leader")
        if leader.name != self.member:
            request = {"name": name, "node": node, "address": address}
            try:
                answer: dict[str, Any] = self._remote(leader).send("POST", "/v1-k3s/etcd/members", request)
            except StatusError as failure:
                raise DatastoreError(failure.message) from failure
            except RequestError as failure:
                raise DatastoreError("etcdserver: request timed out") from failure
            self.store.merge(answer)
            return answer
        with self._adding:
            for each in self.members():
                if each.name == name and each.address == address:
                    return self.store.records()
                if each.node == node:
                    raise DatastoreError("duplicate node name found, please use a unique name for this node")
            if any(each.learner for each in self.members()):
                raise DatastoreError("etcdserver: too many learner members in cluster")
            self._write(Member(name, node, address, True, secrets.token_hex(8)))
            return self.store.records()

    def promote(self) -> None:
        """Make this server a voter."""
        own = self.own()
        if own and own.learner:
            self._write(Member(own.name, own.node, own.address, False, own.identifier))

    def remove_node(self, node: str) -> None:
        """Take the member that ran on a node out, as k3s does when the Node is deleted."""
        for each in self.members():
            if each.node == node:
                journal.info(
                    f"Removing name={each.name} id={each.identifier} address={each.address} from etcd"
                )
                self.store.delete(f"member/{each.name}")

    def receive(self, sender: str, digest: str, records: dict[str, Any] | None) -> dict[str, Any]:
        """A peer's half of an exchange; a peer that was removed is told so, and not listened to."""
        if self.store.get(f"member/{sender}") is None and not (records and f"member/{sender}" in records):
            return {"records": self.store.records()}
        if records is not None and not self.store.was_deleted(f"member/{sender}"):
            self.store.merge(records)
        if digest == self.store.digest():
            return {"same": True}
        return {"records": self.store.records()}

    def _write(self, member: Member) -> None:
        value = {
            "node": member.node,
            "address": member.address,
            "learner": member.learner,
            "identifier": member.identifier,
        }
        self.store.put(f"member/{member.name}", value)

    def _changed(self) -> None:
        self._meet()
        for event in list(self._wake.values()):
            event.set()

    def _meet(self) -> None:
        """One conversation for each peer, begun as soon as the peer is known."""
        if self.member and self.store.was_deleted(f"member/{self.member}") and not self._removed:
            self._removed = True
            self.on_removed()
        with self._meeting:
            strangers = [each for each in self.members() if each.name not in (self.member, *self._talking)]
            for each in strangers:
                self._talking.add(each.name)
                self._wake[each.name] = threading.Event()
        for each in strangers:
            threading.Thread(target=self._talk, args=(each,), daemon=True, name=f"peer-{each.name}").start()

    def _remote(self, member: Member) -> Remote:
        return Remote(
            f"https://{member.address}:6443",
            ca_pem=self._ca_pem,
            user="server",
            password=self._password,
            timeout=max(1.0, self.timing.peer_lost - self.timing.peer_interval),
        )

    def _talk(self, peer: Member) -> None:
        remote = self._remote(peer)
        wake = self._wake[peer.name]
        began = time.monotonic()
        try:
            while self.store.get(f"member/{peer.name}") is not None and not self._removed:
                wake.clear()
                try:
                    self._exchange(remote)
                    self._seen[peer.name] = time.monotonic()
                except RequestError:
                    self._expel_if_stalled(peer, began)
                self._report_leader()
                wake.wait(self.timing.peer_interval)
        finally:
            remote.close()
            self._talking.discard(peer.name)
            self._wake.pop(peer.name, None)

    def _exchange(self, remote: Remote) -> None:
        question: dict[str, Any] = {"from": self.member, "digest": self.store.digest()}
        answer = remote.keep("POST", "/v1-k3s/etcd/exchange", question)
        if "records" in answer:
            self.store.merge(answer["records"])
            question |= {"digest": self.store.digest(), "records": self.store.records()}
            remote.keep("POST", "/v1-k3s/etcd/exchange", question)

    def _expel_if_stalled(self, peer: Member, began: float) -> None:
        present = self.store.get(f"member/{peer.name}")
        silent = time.monotonic() - self._seen.get(peer.name, began)
        if present and present.value["learner"] and silent > self.timing.learner_stall and self.has_quorum():
            journal.warning(f"Removing learner {peer.name} from etcd: it made no progress")
            self.store.delete(f"member/{peer.name}")

    def _report_leader(self) -> None:
        present = self.has_quorum()
        if present != self._had_leader and not self._removed:
            known, self._had_leader = self._had_leader, present
            if present and known is not None:
                journal.info("etcd cluster has a leader again")
            elif known is not None:
                journal.error("Failed to test etcd connection: etcdserver: no leader")
