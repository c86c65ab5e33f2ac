"""The tables, one file per group of nouns. Guards, roles and functions are SQL in the migrations."""

from hub.models.access import AccessToken, Client, IdempotentAnswer
from hub.models.attachments import Attachment
from hub.models.catalogue import (
    Arrangement,
    Category,
    Department,
    Organisation,
    Purpose,
    PurposeBasis,
    PurposeRelation,
    Recipient,
    RecipientClass,
    RecipientMembership,
)
from hub.models.customers import (
    Customer,
    CustomerEvent,
    Identifier,
    MergeProposal,
    ProfileValue,
    RegistryCheck,
)
from hub.models.decisions import Decision, DecisionSubject
from hub.models.events import Choice, Collection, Delivery
from hub.models.holdings import Look, LookPart
from hub.models.imports import ImportBatch
from hub.models.letters import Letter, LetterRevision
from hub.models.notices import Clause, Notice, NoticeText, NoticeVerdict, NoticeVersion
from hub.models.questions import ConsentQuestion, ConsentQuestionEvent
from hub.models.register import Activity, ActivityPurpose, FormalityEvent
from hub.models.representatives import Representative
from hub.models.rights import RightsCode, RightsEvent, RightsRequest, RightsStep, RightsTask, System

__all__ = [
    "AccessToken",
    "Activity",
    "ActivityPurpose",
    "Arrangement",
    "Attachment",
    "Category",
    "Choice",
    "Clause",
    "Client",
    "Collection",
    "ConsentQuestion",
    "ConsentQuestionEvent",
    "Customer",
    "CustomerEvent",
    "Decision",
    "DecisionSubject",
    "Delivery",
    "Department",
    "FormalityEvent",
    "IdempotentAnswer",
    "Identifier",
    "ImportBatch",
    "Letter",
    "LetterRevision",
    "Look",
    "LookPart",
    "MergeProposal",
    "Notice",
    "NoticeText",
    "NoticeVerdict",
    "NoticeVersion",
    "Organisation",
    "ProfileValue",
    "Purpose",
    "PurposeBasis",
    "PurposeRelation",
    "Recipient",
    "RecipientClass",
    "RecipientMembership",
    "RegistryCheck",
    "Representative",
    "RightsCode",
    "RightsEvent",
    "RightsRequest",
    "RightsStep",
    "RightsTask",
    "System",
]
