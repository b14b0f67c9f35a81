"""`verify`: the proof that a cluster is there."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.hosts import find_targets, host_texts
from sugarkube_tui.cli.inputs import read_defaults, read_login
from sugarkube_tui.cli.output import say, say_json, tell
from sugarkube_tui.cli.render import proof_lines
from sugarkube_tui.cluster.choices import parse_registration_address, parse_servers
from sugarkube_tui.cluster.timing import judge_round
from sugarkube_tui.cluster.token import token_from_variables
from sugarkube_tui.engine.ports import WireLine, World
from sugarkube_tui.engine.proof import Proof
from sugarkube_tui.engine.subject import Subject, ignore
from sugarkube_tui.engine.verify import prove, shows_packets


async def verify(world: World, arguments: Namespace, variables: Mapping[str, str]) -> int:
    """Prove the cluster by a fresh look, from here and from its nodes."""
    login = read_login(arguments)
    targets = await find_targets(world, host_texts(arguments), login)
    wanted = parse_servers(arguments.servers, "--servers") if arguments.servers else 0
    if any(target.alias.endswith(".local") for target in targets):
        # Nobody repeats an answer within a second (RFC 6762 §6): asking at once would look like a slow LAN.
        await world.clock.sleep(1.0)
    choices = read_defaults(arguments, variables).choices
    address = choices.registration_address
    if arguments.registration_address is not None:
        address = parse_registration_address(arguments.registration_address, "--registration-address")
    token = token_from_variables(choices.environment, variables)
    subject = Subject(choices.environment, (), wanted, targets, login, token, address)
    proof = await say_proof(world, subject, variables, as_json=arguments.json)
    return exit_codes.OK if proof.ok else exit_codes.FAILED


async def say_proof(world: World, subject: Subject, variables: Mapping[str, str], *, as_json: bool) -> Proof:
    """Take the proof, and print it."""

    def show(line: WireLine) -> None:
        if as_json:
            say_json({"event": "packet", **asdict(line)})
        else:
            tell(f"{line.at_ms:7.0f} ms  {line.vantage:<16}  {line.text}")

    told = ignore if as_json or not sys.stderr.isatty() else _tell_progress
    proof = await prove(world, subject, on_note=told, on_wire=show if shows_packets(variables) else None)
    if as_json:
        _say_json(proof)
    else:
        say()
        for line in proof_lines(proof):
            say(line)
    return proof


def _tell_progress(note: str) -> None:
    tell(f"… {note}")


def _say_json(proof: Proof) -> None:
    for server in proof.servers:
        for check in server.checks:
            say_json({"event": "check", **asdict(check)})
    for vantage in proof.vantages:
        say_json({"event": "vantage", **asdict(vantage)})
    judgement = judge_round(proof.ms_elapsed) if proof.ms_elapsed is not None else None
    say_json(
        {
            "event": "proof",
            "environment": str(proof.environment),
            "ok": proof.ok,
            "seen": proof.seen,
            "expected": proof.must_be,
            "ms_elapsed": proof.ms_elapsed,
            "pace": judgement.pace if judgement else None,
            "servers": {
                server.host: {"ok": server.ok, "expected": server.expected, "verdict": server.verdict}
                for server in proof.servers
            },
            "nodes": [asdict(node) for node in proof.nodes],
            "hearing": asdict(proof.diagnosis),
            "problem": proof.problem,
        }
    )
