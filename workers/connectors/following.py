"""Follows a person through systems that know them by each other's keys."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from workers.connectors.connector import Call, Connector, Done, Nothing, Stopped, Subject
from workers.connectors.planning import Plan


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
