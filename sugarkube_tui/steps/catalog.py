"""All steps in order, and all facts from one probe."""

from __future__ import annotations

from collections.abc import Mapping

from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.steps import (
    access,
    advert,
    boot,
    clock,
    config,
    install,
    join,
    k3s,
    packages,
    resolution,
    start,
)
from sugarkube_tui.steps.base import Answers, Stage, Step

STEPS: tuple[Step, ...] = (
    access.STEP,
    k3s.STEP,
    boot.STEP,
    packages.STEP,
    resolution.STEP,
    clock.STEP,
    config.STEP,
    install.STEP,
    join.STEP,
    start.START,
    advert.STEP,
    start.READY,
)

PREPARE: tuple[Step, ...] = tuple(step for step in STEPS if step.stage is Stage.PREPARE)
FORM: tuple[Step, ...] = tuple(step for step in STEPS if step.stage is Stage.FORM)
PROBED: tuple[Step, ...] = tuple(step for step in STEPS if step.probe)
BY_ID: Mapping[str, Step] = {step.id: step for step in STEPS}


def read_facts(answers: Mapping[str, Answers]) -> NodeFacts:
    """Facts from the answers of all probed steps; what was not asked stays at its default."""

    def of(step: Step) -> Answers:
        return answers.get(step.id, {})

    return NodeFacts(
        access=access.read(of(access.STEP)),
        boot=boot.read(of(boot.STEP)),
        packages=packages.read(of(packages.STEP)),
        resolution=resolution.read(of(resolution.STEP)),
        clock=clock.read(of(clock.STEP)),
        k3s=k3s.read(of(k3s.STEP)),
        advert=advert.read(of(advert.STEP)),
    )
