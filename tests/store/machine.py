"""Runs a state machine whose rules use a real Redis."""

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from redis.asyncio import Redis


def run(machine: type[RuleBasedStateMachine], url: str, *, examples: int, steps: int) -> None:
    """``machine`` finds a client in ``redis`` and the loop that it belongs to in ``loop``."""
    with asyncio.Runner() as runner:
        redis = Redis.from_url(url)
        loop = runner.get_loop()
        loop.run_until_complete(redis.config_set("appendonly", "no"))
        own = type("Machine", (machine,), {"redis": redis, "loop": loop})
        try:
            run_state_machine_as_test(
                own,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run_until_complete(redis.aclose())
