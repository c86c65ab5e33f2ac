"""Follows a person through systems that know them by each other's keys."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from workers.connectors.connector import Call, Connector, Done, Nothing, Refused, Stopped, Subject
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.planning import Plan, plan


class Ways:
    """The plans of some datasets, each made once: for a person they depend on which kinds of identity are known."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self._datasets = tuple(datasets)
        self._made: dict[frozenset[str], Plan] = {}

    def of(self, subject: Subject) -> Plan:
        """The plan for this person; Stopped REFUSED where the datasets cannot be worked with."""
        kinds = frozenset(subject.identities)
        try:
            if kinds not in self._made:
                self._made[kinds] = plan(self._datasets, kinds)
        except Unusable as error:
            raise Stopped(Refused(" ".join(error.problems))) from None
        return self._made[kinds]


async def follow(way: Plan, connectors: Mapping[str, Connector], call: Call) -> Subject:
    """Ask each system that holds keys of others, in order; return the subject with all keys.

    connectors: by the key of each dataset. Keep the keys, sealed, before anything is erased: an erasure takes away
    what leads on. Stopped carries the outcome of a system that could not be asked.
    """
    subject = call.subject
    for stage in way.find_rounds:
        asked = dict.fromkeys(connectors[key] for key in stage)
        outcomes = await asyncio.gather(*(each.find(replace(call, subject=subject)) for each in asked))
        for outcome in outcomes:
            if isinstance(outcome, Done):
                subject = subject.joined(outcome.keys)
            elif not isinstance(outcome, Nothing):
                raise Stopped(outcome)
    return subject
