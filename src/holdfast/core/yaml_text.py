"""YAML as people mean it: a key stands once, 2e-5 is a number, and a date is the text that it is."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from holdfast.core.errors import HoldfastError, InputError

__all__ = ["parse_yaml"]

_FLOAT, _TIMESTAMP = "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"
_EXPONENT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


def parse_yaml(text: str, where: str, kind: type[HoldfastError] = InputError) -> Any:
    """Return what a YAML text holds, in Python's own types.

    Raises `kind`, which names the line, for a broken text and for a key that stands twice: of two values nobody can tell which is meant.
    """
    import yaml

    try:
        return yaml.load(text, _loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        why = " ".join(str(getattr(error, "problem", None) or error).split())[:200]
        raise kind(f"{where}{line}: expected YAML, got a broken file ({why}).") from error


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """What YAML 1.1 reads otherwise than it is meant is read as it is meant."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            """Return a mapping, whose keys are all different."""
            seen: set[str] = set()
            for key, _ in node.value:
                # Merged keys (`<<`) may be overridden, which is what they are for.
                if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
                if isinstance(key.value, str):
                    seen.add(key.value)
            return super().construct_mapping(node, deep=deep)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != _TIMESTAMP]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(_FLOAT, _EXPONENT, list("-+.0123456789"))
    return Loader
