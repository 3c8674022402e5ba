"""A schedule that fails, made small: events, weather and people that the failure does not need are left out."""

from collections.abc import Iterator
from dataclasses import fields, replace

from tests.simulation.plan import Plan
from tests.simulation.weather import Weather
from tests.simulation.world import Stage

OTHER_SEEDS = 3
"""Of a smaller schedule others come first, and delays fall otherwise: it is tried with so many other seeds, too."""

MAX_RUNS = 600


def shrunk(stage: Stage, plan: Plan) -> Plan:
    """The smallest plan found that still fails in the same way."""
    kinds = {_kind_of(failure) for failure in stage.run(plan).failures}
    runs = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for tried in _smaller(plan):
            for seed in (plan.seed, *(plan.seed * 1_000 + n for n in range(OTHER_SEEDS))):
                runs += 1
                failures = stage.run(replace(tried, seed=seed)).failures
                if not kinds.isdisjoint(map(_kind_of, failures)):
                    plan, is_smaller = replace(tried, seed=seed), True
                    break
                if runs >= MAX_RUNS:
                    return plan
            if is_smaller:
                break
    return plan


def _kind_of(failure: str) -> str:
    """What a failure says, whoever and whatever it says it of."""
    return " ".join(word for word in failure[:80].split() if word.isalpha())


def _smaller(plan: Plan) -> Iterator[Plan]:
    """Plans with less in them, those first that have much less."""
    size = len(plan.events) // 2
    while size:
        for begin in range(0, len(plan.events), size):
            yield replace(plan, events=plan.events[:begin] + plan.events[begin + size :])
        size //= 2
    for field in fields(Weather):
        calmer = plan.weather.without(field.name)
        if calmer != plan.weather:
            yield replace(plan, weather=calmer)
    if plan.clients > 1:
        yield replace(plan, clients=plan.clients - 1)
