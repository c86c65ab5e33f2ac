"""Every address of the desk, in one table."""

from typing import Final

from starlette.routing import BaseRoute, Route

from hub.act import Hub
from hub.actors import Operation
from portal.desk import (
    account,
    acting,
    appeals,
    arrangements,
    clients,
    confirming,
    doing,
    entitled,
    files,
    handed,
    invitation,
    messages,
    oidc,
    package,
    partners,
    reminding,
    request,
    signing,
    tasks,
    team,
    today,
)
from portal.desk.deeds import FORMS
from portal.door import Bound
from portal.pages import home

ROOT: Final = "/desk"


def routes(hub: Hub) -> list[BaseRoute]:
    """The desk's routes."""
    return [
        Route(oidc.BACK, oidc.callback(hub), methods=["GET"], name=Operation.DESK_SIGN_IN),
        Route("/desk", home.doors(hub, ROOT), methods=["GET"], name=Operation.DESK_READ),
        Route("/desk/{house}", home.door(hub, ROOT), methods=["GET"], name=Operation.DESK_READ),
        *(_route(hub, path, page) for path, page in PAGES),
    ]


PAGES: Final[tuple[tuple[str, Bound], ...]] = (
    ("", today.today),
    ("/export.csv", today.export),
    ("/sign-in", signing.signing),
    ("/sign-in", signing.sign_in),
    ("/sign-out", signing.sign_out),
    ("/oidc", oidc.begin),
    ("/welcome/{token}/oidc", oidc.begin_joining),
    ("/welcome/{token}", invitation.invited),
    ("/welcome/{token}", invitation.join),
    ("/welcome/{token}/qr.svg", invitation.picture),
    ("/account", account.account),
    ("/account", account.end),
    ("/account/password", account.change_password),
    ("/team", team.team),
    ("/team", team.invite),
    ("/team/{staff}/reset", team.reset),
    ("/team/{staff}/disable", team.disable),
    ("/tasks", tasks.listed),
    ("/tasks/remind", reminding.reminding),
    ("/tasks/remind", reminding.remind),
    ("/partners", partners.partners),
    ("/partners/{partner}", partners.partner),
    ("/partners/{partner}/block", partners.block),
    ("/partners/{partner}/ask-release", partners.ask_release),
    ("/partners/{partner}/release", partners.release),
    ("/partners/{partner}/entitled/{agreed}/{purpose}", entitled.entitled),
    ("/partners/{partner}/exports", handed.exports),
    ("/partners/{partner}/withdrawals", handed.withdrawals),
    ("/partners/{partner}/clients", clients.clients),
    ("/partners/{partner}/clients", clients.invite),
    ("/partners/{partner}/clients/{client}/keys", clients.add_key),
    ("/partners/{partner}/clients/{client}/end-key", clients.end_key),
    ("/partners/{partner}/clients/{client}/revoke", clients.revoke),
    ("/partners/{partner}/draft", arrangements.draft),
    ("/partners/{partner}/draft", arrangements.do_draft),
    ("/messages", messages.messages),
    ("/messages/{endpoint}/again", messages.replay_all),
    ("/messages/{endpoint}/{delivery}/again", messages.replay),
    ("/arrangements/{arrangement}", arrangements.arrangement),
    ("/arrangements/{arrangement}/document", arrangements.read_document),
    ("/arrangements/{arrangement}/document", arrangements.add_document),
    ("/arrangements/{arrangement}/weigh", arrangements.weigh),
    ("/arrangements/{arrangement}/force", arrangements.put_in_force),
    ("/arrangements/{arrangement}/end", arrangements.end),
    ("/arrangements/{arrangement}/discard", arrangements.discard),
    ("/tasks/{step}", tasks.task),
    ("/tasks/{step}", tasks.settle),
    ("/requests/{reference}", request.request),
    ("/requests/{reference}/look", request.look),
    ("/requests/{reference}/confirm", confirming.confirming),
    ("/requests/{reference}/confirm", confirming.confirm),
    ("/requests/{reference}/appoint", acting.acting),
    ("/requests/{reference}/appoint", acting.propose),
    ("/requests/{reference}/appoint/{link}/confirm", acting.confirm),
    ("/requests/{reference}/appoint/{link}/reject", acting.reject),
    ("/requests/{reference}/appoint/{link}/end", acting.end),
    ("/requests/{reference}/appeal", appeals.appealed),
    ("/requests/{reference}/appeal", appeals.appeal),
    ("/requests/{reference}/files/{file}", files.fetch),
    ("/requests/{reference}/package", package.package),
    ("/requests/{reference}/package", package.redact),
    ("/requests/{reference}/package.zip", package.read),
    ("/requests/{reference}/package/{redaction}/restore", package.restore),
    ("/requests/{reference}/steps/{step}/retry", request.retry),
    ("/requests/{reference}/steps/{step}/skip", tasks.skipping),
    ("/requests/{reference}/steps/{step}/skip", tasks.skip),
    *((f"/requests/{{reference}}/{deed}", page) for deed in FORMS for page in (doing.deed, doing.do_deed)),
)
"""What staff find below /desk/{house}/{language}, an organisation's desk in a language."""


def _route(hub: Hub, path: str, page: Bound) -> Route:
    return Route(
        "/desk/{house}/{language}" + path, page.bind(hub), methods=[page.method], name=page.operation
    )
