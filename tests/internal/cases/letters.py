"""Letters: each field once as it goes well, and once as it is refused."""

from tests.internal.cases.case import Mutation, Query, Variables, plain
from tests.internal.setting import Setting

SUBJECT, BODY = "Your request {reference}", "We reply by {due_on} about {reference}:\n{link}"
CODE = {"subject": "Votre code", "body": "{code}, {minutes} minutes : {link}"}
WORDS = {"subject": SUBJECT, "body": BODY}


async def _revised(at: Setting) -> Variables:
    await at.done(
        "letterTemplateRevise", "letterTemplate { version }", template="SIGN_IN", locale="fr", wording=CODE
    )
    return {"template": "SIGN_IN", "locale": "fr"}


MUTATIONS: dict[str, Mutation] = {
    "letterTemplateRevise": Mutation(
        plain(template="RIGHTS_RECEIVED", locale="en", wording=WORDS),
        "letterTemplate { template }",
        ("letter.revised",),
        {"wording": {"subject": SUBJECT, "body": "We reply by {due_on}."}},
        "INVALID",
        ("input", "wording", "body"),
        {"letterTemplate": {"template": "RIGHTS_RECEIVED"}},
    ),
}
QUERIES: dict[str, Query] = {
    "letterTemplates": Query(
        "{ letterTemplates { template version reader placeholders { name kind }"
        " wordings { locale subject body isRevised number } } }",
        plain(),
        {},
        {},
        "",
        (),
    ),
    "letterRevisions": Query(
        "query ($template: LetterTemplateKey!, $locale: String!) {"
        " letterRevisions(template: $template, locale: $locale) { number subject body createdAt actorKind } }",
        _revised,
        {},
        {"locale": "tlh"},
        "INVALID",
        ("locale",),
    ),
    "letterPreview": Query(
        "query ($input: LetterPreviewInput!) { letterPreview(input: $input) { subject text html isRevised } }",
        plain(input={"template": "RIGHTS_RECEIVED", "locale": "en", "wording": WORDS}),
        {"subject": "Your request PH-4821-K", "isRevised": True},
        {"input": {"template": "RIGHTS_RECEIVED", "locale": "en", "wording": {**WORDS, "body": "{nobody}"}}},
        "INVALID",
        ("input", "wording", "body"),
    ),
}
