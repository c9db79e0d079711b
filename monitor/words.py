"""The words that people read for states and channels, as the catalogs gather them; imports next to nothing."""

from rules.marking import N_

STATES = {
    "waived": N_("waived"),
    "withdrawn": N_("withdrawn"),
    "removed": N_("removed"),
    "displayed": N_("displayed"),
    "met": N_("met"),
    "met_late": N_("met late"),
    "unknown": N_("unknown"),
    "overdue": N_("overdue"),
    "due_soon": N_("due soon"),
    "upcoming": N_("upcoming"),
}

CHANNELS = {
    "website": N_("website"),
    "noticeboard": N_("noticeboard"),
    "paper": N_("on paper"),
    "electronic-system": N_("electronic system"),
    "open-information-system": N_("open information system"),
    "media": N_("media"),
    "letter": N_("official letter"),
    "meeting": N_("meeting"),
    "training": N_("training"),
    "premises": N_("on the premises"),
    "file": N_("kept on file"),
    "electronic-form": N_("electronic form"),
}
"""Another channel is said as it stands in its pack."""
