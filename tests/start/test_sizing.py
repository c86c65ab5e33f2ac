"""How much memory the embedded PostgreSQL takes: a quarter of what there is, also below a limit."""

import os
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from hub import embedded, sizing
from tests.servers import copy_server, end_below

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
LEVELS = "0::/docker/one\n"
FOUR_LEVELS = "9:cpu:/\n4:memory:/docker/one\n0::/elsewhere\n"
MOST = sizing.MEGABYTE * 300


def below(root: Path, groups: str, limits: Mapping[str, str]) -> int:
    """What is available below a file system with these control groups."""
    for name, said in {
        "proc/self/cgroup": groups,
        **{f"sys/fs/cgroup/{name}": said for name, said in limits.items()},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(said)
    return sizing.available(root)


@pytest.mark.parametrize(
    ("groups", "limits", "available"),
    [
        (LEVELS, {"docker/one/memory.max": f"{MOST}\n"}, MOST),
        (LEVELS, {"memory.max": f"{MOST}\n", "docker/one/memory.max": "max\n"}, MOST),
        (LEVELS, {"docker/one/memory.max": f"{MOST}", "docker/memory.max": f"{2 * MOST}"}, MOST),
        (FOUR_LEVELS, {"memory/docker/one/memory.limit_in_bytes": f"{MOST}\n"}, MOST),
        (FOUR_LEVELS, {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, MACHINE),
        (LEVELS, {"docker/two/memory.max": f"{MOST}\n"}, MACHINE),
        (LEVELS, {}, MACHINE),
        ("", {"memory.max": f"{MOST}\n"}, MACHINE),
    ],
)
def test_a_control_group_limits_what_is_available(
    tmp_path: Path, groups: str, limits: Mapping[str, str], available: int
) -> None:
    assert below(tmp_path, groups, limits) == available


def test_a_system_without_control_groups_has_all_of_its_memory(tmp_path: Path) -> None:
    assert sizing.available(tmp_path) == MACHINE


@pytest.mark.parametrize(
    ("available", "said"), [(1 << 20, "128MB"), (1 << 30, "256MB"), (12 << 30, "3072MB"), (1 << 40, "4096MB")]
)
def test_a_quarter_is_kept_within_bounds(monkeypatch: pytest.MonkeyPatch, available: int, said: str) -> None:
    monkeypatch.setattr(sizing, "available", lambda: available)
    assert sizing.shared_buffers() == said


@pytest.mark.parametrize(("processors", "said"), [(1, "0"), (2, "1"), (5, "4"), (64, "4")])
def test_a_question_is_helped_by_a_process_for_each_other_processor(
    monkeypatch: pytest.MonkeyPatch, processors: int, said: str
) -> None:
    def affinity(_: int) -> set[int]:
        return set(range(processors))

    monkeypatch.setattr(os, "sched_getaffinity", affinity)
    assert sizing.helpers() == said


@pytest.mark.parametrize("durable", [True, False])
def test_a_server_is_started_with_it_and_one_for_tests_with_little(
    tmp_path: Path, stopped_server: Path, *, durable: bool
) -> None:
    copy_server(stopped_server, tmp_path / "data")
    running = embedded.start(tmp_path / "data", durable=durable)
    try:
        with psycopg.connect(running.dsn) as connection:
            row = connection.execute(
                "SELECT pg_size_bytes(current_setting('shared_buffers')), pg_size_bytes(%s),"
                " current_setting('max_parallel_workers_per_gather')",
                [sizing.shared_buffers() if durable else "128MB"],
            ).fetchone()
        assert row is not None
        assert row[0] == row[1]
        assert row[2] == sizing.helpers()
    finally:
        end_below(tmp_path)
