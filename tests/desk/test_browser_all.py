"""Every page of the desk in every language, in a real browser: judged by axe in both widths, and read for English."""

import re
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser

from hub.policy.values import Jurisdiction
from hub.rights import conduct, reasons
from hub.rights.requests import Request
from portal.desk.deeds import FORMS
from portal.desk.routes import PAGES
from tests.desk.colleague import Colleague, hire
from tests.desk.conftest import Joins
from tests.desk.quiet import hub, site
from tests.desk.test_acting import asked
from tests.desk.test_browser import enter
from tests.desk.test_handed import in_force
from tests.desk.test_handed import start as ask_for_file
from tests.desk.test_messages import app_of, unheard
from tests.desk.test_reminding import asked as written
from tests.desk.test_request_page import known
from tests.portal.test_task_letters import back
from tests.portal.touring import Tour, kinds_of_others, setting_off
from tests.rights.copies import shop_at
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned
from tests.rights.test_reviewing import built
from workers import partner_exports

__all__ = ["hub", "site"]

FILES = {
    "/export.csv", "/welcome/{token}/qr.svg", "/arrangements/{arrangement}/document",
    "/requests/{reference}/package.zip",
}  # fmt: skip
LEAD_AWAY = {"/oidc", "/welcome/{token}/oidc"}
"""Addresses at which there is no page."""
OURS = {"AU", "EU", "UK", "They pay us £150.", "contact", "financial", "identity", "letters", "mortgages"}
"""Codes, and what the firm was told in English only."""
AGED = """
    UPDATE staff_sign_in SET begun_at = now() - interval '11 minutes', proved_at = now() - interval '11 minutes'
    WHERE staff_id = $1
"""


async def refused(desk: Desk) -> Request:
    """A correction that was refused."""
    made = await desk.receive(await known(desk.firm), "RECTIFICATION", text="x", changes={"name": "Mika"})
    ground = reasons.refusals(Jurisdiction(made.jurisdictions[0]), made.kind)[0]
    return await desk.do(conduct.refuse, made.id, ground.code, "We keep it as it is.")


async def of_partners(ruth: Colleague) -> list[str]:
    """A partner with all that there is to be seen of one; returns the pages."""
    await ruth.sign_in()
    client = await in_force(ruth)
    counted = re.search(r"partners/bank/entitled/[\w/-]+", await ruth.open("partners/bank"))
    assert counted
    await partner_exports.run(ruth.firm.hub, (await ask_for_file(ruth, client)).id)
    await unheard(ruth.firm.hub, await app_of(ruth.firm))
    of_bank = ("", "/exports", "/withdrawals", "/clients", "/draft")
    return [
        "partners",
        *(f"partners/bank{each}" for each in of_bank),
        counted[0],
        "messages",
        "arrangements/bank-alliance",
    ]


async def of_requests(desk: Desk, folder: Path, superuser: asyncpg.Connection) -> list[str]:
    """Requests of every sort; returns the pages."""
    copy, _ = await built(desk, shop_at(folder))
    guest, acted, no = (
        (await desk.guest("ACCESS", "nobody@example.org")).request,
        await asked(desk),
        await refused(desk),
    )
    objection = await desk.receive(
        await known(desk.firm, "kim@example.org"), "OBJECTION", purpose_id=desk.firm.purposes[0]
    )
    [late] = await written(desk, 1)
    await back(superuser, late, 2)
    [step] = [each for each in await planned(desk, late) if each.kind == "EMAIL"]
    deeds = [f"{objection.reference}/{deed}" for deed in FORMS]
    more = [
        copy.reference,
        f"{copy.reference}/package",
        guest.reference,
        f"{guest.reference}/confirm",
        acted.reference,
    ]
    more += [f"{acted.reference}/appoint", no.reference, f"{no.reference}/appeal", late.reference]
    more += [f"{late.reference}/steps/{step.id}/skip"]
    return [
        "",
        "tasks",
        "tasks/remind",
        f"tasks/{step.id}",
        *(f"requests/{each}" for each in [*more, *deeds]),
    ]


@pytest.mark.browser
async def test_every_page_is_judged_in_every_language_and_none_is_left_out(
    chromium: Browser, address: str, joins: Joins, desk: Desk, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    ruth, ana = await joins("conduct"), await joins("conduct", "admin", name="Ana Lima")
    places = [*await of_requests(desk, tmp_path, superuser), *await of_partners(ruth), "team", "account"]
    _, invited = await hire(desk.firm, "reader", name="Sam Lee")
    page, root = await setting_off(chromium, {}, address), f"{address}/desk/firm-{desk.firm.id}"
    tour = Tour(page, "desk", root, PAGES, OURS | await kinds_of_others(superuser))
    await tour.go(["sign-in", f"welcome/{invited}"])
    await page.goto(f"{root}/en")
    await enter(page, ana)
    await superuser.execute(AGED, ana.account.id)  # so that what cannot be undone asks for a code
    await tour.go(places)
    await page.context.close()
    assert not tour.faults, "\n".join(tour.faults)
    assert tour.missing == FILES | LEAD_AWAY
