"""A model's chat template, read from its folder and rendered in a sandbox, so that what stands where can be compared as text."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from holdfast.core import InputError, Message

__all__ = ["PLAIN", "differences", "read_template", "rendered"]

PLAIN = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}"
"""Stands in for a chat template where no model is given: role and content, a line each."""

_TRAINING_MARKS = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
"""Marks that `transformers` adds to Jinja for training; they print nothing."""


def read_template(model: Path) -> str:
    """Return the chat template of a model folder or of a `.jinja` file; raises InputError where there is none."""
    if model.is_file():
        return model.read_text(encoding="utf-8")
    if (model / "chat_template.jinja").is_file():
        return (model / "chat_template.jinja").read_text(encoding="utf-8")
    config = model / "tokenizer_config.json"
    found = json.loads(config.read_text(encoding="utf-8")).get("chat_template") if config.is_file() else None
    if isinstance(found, list):
        found = next((one["template"] for one in found if one.get("name") == "default"), None)
    if not isinstance(found, str):
        raise InputError(
            f"{model}: no chat template (chat_template.jinja, or in tokenizer_config.json). Give a model folder or a template file."
        )
    return found


def rendered(template: str, messages: Sequence[Message], *, tokens: dict[str, str] | None = None) -> str:
    """Return messages as a chat template writes them; raises InputError where it refuses them.

    The template may come from anywhere: it runs in Jinja's immutable sandbox and reaches nothing but the messages.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda format_: "DATE"
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False)
    try:
        made = environment.from_string(_TRAINING_MARKS.sub("", template))
        given: Any = [{"role": message.role, "content": message.content} for message in messages]
        return made.render(messages=given, add_generation_prompt=False, bos_token="", eos_token="", **(tokens or {}))
    except (TemplateError, TypeError, ValueError) as error:
        raise InputError(f"the chat template does not take these messages ({str(error).partition(chr(10))[0]}).") from error


def _refuse(message: str) -> None:
    raise TemplateError(message)


def differences(training: str, serving: str) -> str:
    """Return a unified diff from what training reads to what serving reads; '' where both are the same."""
    lines = difflib.unified_diff(training.splitlines(), serving.splitlines(), "training", "serving", lineterm="", n=2)
    return "\n".join(lines)
