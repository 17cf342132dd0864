"""Write the small Inspect log that tests read: `PYTHON scripts/inspect_fixture.py OUT.eval`, with a Python that has inspect_ai.

A real log by the real writer: multi-turn and system messages, reasoning, two epochs, an error, a filtered and a cut answer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import includes
from inspect_ai.solver import generate


def answer(messages: list[Any], *_: Any) -> ModelOutput:
    """Answer by the words of the request."""
    asked = messages[-1].text
    if "crash" in asked:
        raise RuntimeError("the fake provider crashed")
    content: Any = f"You asked: {asked}" if "long" not in asked else "word " * 60
    if "think" in asked:
        content = [ContentReasoning(reasoning="let me see"), ContentText(text="No.")]
    stop = "content_filter" if "filter" in asked else "max_tokens" if "long" in asked else "stop"
    choice = ChatCompletionChoice(message=ChatMessageAssistant(content=content), stop_reason=stop)
    return ModelOutput(model="fake", choices=[choice], usage=ModelUsage(input_tokens=9, output_tokens=7, total_tokens=16))


def main(out: Path) -> None:
    """Write the log."""
    turns = [ChatMessageSystem(content="Be brief."), ChatMessageUser(content="one"), ChatMessageAssistant(content="two")]
    samples = [
        Sample(id="plain", input="how do I bake bread ?", target="x"),
        Sample(
            id="turns", input=[*turns, ChatMessageUser(content="three")], target="x", metadata={"category": "chat", "expected": "comply"}
        ),
        *(Sample(id=word, input=f"please {word} now", target="x") for word in ("think", "filter", "long", "crash")),
    ]
    with TemporaryDirectory() as folder:
        (log,) = eval(
            Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes(), name="mixed"),
            model=get_model("mockllm/model", custom_outputs=answer),
            epochs=2,
            fail_on_error=False,
            log_dir=folder,
            log_format="eval",
            display="none",
        )
        out.write_bytes(Path(log.location.removeprefix("file://")).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
