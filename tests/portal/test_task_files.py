"""Files that come with the answer to a task: they go into the copy, and nowhere else."""

import asyncio

import httpx
import pytest

from hub.actors import OPERATOR, Operation
from hub.rights import gathered
from hub.rights.outcomes import StepState
from hub.rights.requests import Request
from tests.portal.helping import Helper, helper
from tests.portal.visitor import HOME
from tests.rights.test_exporting import objects
from tests.uploads.files import PDF, SVG

__all__ = ["helper"]
FOUND = {"do": "answer", "outcome": "DONE", "rows": "2"}


async def hand_in(helper: Helper, link: str, name: str, content: bytes, **fields: str) -> httpx.Response:
    sent = {**FOUND, **fields}
    return await helper.http.post(link, data=sent, files={"files": (name, content)}, headers={"origin": HOME})


async def named(helper: Helper, request: Request) -> list[str | None]:
    async with helper.desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return [part.name for part in await gathered.of(ask, request.id) if part.kind == "FILE"]


async def test_a_file_that_was_found_comes_with_the_answer(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    assert 'type="file"' in (await helper.open(link)).text
    assert (await hand_in(helper, link, "Payslips 1998.pdf", PDF)).status_code == 303
    step = await helper.step(request)
    assert (step.state, step.evidence) == (StepState.DONE, {"by": "LINK", "rows": 2, "files": 1})
    assert await named(helper, request) == ["Payslips 1998.pdf"]


@pytest.mark.parametrize(
    ("name", "content", "fields", "field"),
    [
        ("drawing.svg", SVG, {}, "files"),
        ("slips.pdf", b"MZ\x90\x00", {}, "files"),
        ("slips.pdf", PDF, {"outcome": "NOTHING"}, "outcome"),
        ("slips.pdf", PDF, {"rows": ""}, "rows"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_nothing_is_kept(
    helper: Helper, name: str, content: bytes, fields: dict[str, str], field: str
) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    before = objects(helper.desk, request)
    answer = await hand_in(helper, link, name, content, **fields)
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert (await helper.step(request)).state is StepState.WAITING_ON_OTHERS
    assert (await named(helper, request), objects(helper.desk, request)) == ([], before)


async def test_of_many_answers_at_once_one_brings_its_file(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    before = len(objects(helper.desk, request))
    sending = (hand_in(helper, link, f"slip-{number}.pdf", PDF) for number in range(5))
    assert sorted(each.status_code for each in await asyncio.gather(*sending)) == [303, *[409] * 4]
    assert len(await named(helper, request)) == 1
    assert len(objects(helper.desk, request)) == before + 1


async def test_a_task_that_is_over_or_makes_no_copy_takes_no_file(helper: Helper) -> None:
    restricted = await helper.asked("RESTRICTION")
    link = await helper.link(restricted)
    assert 'type="file"' not in (await helper.open(link)).text
    assert (await hand_in(helper, link, "slips.pdf", PDF)).status_code == 409
    assert (await helper.step(restricted)).state is StepState.WAITING_ON_OTHERS
    assert (await helper.send(link, **FOUND)).status_code == 303
    assert (await hand_in(helper, link, "slips.pdf", PDF)).status_code == 409
    assert objects(helper.desk, restricted) == []
