"""`scan` and `servers`: what is on the LAN."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from ipaddress import ip_network
from typing import Any

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.hosts import read_given
from sugarkube_tui.cli.inputs import read_defaults
from sugarkube_tui.cli.output import say, say_json, tell
from sugarkube_tui.cli.render import survey_lines
from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.cluster.errors import InvalidInput, SugarkubeError
from sugarkube_tui.cluster.findings import ApiLook, ApiLooks, Finding, findings
from sugarkube_tui.cluster.hearing import Diagnosis, diagnose
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import LAYER_TITLES, USUAL_LAYERS, Layer
from sugarkube_tui.cluster.subnets import swept_from
from sugarkube_tui.cluster.token import token_from_variables
from sugarkube_tui.engine.ports import Given, Interest, World
from sugarkube_tui.engine.survey import LISTEN_S, Listener, listen, look_at_apis, usual_interest
from sugarkube_tui.store.consents import Consents

SWEPT_WITHIN_S = 60.0
"""Seconds for a sweep to end; a /22 takes 8."""


async def scan(
    world: World,
    arguments: Namespace,
    variables: Mapping[str, str],
    aliases: Sequence[Given],
    consents: Consents,
) -> int:
    """List hosts and adverts, each with its evidence, and what is to be known about them.

    Args:
        aliases: hosts that ~/.ssh/config names.
        consents: which networks may be swept without `--sweep`.
    """
    defaults = read_defaults(arguments, variables)
    environment = defaults.choices.environment
    chosen = arguments.interfaces
    own = [i for i in await world.lan.interfaces() if not chosen or i.name in chosen]
    allowed = [network for network in map(swept_from, own) if consents.sweep(network)]
    interest = _interest(arguments, defaults, (*read_given(arguments), *aliases), allowed)
    survey = await _listen(world, interest, arguments.seconds)
    apis = await look_at_apis(world.api, survey.adverts, world.clock)
    try:
        token = token_from_variables(environment, variables)
    except InvalidInput as error:
        token = None
        tell(f"▲ {error}")
    hashes = {environment: token.ca_hash} if token is not None and token.ca_hash else {}
    found = findings(survey, apis, hashes, arguments.seconds * 1000, interest.names)
    diagnosis = diagnose(survey)
    if arguments.json:
        for value in _as_json(survey, apis, found, diagnosis):
            say_json(value)
    else:
        for line in survey_lines(survey, apis, found):
            say(line)
        _tell_silence(survey, interest, diagnosis, arguments.seconds)
    return exit_codes.OK if survey.hosts else exit_codes.FAILED


async def _listen(world: World, interest: Interest, seconds: float) -> Survey:
    """What is heard; hosts that were named are told even where nobody can listen."""
    async with Listener(world.lan, interest, world.clock) as listener:
        try:
            await listener.until(lambda _: False, seconds)
            if Layer.SWEEP in interest.layers:
                await listener.until(_is_swept, max(seconds, SWEPT_WITHIN_S))
        except SugarkubeError as error:
            tell(f"✖ {error}")
    return listener.survey


def _is_swept(survey: Survey) -> bool:
    told = survey.layers.get(Layer.SWEEP)
    return told is not None and told.ms is not None


async def servers(world: World, arguments: Namespace, variables: Mapping[str, str]) -> int:
    """Print the control-plane hosts that an environment advertises, one on a line; none is no failure.

    The same as the quick start's `k3s-discover.sh --print-server-hosts`.
    """
    environment = read_defaults(arguments, variables).choices.environment
    interest = Interest((environment,), layers=frozenset({Layer.ADVERTS}))
    survey = await listen(world.lan, interest, LISTEN_S, world.clock)
    adverts = survey.servers_of(environment)
    for host in dict.fromkeys(advert.host for advert in adverts):
        say(host)
    apis = await look_at_apis(world.api, adverts, world.clock)
    diagnosis = diagnose(survey)
    for line in (f"▲ {diagnosis.what}", *(f"  · {cause}" for cause in diagnosis.causes)):
        if diagnosis.what:
            tell(line)
    for finding in findings(survey, apis, {}, LISTEN_S * 1000):
        if finding.environment == environment:
            tell(f"▲ {finding.what}\n  → {finding.remedy}")
    return exit_codes.OK


def _tell_silence(survey: Survey, interest: Interest, diagnosis: Diagnosis, seconds: float) -> None:
    if not survey.hosts:
        means = ", ".join(LAYER_TITLES[layer] for layer in Layer if layer in interest.layers)
        where = ", ".join(f"{interface.name} ({interface.network})" for interface in survey.interfaces)
        tell(f"looked by {means or 'no means'} for {seconds:.0f} s on {where or 'no interface'}")
    if diagnosis.what:
        tell(f"▲ {diagnosis.what}")
        for cause in diagnosis.causes:
            tell(f"  · {cause}")
    if not survey.hosts:
        tell("→ sweep the subnet for SSH servers with --sweep, or give nodes by --host")


def _as_json(
    survey: Survey, apis: ApiLooks, found: Sequence[Finding], diagnosis: Diagnosis
) -> Iterator[dict[str, Any]]:
    for interface in survey.interfaces:
        echo = interface.name in survey.echoes
        yield {"event": "interface", **asdict(interface), "echo": echo}
    for host in survey.hosts:
        yield {"event": "host", **asdict(host), "seen_ms": host.seen_ms, "pi": host.pi_reasons}
    for advert in survey.adverts:
        source = survey.host(advert.host)
        yield {
            "event": "advert",
            **asdict(advert),
            "environment": str(advert.environment),
            "problems": advert.problems,
            "api": asdict(apis.get((advert.host, advert.port), ApiLook())),
            "evidence": [asdict(evidence) for evidence in source.evidence_for(advert)] if source else [],
        }
    for finding in found:
        environment = str(finding.environment) if finding.environment else None
        shown = {"environment": environment, "serious": finding.serious}
        yield {"event": "finding", **asdict(finding), **shown}
    for told in survey.layers.values():
        yield {"event": "layer", **asdict(told)}
    yield {"event": "hearing", **asdict(diagnosis)}


def _interest(
    arguments: Namespace, defaults: Defaults, given: Sequence[Given], allowed: Sequence[str]
) -> Interest:
    """What a scan looks for, and by which means.

    Args:
        allowed: networks that are swept when `--sweep` names none.

    Raises:
        InvalidInput: a layer or a network is none.
    """
    networks = [_network(text) for text in arguments.sweep or ()]
    layers = set(USUAL_LAYERS)
    if arguments.sweep is not None or allowed:
        layers.add(Layer.SWEEP)
    for name in arguments.without:
        if name not in Layer.__members__.values():
            raise InvalidInput(
                f"{name!r} is no way to find hosts",
                where="--without",
                remedy=f"use one of {', '.join(Layer)}",
            )
        layers.discard(Layer(name))
    if arguments.sweep is None:
        networks = list(allowed)
    usual = usual_interest(defaults.choices.environment, defaults.prefix, given)
    interfaces = tuple(arguments.interfaces)
    return replace(usual, layers=frozenset(layers), interfaces=interfaces, networks=tuple(networks))


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no network", where="--sweep", remedy="use for example 192.168.3.0/24"
        ) from error
