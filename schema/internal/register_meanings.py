"""The enumerations of the processing register, each value with what it means; as ``meanings``."""

from hub import filings, register
from hub.policy import values
from schema.internal.telling import told

told(
    values.Formality, "FormalityState", "Where an activity stands with an authority.",
    NONE="Nothing is filed, or what was granted has ended.",
    PENDING="Filed; the answer is awaited.",
    DECLARED="Declared, and the receipt is held.",
    AUTHORISED="Authorised.",
    REFUSED="Refused, or withdrawn.",
)  # fmt: skip
told(
    filings.Step, "FormalityStepKind", "What can happen between an organisation and an authority.",
    FILED="A declaration was filed (Morocco).",
    APPLIED="An authorisation was asked for; in South Africa the Regulator was notified.",
    RECEIVED="The receipt of the declaration is held; it has a number (Morocco).",
    DEMANDED="The authority demands an authorisation of what was declared (Morocco, art 20).",
    INVESTIGATED="The Regulator investigates, which takes up to thirteen weeks more (South Africa).",
    AUTHORISED="It was authorised; that has a number.",
    PRESUMED="The Regulator was silent in time, which is consent (South Africa, s 58).",
    AMENDED="A change was notified, or the last day moved; the number stays.",
    REFUSED="The authority refused.",
    WITHDRAWN="The authority took back what it had granted.",
    ENDED="The end was notified, or the filing taken back.",
)  # fmt: skip
told(
    register.Handover, "Handover", "Whether a file is passed on to third parties.",
    NEVER="It is not.", FREE="Free of charge.", PAID="For payment.",
)  # fmt: skip
told(
    register.Circumstance, "ActivityCircumstance", "What changes which formality an activity needs.",
    CREDIT_REPORTING="It serves credit reporting.",
    CHILDREN="It uses data of children.",
    EXCLUSION_SCORING="Its scores may keep people from a right, a service or a contract.",
    CODE_OF_CONDUCT="A code of conduct applies, so that no prior authorisation is needed (POPIA s 57(3)).",
)  # fmt: skip
told(
    register.Tool, "RegisterTool", "What an organisation keeps ready to live up to its register.",
    CHARTER="Its charter.", NOTICE="Its notice.", MONITORING="How it watches over data.",
    TRAINING="How staff are trained.",
    STANDARD_CLAUSES="Its standard clauses.",
    PAIA_MANUAL="Its manual under PAIA, in South Africa.",
)  # fmt: skip
