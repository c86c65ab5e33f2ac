"""The demo's staff: entered once, shown on the first page, and nowhere in production."""

from pathlib import Path

import httpx
import pytest

from hub import asgi
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.auth import signing_in
from hub.auth.signing_in import Said
from hub.demo import desk
from hub.errors import Unready
from hub.organisations import NewOrganisation, read, set_up
from hub.readiness import Readiness
from hub.settings import Mode


@pytest.fixture
async def demo(fresh_hub: Hub, tmp_path: Path) -> Hub:
    """A hub with the two firms and nobody in them."""
    given = {"mode": Mode.DEMO, "data_dir": tmp_path}
    made = Hub(fresh_hub.settings.model_copy(update=given), fresh_hub.database, fresh_hub.vault)

    async def body(act: Act) -> None:
        for key in desk.PEOPLE:
            await set_up(act, NewOrganisation(key, key.title(), "AU", "privacy@firm.example"))

    await made.perform(OPERATOR, Operation.ORGANISATION_SET_UP, body)
    return made


async def test_each_firm_has_somebody_who_signs_in_with_what_the_first_page_shows(demo: Hub) -> None:
    await desk.enter(demo)
    before = desk.colleagues(demo.settings.data_dir)
    await desk.enter(demo)
    assert desk.colleagues(demo.settings.data_dir) == before
    assert len(before) == 2
    site = asgi.create_app(demo, Readiness(demo, []))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site), base_url="http://localhost:8000"
    ) as web:
        for language in ("en", "fr", "ar"):
            text = (await web.get("/", headers={"accept-language": language})).text
            assert all(each.email in text and each.password in text for each in before)
    for each in before:
        async with demo.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
            firm = await read(ask, each.key)
        said = Said(each.email, each.password, each.code, "192.0.2.1")
        assert await signing_in.sign_in(demo, firm.id, said)


async def test_whoever_loses_the_file_gets_another_account_of_the_same_person(demo: Hub) -> None:
    await desk.enter(demo)
    [first, _] = desk.colleagues(demo.settings.data_dir)
    (demo.settings.data_dir / "harbour-desk.secret").unlink()
    await desk.enter(demo)
    [again, _] = desk.colleagues(demo.settings.data_dir)
    assert (again.email, again.password != first.password) == (first.email, True)


async def test_made_up_staff_have_no_place_in_production(demo: Hub) -> None:
    production = Hub(demo.settings.model_copy(update={"mode": Mode.PRODUCTION}), demo.database, demo.vault)
    with pytest.raises(Unready, match="no place in production"):
        await desk.enter(production)
    assert desk.colleagues(demo.settings.data_dir) == []
