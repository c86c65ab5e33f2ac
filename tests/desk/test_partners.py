"""Partners and arrangements at the desk: listed, drafted, their text kept, looked at, put into force, ended."""

import hashlib
import re
from typing import Any

import asyncpg
import pytest

from hub import arrangements, recipients
from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.catalogue import Page as Stretch
from hub.partners import conforming, inviting, sandbox
from hub.partners.conforming import How, Result, Step
from hub.partners.inviting import NewPartner
from hub.recipients import NewRecipient
from portal.desk import partners
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, everything

TEXT = b"We agree that you may call whom we name to you.\n"
RIVALS = "SELECT count(*) FROM arrangement WHERE organisation_id = $1"
BLOCKED = "SELECT count(*) FROM partner_block WHERE organisation_id = $1 AND ended_at IS NULL"


def filled(firm: Firm, **changes: Any) -> dict[str, Any]:
    """What is typed into the form of a draft."""
    return {
        "key": "bank-alliance", "kind": "ALLIANCE", "purposes": [str(firm.purposes[0])],
        "categories": [str(firm.categories["contact"])], "starts_on": "2026-01-01", "ends_on": "", "destination": "AU",
        "safeguard": "NONE", "keep_days": "90", "gain_en": "They pay us £150.", "gain_fr": "", "gain_ar": "",
        **changes,
    }  # fmt: skip


async def drafted(ruth: Colleague) -> None:
    """Draft an arrangement with the bank."""
    await ruth.open("partners/bank/draft")
    await ruth.send(filled(ruth.firm))
    assert ruth.place == "arrangements/bank-alliance", ruth.text


async def test_a_partner_shows_what_is_agreed_and_a_draft_becomes_one_in_force(
    ruth: Colleague, hub: Hub, firm: Firm
) -> None:
    await ruth.open("partners")
    assert "bank" in ruth.text
    await ruth.open("partners/bank")
    assert "Nothing is agreed with them yet" in ruth.text
    await drafted(ruth)
    for said in ("Nothing here is in force.", "90 days", "They pay us £150.", "Nobody has looked yet."):
        assert said in ruth.text, said
    await ruth.send({}, to="arrangements/bank-alliance/weigh")
    assert "as if it were in force" in ruth.text
    await ruth.send({}, to="arrangements/bank-alliance/force")
    assert "In force" in ruth.text
    assert "Let it end" in ruth.text
    async with hub.ask(ruth_actor(firm), Operation.CATALOGUE_READ) as ask:
        row = await arrangements.read(ask, "bank-alliance")
    assert (row.state, row.keep_days, row.gain) == ("IN_FORCE", 90, {"en": "They pay us £150."})
    await ruth.send({"on": row.starts_on.isoformat()}, to="arrangements/bank-alliance/end")
    async with hub.ask(ruth_actor(firm), Operation.CATALOGUE_READ) as ask:
        assert (await arrangements.read(ask, "bank-alliance")).ends_on == row.starts_on


def ruth_actor(firm: Firm) -> Any:
    """Who reads for the firm."""
    return type(OPERATOR)("operator", None, firm.id, roles=OPERATOR.roles)


