"""What weekdays and the definitions of the service level are called; English, as the catalogues' keys."""

from collections.abc import Mapping

from services.console.words import label as _

WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
FORMULAS: Mapping[str, tuple[str, str]] = {
    "answered": (
        _("SL1 (Asterisk)"),
        _("answered within the threshold ÷ answered; abandoned calls do not count"),
    ),
    "finished": (
        _("SL2 (Asterisk)"),
        _("(answered within the threshold + abandoned within it) ÷ (answered + abandoned)"),
    ),
    "offered": (
        _("Abandoned count against it"),
        _("answered within the threshold ÷ (answered + abandoned)"),
    ),
    "long_abandons": (
        _("Without short abandons (RingCentral)"),
        _("answered within the threshold ÷ (answered + those abandoned later than a short abandon)"),
    ),
    "waited": (
        _("Waited no longer (Alibaba Cloud)"),
        _("waited no longer than the threshold, whatever came of it ÷ all that waited"),
    ),
    "queued": (
        _("Of all that waited"),
        _("answered within the threshold ÷ all that waited, also those who went to voicemail, a callback or elsewhere"),
    ),
}
