"""What the firm of the world decided beforehand: its purposes, its recipients, and what its notice says."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from hub import notices, recipients
from hub.act import Act
from hub.arrangements import NewArrangement
from hub.notices import Content, NewClause, NotApplicable, Notice, NoticeVersion, Text
from hub.purposes import Ground, NewPurpose, Relation
from hub.recipients import NewClass, NewRecipient, Recipient, RecipientClass

INTAKE = ("contact", "identity", "transaction", "property")
SHARED = ("contact", "identity", "property")
PUBLISHED = {
    "v1": datetime(2023, 2, 1, tzinfo=UTC),
    "v2": datetime(2024, 1, 15, tzinfo=UTC),
    "v3": datetime(2025, 6, 1, tzinfo=UTC),
}
# key, kind, name, benefit, departments, bases, related to
PURPOSES = (
    ("conveyancing", "SERVICE", "Conveyancing", "Your home changes hands safely and on time.",
     "conveyancing", "AU=CONTRACT UK=CONTRACT", ""),
    ("account-messages", "SERVICE", "News of your matter", "You always know what happens next.",
     "conveyancing lettings", "AU=CONTRACT UK=CONTRACT", "conveyancing=DIRECTLY"),
    ("referral-inspection", "OTHER", "Referral to a building inspector",
     "You learn of damp and cracks before you sign.", "conveyancing", "UK=LEGITIMATE_INTEREST",
     "conveyancing=DIRECTLY"),
    ("referral-mortgage", "OTHER", "Referral to a mortgage broker", "You can compare loans at leisure.",
     "conveyancing", "UK=CONSENT", ""),
    ("newsletter", "MARKETING", "Newsletter", "You hear of prices in your street.",
     "marketing", "UK=LEGITIMATE_INTEREST", ""),
    ("analytics", "OTHER", "Analytics", "Forms get shorter for you over time.",
     "marketing", "UK=LEGITIMATE_INTEREST", ""),
    ("fraud-checks", "FRAUD", "Fraud checks", "Nobody sells your home behind your back.",
     "conveyancing", "AU=LEGAL_OBLIGATION UK=RECOGNISED_INTEREST", "conveyancing=DIRECTLY"),
    ("lettings", "SERVICE", "Lettings", "Your flat finds a tenant while you travel.",
     "lettings", "AU=CONTRACT UK=CONTRACT", "conveyancing=RELATED"),
)  # fmt: skip
# key, name, country, class, member from
RECIPIENTS = (
    ("quay-inspections", "Quay Inspections", "AU", "building-inspectors", date(2023, 1, 1)),
    ("moor-surveys", "Moor Surveys", "GB", "building-inspectors", date(2023, 1, 1)),
    ("southern-inspections", "Southern Inspections", "AU", "building-inspectors", date(2023, 1, 1)),
    ("bluegum-mortgages", "Bluegum Mortgages", "AU", "mortgage-brokers", date(2025, 5, 1)),
    ("pennine-mortgages", "Pennine Mortgages", "GB", "mortgage-brokers", date(2025, 5, 1)),
    ("post-cloud", "Post Cloud", "AU", None, date(2023, 1, 1)),
)
# key, kind, recipient, purposes, starts on, destination; the alliances begin after many customers joined
ARRANGEMENTS = (
    ("quay-referrals", "REFERRAL", "quay-inspections", "referral-inspection", date(2023, 1, 1), "AU"),
    ("moor-referrals", "REFERRAL", "moor-surveys", "referral-inspection", date(2023, 1, 1), "GB"),
    ("southern-referrals", "REFERRAL", "southern-inspections", "referral-inspection", date(2024, 2, 1), "AU"),
    ("mortgage-alliance", "ALLIANCE", "bluegum-mortgages", "referral-mortgage", date(2025, 7, 1), "AU"),
    ("pennine-alliance", "ALLIANCE", "pennine-mortgages", "referral-mortgage", date(2025, 7, 1), "GB"),
    ("mailing", "PROCESSOR", "post-cloud", "newsletter account-messages", date(2023, 1, 1), "AU"),
)
CIRCUMSTANCES = {
    "collected_online": True,
    "sold_or_shared": False,
    "third_party_source": False,
    "dpo_appointed": False,
    "statutory": False,
    "overseas_transfer": False,
    "automated_decisions": False,
}
STATEMENTS = {
    "identity": "Harbour & Moor, 12 Quay Street, Sydney; privacy@harbour.example.",
    "categories": "Your name, contact details, property and payments.",
    "purposes": "To act for you, to tell you how it goes, and as listed below.",
    "lawful_basis": "Our contract with you; our interest in introducing specialists; your consent.",
    "law": NotApplicable("No law requires us to collect these details."),
    "voluntary": "You need not give them, but without them we cannot act for you.",
    "recipients": "Those named below.",
    "overseas_transfer": NotApplicable("Details stay in the country of the branch."),
    "retention": "Seven years after your matter closes.",
    "access_and_correction": "Write to us to see or correct your details.",
    "objection": "You may object at any time; to marketing, without a reason.",
    "other_rights": "You may have details erased, restricted or handed over, and withdraw consent.",
    "complaint_to_us": "Complain to privacy@harbour.example; we answer within 30 days.",
    "complaint_body": "OAIC, oaic.gov.au; ICO, ico.org.uk.",
    "automated_decisions": NotApplicable("People decide everything."),
    "policy_link": "https://harbour.example/privacy",
    "departments": "Conveyancing, Marketing and Lettings.",
    "sharing_optout": "Tell us, and nothing leaves the firm.",
}


def new_purposes(firm: UUID) -> list[NewPurpose]:
    """Say what the firm does with data; a purpose names only purposes before it as related."""
    return [
        NewPurpose(
            key=key,
            kind=kind,
            names={"en": name},
            categories=INTAKE,
            benefits={"en": benefit},
            departments=departments.split(),
            bases=[Ground(*base.split("=")) for base in bases.split()],
            relations=[Relation(*other.split("=")) for other in related.split()],
            retention_months=84,
            organisation=firm,
        )
        for key, kind, name, benefit, departments, bases, related in PURPOSES
    ]


async def add_recipients(act: Act, firm: UUID) -> tuple[list[RecipientClass], list[Recipient]]:
    """Add who may receive, and the classes they belong to."""
    described = [
        await recipients.add_class(act, NewClass("building-inspectors", {"en": "Building inspectors"}, firm)),
        await recipients.add_class(act, NewClass("mortgage-brokers", {"en": "Mortgage brokers"}, firm)),
    ]
    outside: list[Recipient] = []
    for key, name, country, belongs_to, since in RECIPIENTS:
        row = await recipients.add(act, NewRecipient(key, name, country, organisation=firm))
        if belongs_to:
            await recipients.join_class(act, row.id, belongs_to, since)
        outside.append(row)
    return described, outside


def new_arrangements(firm: UUID) -> list[NewArrangement]:
    """Say what is agreed with the recipients."""
    return [
        NewArrangement(
            key=key,
            kind=kind,
            recipient=recipient,
            purposes=purposes.split(),
            categories=SHARED,
            starts_on=starts_on,
            destination=country,
            safeguard="CONTRACT",
            organisation=firm,
        )
        for key, kind, recipient, purposes, starts_on, country in ARRANGEMENTS
    ]


async def publish_versions(act: Act, notice: Notice) -> dict[str, NoticeVersion]:
    """Publish the three versions, each on its day."""
    grown = {
        "v1": content(["en"], inspectors=["quay-inspections", "moor-surveys"]),
        "v2": content(["en", "fr"], inspector_classes=["building-inspectors"]),
        "v3": content(
            ["en", "fr", "ar"], inspector_classes=["building-inspectors"], brokers=["mortgage-brokers"]
        ),
    }
    published: dict[str, NoticeVersion] = {}
    for name, said in grown.items():
        drafted = await notices.draft(act, notice.id, said)
        published[name] = await notices.publish(act, drafted.id, published_at=PUBLISHED[name])
    return published


def content(
    locales: Sequence[str],
    *,
    inspectors: Sequence[str] = (),
    inspector_classes: Sequence[str] = (),
    brokers: Sequence[str] = (),
) -> Content:
    """Say what a version says, for Australia and the United Kingdom."""
    promised = [
        clause(
            "your-matter", "conveyancing", "We use your details to act for you.", locales, is_primary=True
        ),
        clause("news", "account-messages", "We tell you how your matter goes.", locales),
        NewClause(
            "inspectors",
            "referral-inspection",
            ("contact", "identity", "property"),
            dict.fromkeys(locales, "We may put you in touch with a building inspector."),
            recipients=inspectors,
            classes=inspector_classes,
        ),
        clause("newsletter", "newsletter", "We send you a newsletter, until you say stop.", locales),
        clause("fraud", "fraud-checks", "We check that buyers and sellers are who they say.", locales),
    ]
    if brokers:
        promised.append(
            NewClause(
                "brokers",
                "referral-mortgage",
                ("contact", "identity", "property"),
                dict.fromkeys(locales, "We may put you in touch with a mortgage broker."),
                classes=brokers,
            )
        )
    texts = {locale: Text("How we use your details", "Everything we do with them.") for locale in locales}
    return Content(["AU", "UK"], STATEMENTS, texts, promised, CIRCUMSTANCES)


def clause(
    key: str, purpose: str, text: str, locales: Sequence[str], *, is_primary: bool = False
) -> NewClause:
    """Promise something that stays inside the firm."""
    return NewClause(key, purpose, INTAKE, dict.fromkeys(locales, text), is_primary=is_primary)
