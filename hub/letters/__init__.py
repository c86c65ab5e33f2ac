"""Letters: what the hub writes to people by email, from versioned templates in three languages.

`send` queues a letter with the act that needs it; the worker claims it, hands it to the mail server and settles it.
Address and text are sealed; jobs, logs and the ledger hold ids and codes only.
"""

from hub.letters.bounces import Report, bounced, envelope_sender, read_report
from hub.letters.post import Outcome, Post, Result, Unreached, connection
from hub.letters.reading import Filter, Letter, Page, State, of_requests, page, read
from hub.letters.rendering import Outgoing, compose
from hub.letters.revising import InForce, Preview, Revision, in_force, preview, revise, revisions
from hub.letters.sending import NewLetter, claim, overdue, put_off, send, settle
from hub.letters.templates import SHIPPED, Key, Kind, Reader, Template, Value, Wording

__all__ = [
    "SHIPPED",
    "Filter",
    "InForce",
    "Key",
    "Kind",
    "Letter",
    "NewLetter",
    "Outcome",
    "Outgoing",
    "Page",
    "Post",
    "Preview",
    "Reader",
    "Report",
    "Result",
    "Revision",
    "State",
    "Template",
    "Unreached",
    "Value",
    "Wording",
    "bounced",
    "claim",
    "compose",
    "connection",
    "envelope_sender",
    "in_force",
    "of_requests",
    "overdue",
    "page",
    "preview",
    "put_off",
    "read",
    "read_report",
    "revise",
    "revisions",
    "send",
    "settle",
]
