"""Secrets: keys, tokens and passwords, found by the form that their issuers gave them."""

from __future__ import annotations

import pyarrow as pa

from holdfast.core import Severity
from holdfast.detectors.finding import findings
from holdfast.detectors.personal_data import finder, finder_with_generic, is_secret
from holdfast.detectors.personal_data.found import hits, rows_with
from holdfast.detectors.personal_data.spans import named
from holdfast.detectors.shares import share
from holdfast.plugins import Conclusion, DetectorCard, Kept, Located, ScanOptions

__all__ = ["Secret"]

_CARD = DetectorCard(
    id="HF071",
    name="secret",
    version="1",
    title="Keys, tokens and passwords",
    what="Keys of cloud and model services, tokens of code hosts and chat services, private keys, web tokens, passwords in URLs.",
    why="Whoever asks the tuned model for it may get it, and a published model cannot be called back.",
    fix="Revoke the secret first, then drop or redact the row.",
    severity=Severity.HIGH,
    blind_spots=(
        "Secrets without a form of their own: random characters next to a key-like word are noisy, and looked for only on request.",
        "Secrets that are encoded, split over lines or turns, or of issuers that are not listed.",
        "A revoked secret looks like a valid one.",
    ),
    languages=("en", "zh", "und"),
)
_FLAGGED = "secret.flagged"
_EXPLANATIONS = {
    "aws-key": "An access key of Amazon Web Services.",
    "github-token": "A token of GitHub.",
    "gitlab-token": "A token of GitLab.",
    "slack-token": "A token or webhook of Slack.",
    "google-key": "A key or token of Google.",
    "stripe-key": "A key of Stripe.",
    "model-api-key": "A key of a model service.",
    "package-token": "A token of a package registry.",
    "mail-service-key": "A key of a mail service.",
    "chat-bot-token": "A token of a chat bot.",
    "azure-key": "A key of Microsoft Azure.",
    "private-key": "A private key.",
    "jwt": "A signed web token, which may still be valid.",
    "url-credentials": "A user name and password inside a URL.",
    "generic-secret": "Random characters next to a word such as 'password' or 'api key'.",
}


class Secret:
    """Finds secrets; see the card. `generic=True` also reports random characters next to key-like words, which is noisy."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions, *, generic: bool = False) -> None:
        """Take the options of the scan, none of which matters here."""
        self._finder = finder_with_generic() if generic else finder()

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per place."""
        return findings(self.card, rows, hits(rows, self._finder, is_secret, _EXPLANATIONS))

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row holds a secret other than a placeholder."""
        return pa.table({_FLAGGED: rows_with(rows, self._finder, is_secret)})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows with a secret."""
        return Conclusion(measurements=(share("secret_share", kept.column(_FLAGGED), self.card),))

    def redact(self, text: str) -> str:
        """Return the text with what this detector finds replaced by its kind in brackets."""
        return named(text, (span for span in self._finder.spans(text) if is_secret(span.kind)))

    @property
    def located_by(self) -> str:
        """This detector."""
        return self.card.label

    def locate(self, text: str) -> list[Located]:
        """Return every place that this detector finds."""
        return [Located(span.kind, span.start, span.end, span.public) for span in self._finder.spans(text) if is_secret(span.kind)]
