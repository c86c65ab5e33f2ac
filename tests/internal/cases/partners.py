"""Partners who sign in: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Input, Mutation, Query, Variables, counted_page
from tests.internal.setting import Setting
from tests.partner.partner import Signer

_NOBODYS = global_id("PartnerClient", new_id())


async def _inviting(at: Setting) -> Input:
    return {"recipient": await at.recipient(), "name": "Their desk", "scopes": ["partner:read"]}


async def _invited(at: Setting) -> Input:
    made = await at.done("partnerInvite", "client { id }", **await _inviting(at))
    return {"client": made["client"]["id"]}


async def _adding(at: Setting) -> Input:
    return {**await _invited(at), "jwk": Signer.new().jwk}


async def _ending(at: Setting) -> Input:
    signer, invited = Signer.new(), await _invited(at)
    await at.done("partnerKeyAdd", "client { id }", **invited, jwk=signer.jwk)
    return {**invited, "kid": signer.kid}


async def one(at: Setting) -> str:
    """The id of a new partner's client."""
    return (await _invited(at))["client"]


async def _one(at: Setting) -> Variables:
    return {"id": await one(at)}


async def _several(at: Setting) -> Variables:
    inviting = await _inviting(at)
    await at.done("partnerInvite", "client { id }", **inviting)
    return {"recipient": inviting["recipient"]}


MUTATIONS: dict[str, Mutation] = {
    "partnerInvite": Mutation(
        _inviting,
        "client { name scopes authMethod revokedAt }",
        ("partner.invited",),
        {"scopes": ["decide"]},
        "INVALID",
        ("input", "scopes"),
        {"client": {
            "name": "Their desk", "scopes": ["partner:read"], "authMethod": "private_key_jwt", "revokedAt": None,
        }},
    ),
    "partnerKeyAdd": Mutation(
        _adding, "client { name }", ("partner.key_added",), {"jwk": "no key"}, "INVALID", ("input", "jwk"),
        {"client": {"name": "Their desk"}},
    ),
    "partnerKeyEnd": Mutation(
        _ending, "client { name }", ("partner.key_ended",), {"kid": "made-up"}, "NOT_FOUND", ("input", "kid"),
        {"client": {"name": "Their desk"}},
    ),
    "partnerRevoke": Mutation(
        _invited, "client { name }", ("client.revoked",), {"client": _NOBODYS}, "NOT_FOUND", ("input", "client"),
        {"client": {"name": "Their desk"}},
    ),
}  # fmt: skip
QUERIES: dict[str, Query] = {
    "partnerClient": Query(
        "query ($id: ID!) { partnerClient(id: $id) { name scopes } }", _one,
        {"name": "Their desk", "scopes": ["partner:read"]}, {"id": _NOBODYS}, "NOT_FOUND", ("id",),
    ),
    "partnerClients": Query(
        "query ($recipient: ID) { partnerClients(first: 5, recipient: $recipient) "
        + counted_page("name") + " }", _several,
        {"name": "Their desk"}, {"recipient": "made-up"}, "NOT_FOUND", ("recipient",),
    ),
}  # fmt: skip
