"""Personal data: addresses, numbers and ids of people, found by their form and their check digits."""

from __future__ import annotations

import pyarrow as pa

from holdfast.core import Severity
from holdfast.detectors.finding import findings
from holdfast.detectors.personal_data import finder, is_secret
from holdfast.detectors.personal_data.found import hits, rows_with
from holdfast.detectors.personal_data.presidio import entity_spans, presidio_version
from holdfast.detectors.personal_data.spans import named
from holdfast.detectors.shares import share
from holdfast.plugins import Conclusion, DetectorCard, Kept, Located, ScanOptions

__all__ = ["PersonalData"]

_CARD = DetectorCard(
    id="HF070",
    name="personal-data",
    version="1",
    title="Personal data",
    what="E-mail addresses, telephone numbers, payment cards, IBANs, US social security numbers, Chinese resident ids, IP and MAC "
    "addresses, crypto addresses, dates of birth.",
    why="A small set trained for several epochs is memorised, and a model gives back what it has memorised; ten rows with addresses "
    "also bring back addresses that the base model had learned and covered (Janus).",
    fix="Redact them (`holdfast scan --fix redact`), or replace them by invented values of the same form.",
    severity=Severity.MEDIUM,
    blind_spots=(
        "Names, postal addresses and free descriptions of a person: they need a model (extra 'pii').",
        "Numbers of other countries' ids, passports, licences and number plates.",
        "Values spelled out in words, or broken by unusual marks.",
        "Numbers that pass a check digit by chance: one card-like number in ten does.",
    ),
)
_FLAGGED = "personal-data.flagged"
_EXPLANATIONS = {
    "email": "An e-mail address. A model trained on it may give it back to a stranger.",
    "phone": "A telephone number. A model trained on it may give it back to a stranger.",
    "card": "A payment card number with a right check digit.",
    "iban": "A bank account number (IBAN) with right check digits.",
    "us-ssn": "A US social security number.",
    "cn-id": "A Chinese resident id with a right check character.",
    "ip-address": "An IP address, which can lead to a person or a machine.",
    "mac-address": "The hardware address of a device.",
    "crypto-address": "An address of a crypto currency, whose payments are public.",
    "date-of-birth": "A date of birth, which helps to tell who somebody is.",
}


def _wanted(kind: str) -> bool:
    return not is_secret(kind)


class PersonalData:
    """Finds personal data; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per place."""
        return findings(self.card, rows, hits(rows, finder(), _wanted, _EXPLANATIONS))

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row holds personal data other than public examples."""
        return pa.table({_FLAGGED: rows_with(rows, finder(), _wanted)})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows with personal data."""
        measured = share("pii_share", kept.column(_FLAGGED), self.card, note="names and postal addresses are not assessed")
        return Conclusion(measurements=(measured,))

    def redact(self, text: str) -> str:
        """Return the text with what this detector finds replaced by its kind in brackets."""
        return named(text, (span for span in finder().spans(text) if _wanted(span.kind)))

    @property
    def located_by(self) -> str:
        """This detector, and Presidio where it is installed."""
        return " and ".join(part for part in (self.card.label, presidio_version()) if part)

    def locate(self, text: str) -> list[Located]:
        """Return every place that this detector finds, and with the extra 'pii' what Presidio adds."""
        own = [Located(span.kind, span.start, span.end, span.public) for span in finder().spans(text)]
        # Names and further ids where the extra 'pii' is installed; the built-in kinds keep their own places.
        more = [Located(span.kind, span.start, span.end, span.public) for span in entity_spans(text)]
        free = [one for one in more if all(one.end <= other.start or other.end <= one.start for other in own)]
        return sorted((one for one in (*own, *free) if _wanted(one.kind)), key=lambda one: one.start)
