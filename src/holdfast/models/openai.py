"""The model kind `openai`: a model behind any OpenAI-compatible server (vLLM, SGLang, llama.cpp, `transformers serve`, a vendor)."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec.structs import replace

from holdfast.models.served.address import parse_address
from holdfast.models.served.budget import Budget
from holdfast.models.served.chances import check_chances
from holdfast.models.served.client import Client
from holdfast.models.served.engine import ServedEngine
from holdfast.models.served.identity import fingerprint_of
from holdfast.models.served.keys import find_key
from holdfast.models.served.probing import Prober, connect
from holdfast.models.served.transport import Transport
from holdfast.models.served.wiring import Wiring
from holdfast.plugins import Engine, ModelOptions

__all__ = ["OpenAIKind"]


class OpenAIKind:
    """Opens `openai:MODEL@URL`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Connect to each model and measure what its server does; they share one budget.

        Raises ModelError where a server does not answer, does not know the model, or cannot do what everything here needs.
        """
        budget = Budget(options)
        opened: list[Engine] = []
        try:
            for reference in references:
                opened.append(_open(reference, options, budget))
        except BaseException:
            for engine in opened:
                engine.close()
            raise
        return opened


def _open(reference: str, options: ModelOptions, budget: Budget) -> ServedEngine:
    address = parse_address(reference)
    key = find_key(address, os.environ)
    transport = Transport(address, key=key, timeout=options.timeout, connections=options.concurrency)
    client = Client(transport, options, budget)
    try:
        wiring, conformance = connect(client, Wiring(model=address.model, raw=address.completions or options.raw))
        prober = Prober(client, wiring)
        conformance = conformance.plus(check_chances(prober))
        fingerprint, repeatable = fingerprint_of(prober, behaviour=options.identify == "behaviour")
    except BaseException:
        client.stop()
        raise
    return ServedEngine(
        client,
        replace(wiring, seeded=True),
        reference=reference,
        fingerprint=fingerprint,
        conformance=conformance.plus([repeatable]),
        options=options,
    )
