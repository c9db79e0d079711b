"""The names that the rule model and the shipped packs use, so that the catalogs gather their words.

`rules.sentences.Term` says them; a name of another pack is said as it stands there.
"""

from rules.marking import N_

ROLES = (
    N_("finance"),
    N_("head"),
    N_("hr"),
    N_("internal-control"),
    N_("legal"),
    N_("oversight"),
    N_("petitions"),
    N_("procurement"),
    N_("training"),
    N_("web"),
)

ORGANISATIONS = (
    N_("aimag"),
    N_("anti-corruption-agency"),
    N_("budget-organisation"),
    N_("soum"),
    N_("state-enterprise"),
)

EVENTS = (
    N_("appointment"),
    N_("asset-change"),
    N_("budget-amendment"),
    N_("draft-act"),
    N_("draft-policy"),
    N_("fee-change"),
    N_("financial-commitment"),
    N_("foreign-aid"),
    N_("interest-statement"),
    N_("khural-election"),
    N_("large-payment"),
    N_("large-purchase"),
    N_("large-receipt"),
    N_("legal-act"),
    N_("letter"),
    N_("open-day"),
    N_("open-information-change"),
    N_("order"),
    N_("pension-list"),
    N_("petition"),
    N_("petition-extension"),
    N_("procurement-audit"),
    N_("procurement-decision"),
    N_("purchase-report"),
    N_("staffing-change"),
    N_("suggestion"),
    N_("tender"),
    N_("tender-result"),
    N_("vacancy"),
)

PERIODS = (
    N_("month"),
    N_("quarter"),
    N_("half-year"),
    N_("year"),
    N_("previous-year"),
    N_("next-year"),
)

ROLLS = (N_("none"), N_("following"), N_("preceding"))

CONFIDENCES = (N_("primary"), N_("secondary"), N_("unverified"))
