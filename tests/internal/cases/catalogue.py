"""What a firm decided beforehand: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import UNKNOWN, Input, Mutation, Query, counted_page, key, plain
from tests.internal.setting import Setting


async def _changing(at: Setting) -> Input:
    return {"purpose": await at.purpose(), "retentionMonths": 12}


async def _retiring(at: Setting) -> Input:
    return {"purpose": await at.purpose()}


MUTATIONS: dict[str, Mutation] = {
    "purposeDefine": Mutation(
        plain(
            key=key,
            kind="MARKETING",
            names=[{"locale": "en", "text": "News"}],
            categories=["contact"],
            benefits=[{"locale": "en", "text": "We send targeted news."}],
            departments=["marketing"],
            bases=[{"jurisdiction": "UK", "basis": "CONSENT"}],
            relations=[{"to": "newsletter", "kind": "RELATED"}],
        ),
        "purpose { kind benefit bases { basis } relations { to { key } } departments { key } warnings {"
        " code } }",
        ("purpose.defined",),
        {"bases": [{"jurisdiction": "AU", "basis": "RECOGNISED_INTEREST"}]},
        "INVALID",
        ("input", "bases", "0", "basis"),
        {
            "purpose": {
                "kind": "MARKETING",
                "benefit": "We send targeted news.",
                "bases": [{"basis": "CONSENT"}],
                "relations": [{"to": {"key": "newsletter"}}],
                "departments": [{"key": "marketing"}],
                "warnings": [{"code": "benefit.about_us"}, {"code": "benefit.targeting"}],
            }
        },
    ),
    "purposeChange": Mutation(
        _changing,
        "purpose { retentionMonths }",
        ("purpose.changed",),
        {"retentionMonths": 0},
        "INVALID",
        ("input", "retentionMonths"),
        {"purpose": {"retentionMonths": 12}},
    ),
    "purposeRetire": Mutation(
        _retiring,
        "purpose { kind }",
        ("purpose.retired",),
        {"purpose": UNKNOWN},
        "NOT_FOUND",
        ("input", "purpose"),
    ),
    "categoryAdd": Mutation(
        plain(
            key=key,
            names=[{"locale": "en", "text": "Tenancies"}],
            fideslangKey="user.contact",
            dpvIri="https://w3id.org/dpv/pd#House",
            sensitivityByJurisdiction=[{"jurisdiction": "MA", "sensitivity": "SENSITIVE"}],
        ),
        "category { name sensitivity sensitivityByJurisdiction { jurisdiction sensitivity } }",
        ("category.added",),
        {"fideslangKey": "user.nothing"},
        "INVALID",
        ("input", "fideslangKey"),
        {
            "category": {
                "name": "Tenancies",
                "sensitivity": "ORDINARY",
                "sensitivityByJurisdiction": [{"jurisdiction": "MA", "sensitivity": "SENSITIVE"}],
            }
        },
    ),
    "organisationChange": Mutation(
        plain(contact=lambda: f"desk-{new_id().hex}@harbour.example"),
        "organisation { name }",
        ("organisation.changed",),
        {"country": "Atlantis"},
        "INVALID",
        ("input", "country"),
        {"organisation": {"name": "Harbour & Moor"}},
    ),
    "departmentAdd": Mutation(
        plain(key=key, name="Surveys"),
        "department { name organisation { name } }",
        ("department.added",),
        {"key": "Not A Key"},
        "INVALID",
        ("input", "key"),
        {"department": {"name": "Surveys", "organisation": {"name": "Harbour & Moor"}}},
    ),
}
QUERIES: dict[str, Query] = {
    "departments": Query(
        "query ($filter: DepartmentFilter) { departments(filter: $filter) " + counted_page("key") + " }",
        plain(filter={"search": "market"}),
        {"key": "marketing"},
        {"filter": {"search": "a\u2028b"}},
        "INVALID",
        ("filter", "search"),
    ),
    "category": Query(
        "query ($ref: ID!) { category(ref: $ref) { key name names { locale } sensitivity dpvIri"
        " fideslangKey } }",
        plain(ref="contact"),
        {"key": "contact", "sensitivity": "ORDINARY"},
        {"ref": "made-up"},
        "NOT_FOUND",
        ("ref",),
    ),
    "categories": Query(
        "query ($filter: CategoryFilter, $last: Int) { categories(filter: $filter, last: $last) "
        + counted_page("sensitivity")
        + " }",
        plain(filter={"sensitivity": "BIOMETRIC"}),
        {"sensitivity": "BIOMETRIC"},
        {"last": -1},
        "INVALID",
        ("last",),
    ),
    "purpose": Query(
        "query ($ref: ID!) { purpose(ref: $ref) { name benefit kind retentionMonths retiredAt"
        " bases { jurisdiction basis } relations { kind to { key } } departments { key } categories { key"
        " } } }",
        plain(ref="referral-inspection"),
        {
            "name": "Referral to a building inspector",
            "benefit": "You learn of damp and cracks before you sign.",
            "kind": "OTHER",
            "retentionMonths": 84,
            "retiredAt": None,
            "departments": [{"key": "conveyancing"}],
            "bases": [{"jurisdiction": "UK", "basis": "LEGITIMATE_INTEREST"}],
            "relations": [{"kind": "DIRECTLY", "to": {"key": "conveyancing"}}],
        },
        {"ref": global_id("Customer", new_id())},
        "INVALID",
        ("ref",),
    ),
    "purposes": Query(
        "query ($filter: PurposeFilter) { purposes(filter: $filter) " + counted_page("key") + " }",
        plain(
            filter={"kind": "FRAUD", "category": "contact", "department": "conveyancing", "isRetired": False}
        ),
        {"key": "fraud-checks"},
        {"filter": {"department": "made-up"}},
        "NOT_FOUND",
        ("filter", "department"),
    ),
}