async def test_the_signed_text_is_kept_sealed_under_its_fingerprint_and_handed_out_to_be_saved(
    ruth: Colleague, superuser: asyncpg.Connection
) -> None:
    await drafted(ruth)
    path = f"{ruth.start}/arrangements/bank-alliance/document"
    large = TEXT * (1_000_000 // len(TEXT))
    for content, status in ((b"MZ\x90\x00 not a document", 422), (large, 200), (TEXT, 200)):
        sent, key = {"files": ("agreed.txt", content)}, ruth.key("arrangements/bank-alliance/document")
        ruth.page = await ruth.http.post(
            path, data={"form": key}, files=sent, headers={"origin": "http://localhost:8000"}
        )
        assert ruth.page.status_code == status
    assert hashlib.sha256(TEXT).hexdigest() in ruth.page.text
    kept = await superuser.fetchrow(
        "SELECT name, file_key FROM arrangement_document ORDER BY id DESC LIMIT 1"
    )
    assert kept
    assert b"agreed" not in bytes(kept["name"])
    answer = await ruth.http.get(path)
    assert answer.content == TEXT
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "Bank!"}, "A key is"),
        ({"starts_on": "tomorrow"}, "Enter a day"),
        ({"ends_on": "2025-01-01"}, "before it begins"),
        ({"keep_days": "many"}, "Enter a number of days"),
        ({"keep_days": "0"}, "Say how many days"),
        ({"purposes": []}, "Name one at least"),
        ({"kind": "GIFT"}, "Choose a kind"),
        ({"destination": "Mars"}, "country"),
    ],
)
async def test_what_cannot_be_agreed_is_said_at_its_field_and_changes_nothing(
    ruth: Colleague, superuser: asyncpg.Connection, changes: dict[str, Any], said: str
) -> None:
    await ruth.open("partners/bank/draft")
    before = await everything(superuser)
    await ruth.send(filled(ruth.firm, **changes))
    assert ruth.page.status_code == 422
    assert said in ruth.text
    assert await everything(superuser) == before
    assert await superuser.fetchval(RIVALS, ruth.firm.id) == 0


async def test_putting_it_into_force_unseen_or_twice_changes_nothing_more(
    ruth: Colleague, superuser: asyncpg.Connection
) -> None:
    await drafted(ruth)
    before = await everything(superuser)
    await ruth.send({}, to="arrangements/bank-alliance/force")
    assert "Look first whom it will reach" in ruth.text
    assert await everything(superuser) == before
    await ruth.send({}, to="arrangements/bank-alliance/weigh")
    form = {"form": ruth.key("arrangements/bank-alliance/force")}
    path = f"{ruth.start}/arrangements/bank-alliance/force"
    for _ in range(2):
        await ruth.post(path, form)
    forced = "SELECT count(*) FROM ledger_entry WHERE event = 'arrangement.put_in_force' AND actor_id = $1"
    assert await superuser.fetchval(forced, ruth.account.id) == 1


async def test_all_partners_are_listed_a_stretch_at_a_time_with_what_is_agreed_with_each(
    ruth: Colleague, hub: Hub, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners, "PARTNERS_SHOWN", 2)
    await drafted(ruth)
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        for key in ("later-one", "later-two", "later-three"):
            await recipients.add(act, NewRecipient(key, key, "AU", organisation=firm.id))
    text = await ruth.open("partners")
    assert re.findall(r'data-l="Drafts">(\d+)<', text) == ["1", "0"]
    seen = re.findall(r'partners/([\w-]+)"><bdi>', text)
    while found := re.search(r'href="(\?after=[^"]+)" rel="next"', text):
        text = await ruth.open(f"partners{found[1]}")
        seen += re.findall(r'partners/([\w-]+)"><bdi>', text)
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        every = await recipients.page(ask, Stretch(100), recipients.Such(organisation=firm.id))
    assert seen == [each.key for each in every]
    assert len(seen) > 4


async def test_a_draft_is_thrown_away(ruth: Colleague, superuser: asyncpg.Connection) -> None:
    await drafted(ruth)
    await ruth.send({}, to="arrangements/bank-alliance/discard")
    assert ruth.place == "partners/bank"
    assert await superuser.fetchval(RIVALS, ruth.firm.id) == 0


async def test_whoever_only_reads_sees_it_and_cannot_change_it(ruth: Colleague, joins: Joins) -> None:
    await drafted(ruth)
    omar = await joins("reader", name="Omar Said")
    await omar.sign_in()
    await omar.open("arrangements/bank-alliance")
    assert omar.page.status_code == 200
    assert "Put it into force" not in omar.page.text
    await omar.open("partners/bank/draft")
    assert omar.page.status_code == 403
    answer = await omar.post(f"{omar.start}/arrangements/bank-alliance/weigh", {"form": "made-up"})
    assert answer.status_code == 403


async def test_another_firms_partner_and_arrangement_are_absent(ruth: Colleague) -> None:
    for place in ("partners/made-up", "partners/made-up/draft", "arrangements/made-up"):
        await ruth.open(place)
        assert ruth.page.status_code == 404, place


async def test_one_person_blocks_a_partner_and_two_let_it_receive_again(
    ruth: Colleague, joins: Joins, superuser: asyncpg.Connection
) -> None:
    await ruth.open("partners/bank")
    await ruth.send({"reason": ""}, to="partners/bank/block")
    assert ruth.page.status_code == 422
    for language in ("en", "fr", "ar"):
        assert (
            f'href="/desk/firm-{ruth.firm.id}/{language}/partners/bank" lang="{language}"' in ruth.page.text
        )
    await ruth.send({"reason": "They lost a laptop."}, to="partners/bank/block")
    assert "They lost a laptop." in ruth.text
    assert "receive nothing more" in ruth.text
    await ruth.open("partners")
    assert "Blocked" in ruth.text
    await ruth.open("partners/bank")
    await ruth.send({"reason": "They have it back."}, to="partners/bank/ask-release")
    assert "Another person has to agree" in ruth.text
    form = {"form": "made-up"}
    assert (await ruth.post(f"{ruth.start}/partners/bank/release", form)).status_code == 403
    omar = await joins("conduct", name="Omar Said")
    await omar.sign_in()
    await omar.open("partners/bank")
    assert "They have it back." in omar.text
    await omar.send({}, to="partners/bank/release")
    assert "Blocked since" not in omar.text
    assert await superuser.fetchval(BLOCKED, ruth.firm.id) == 0


async def test_whoever_asked_cannot_agree_even_with_a_form_of_their_own(
    ruth: Colleague, superuser: asyncpg.Connection
) -> None:
    await ruth.open("partners/lawyer")
    await ruth.send({"reason": "They said so."}, to="partners/lawyer/block")
    key = ruth.key("partners/lawyer/ask-release")
    await ruth.post(f"{ruth.start}/partners/lawyer/ask-release", {"form": key, "reason": "Now they do not."})
    before = await everything(superuser)
    answer = await ruth.post(f"{ruth.start}/partners/lawyer/release", {"form": key})
    assert answer.status_code == 403
    assert await everything(superuser) == before


async def test_how_a_partner_did_when_it_was_tried_out_is_shown_step_by_step(
    ruth: Colleague, hub: Hub, firm: Firm
) -> None:
    await ruth.open("partners/bank")
    assert "They were not tried out yet." in ruth.text
    async with hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        made = await sandbox.prepare(act, firm.id, 0)
        whom = made.copy_of(firm.recipients[0])
        new = NewPartner(
            "The bank, trying", whom, ["partner:webhooks"], None, "client_secret", None, made.organisation_id
        )
        client, _ = await inviting.invite(act, new)
    async with hub.act(OPERATOR, Operation.CONFORMANCE_RUN) as act:
        run = await conforming.start(act, 5, client.id)
    await ruth.open("partners/bank")
    for said in ("The bank, trying", "Waiting"):
        assert said in ruth.text, said
    results = [
        Result(Step.LISTENS, How.PASSED), Result(Step.ANSWERS, How.PASSED, 204, 12),
        Result(Step.REFUSES_FORGED, How.FAILED, 204, 9),
    ]  # fmt: skip
    async with hub.act(WORKER, Operation.CONFORMANCE_TEST) as act:
        await conforming.settle(act, run.id, results)
    await ruth.open("partners/bank")
    for said in ("Takes messages in time : Passed", "Refuses forged messages : Failed ( 204 )"):
        assert said.replace(" :", ":") in ruth.text or said in ruth.text, said
    await ruth.open("partners/lawyer")
    assert "They were not tried out yet." in ruth.text
