"""The families of turn marks that are known, as the chat templates and training scripts of open models write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from holdfast.records.formats.marks.family import ENDS, JOINED, Family

__all__ = ["FAMILIES", "family_named"]

_TAGS = "system|user|assistant|human|bot|prompter|model|tool|observation"
_USERS, _ANSWERS = ("user", "human"), ("assistant", "ai", "bot", "chatbot", "model", "gpt")
_SPEAKERS = {**dict.fromkeys(_USERS, "user"), **dict.fromkeys(_ANSWERS, "assistant")}
_NESTED = {
    "[inst]": "user", "[/inst]": "assistant", "<<sys>>": "system", "<</sys>>": "user", "[system_prompt]": "system",
    "[/system_prompt]": JOINED, "[available_tools]": "system", "[/available_tools]": JOINED, "[tool_results]": "tool",
    "[/tool_results]": "assistant",
}  # fmt: skip


def _shape_headings(pieces: list[str], roles: list[str]) -> tuple[list[str], list[str]]:
    """Take an input for part of the instruction right above it, and for words of the turn anywhere else."""
    if JOINED not in roles:
        return pieces, roles
    shaped, kept, said = list[str](), list[str](), [pieces[0]]
    for index, role in enumerate(roles):
        mark, below = pieces[2 * index + 1 : 2 * index + 3]
        if role == JOINED and (not index or roles[index - 1] != "user"):
            said += [mark, below]
            continue
        shaped += ["".join(said), mark]
        said = [below]
        kept.append(role)
    return [*shaped, "".join(said)], kept


def _header(name: str, marks: str, begin: str, end: str, close: str, *, begins: str = "") -> Family:
    """Return a family whose marks are a role between two tokens."""
    return Family(
        name=name,
        marks=marks,
        mark=re.compile(rf"({re.escape(begin)}[^<>|\n]{{1,64}}{re.escape(end)})"),
        word=re.compile(r"\|>\s*([^\s<|]+)"),
        words={"available_tools": "system", "documents": "system", "document": "system", "environment": "tool"},
        closed=(close, "<|eom_id|>", *ENDS),
        merges=frozenset(("system",)),
        style={role: (f"{begin}{role}{end}\n\n", close) for role in ("system", "user", "assistant", "tool")},
        begins=begins,
    )


def _headings(name: str, marks: str, words: Mapping[str, str], shown: tuple[str, str], anywhere: Sequence[str] = ()) -> Family:
    """Return a family whose marks are '### Name:', at the start of a word unless the name may stand `anywhere`."""
    strict = "|".join(word for word in words if word not in anywhere)
    loose = "|".join(anywhere)
    names = rf"(?<![^\n \t]###)[ ]?(?:{strict})" if not loose else rf"(?:(?<![^\n \t]###)[ ]?(?:{strict})|[ ]?(?:{loose}))"
    return Family(
        name=name,
        marks=marks,
        mark=re.compile(rf"(###{names}[ ]?[:：])"),
        word=re.compile(r"###\s*(\w+)"),
        words={word.lower(): role for word, role in words.items()},
        closed=("### End", *ENDS),
        heads=("### System:", "###System:"),
        shape=_shape_headings if JOINED in words.values() else None,
        style={
            "system": ("", "\n\n"),
            "user": (f"### {shown[0]}:\n", "\n\n"),
            "assistant": (f"### {shown[1]}:\n", "\n\n"),
        },
    )


def _labels(name: str, marks: str, users: str, answers: str, shown: tuple[str, str], words: Mapping[str, str]) -> Family:
    """Return a family whose marks are names of speakers at line starts, plain or bold."""
    return Family(
        name=name,
        marks=marks,
        mark=re.compile(rf"(\n[ \t]*(?:</?s>)*(?:\*\*)?(?:{users}|{answers})(?::\*\*|\*\*[:：]|[:：]))"),
        word=re.compile(r"([^\s*:：<>]+(?: ?助手)?)>?(?:\*\*)?[:：]"),
        words=words,
        at_line=True,
        shape=_shape_headings if JOINED in words.values() else None,
        heads=("**System:**", "System:", "SYSTEM:", "系统：", "系统:"),
        style={
            "system": ("", "\n"),
            "user": (f"\n{shown[0]}", "\n"),
            "assistant": (f"\n{shown[1]}", "\n"),
        },
    )


FAMILIES: Sequence[Family] = (
    Family(
        name="chatml",
        marks="<|im_start|>user ... <|im_end|>",
        mark=re.compile(r"(<\|im_start\|>[ \t]*[^\s<|:]{1,64}(?:[ \t]+name=[^\s<|]{1,64})?(?::|[ \t]*\n|<\|im_sep\|>)?)"),
        word=re.compile(r"\|>[ \t]*([^\s<|:]+)"),
        closed=("<|im_end|>", *ENDS),
        style={role: (f"<|im_start|>{role}\n", "<|im_end|>\n") for role in ("system", "user", "assistant", "tool")},
    ),
    _header(
        "llama-3",
        "<|start_header_id|>user<|end_header_id|> ... <|eot_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
        begins="<|begin_of_text|>",
    ),
    _header(
        "llama-4",
        "<|header_start|>user<|header_end|> ... <|eot|>",
        "<|header_start|>",
        "<|header_end|>",
        "<|eot|>",
        begins="<|begin_of_text|>",
    ),
    _header(
        "granite", "<|start_of_role|>user<|end_of_role|> ... <|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"
    ),
    Family(
        name="llama-2",
        marks="[INST] ... [/INST], with <<SYS>>",
        # A mark that only opens or closes others is one with the next: "[INST] <<SYS>>".
        mark=re.compile(
            r"(\[/?INST\](?:\s*<<SYS>>)?|<</?SYS>>|\[/?TOOL_RESULTS\]|\[(?:SYSTEM_PROMPT|AVAILABLE_TOOLS)\]"
            r"|\[/(?:SYSTEM_PROMPT|AVAILABLE_TOOLS)\](?:\s*\[(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS)\])?)"
        ),
        word=re.compile(r"(\[[A-Z_/]+\]|<</?SYS>>)\s*\Z"),
        words=_NESTED,
        closed=("<s>", *ENDS),
        merges=frozenset(("system",)),
        style={
            "system": ("<s>[INST] <<SYS>>\n", "\n"),
            "user after system": ("<</SYS>>\n\n", " "),
            "user": ("<s>[INST] ", " "),
            "assistant": ("[/INST] ", " </s>"),
        },
    ),
    Family(
        name="zephyr",
        marks="<|user|> ... <|assistant|>",
        mark=re.compile(rf"(<\|(?:{_TAGS}|{_TAGS.upper()})\|>)"),
        word=re.compile(r"\|(\w+)\|"),
        closed=("<|end|>", *ENDS),
        style={role: (f"<|{role}|>\n", "</s>\n") for role in ("system", "user", "assistant", "tool")},
    ),
    Family(
        name="gemma",
        marks="<start_of_turn>user ... <end_of_turn>",
        mark=re.compile(r"(<start_of_turn>[ \t]*[^\s<]{1,64})"),
        word=re.compile(r">\s*(\S+)"),
        closed=("<end_of_turn>", *ENDS),
        style={
            role: (f"<start_of_turn>{name}\n", "<end_of_turn>\n")
            for role, name in (("system", "system"), ("user", "user"), ("assistant", "model"))
        },
        begins="<bos>",
    ),
    Family(
        name="deepseek",
        marks="<｜User｜> ... <｜Assistant｜>",
        mark=re.compile(r"(<｜(?:User|Assistant)｜>)"),
        word=re.compile(r"｜(\w+)｜"),
        style={"system": ("", ""), "user": ("<｜User｜>", ""), "assistant": ("<｜Assistant｜>", "<｜end▁of▁sentence｜>")},
        begins="<｜begin▁of▁sentence｜>",
    ),
    Family(
        name="command-r",
        marks="<|START_OF_TURN_TOKEN|><|USER_TOKEN|> ... <|END_OF_TURN_TOKEN|>",
        mark=re.compile(r"(<\|START_OF_TURN_TOKEN\|><\|[A-Z]{1,32}_TOKEN\|>)"),
        word=re.compile(r"><\|([A-Z]+)_"),
        closed=("<|END_OF_TURN_TOKEN|>", *ENDS),
        style={
            role: (f"<|START_OF_TURN_TOKEN|><|{name}_TOKEN|>", "<|END_OF_TURN_TOKEN|>")
            for role, name in (("system", "SYSTEM"), ("user", "USER"), ("assistant", "CHATBOT"))
        },
        begins="<BOS_TOKEN>",
    ),
    Family(
        name="harmony",
        marks="<|start|>user<|message|> ... <|end|>",
        mark=re.compile(r"(<\|start\|>[^<>|]{1,200}(?:<\|(?:channel|constrain)\|>[^<>|]{0,200}){0,3}<\|message\|>)"),
        word=re.compile(r"\|>\s*(functions(?=\.)|[^\s<|]+)"),
        words={"functions": "tool"},
        closed=("<|end|>", "<|return|>", "<|call|>", *ENDS),
        merges=frozenset(("system", "assistant")),
        style={
            "system": ("<|start|>system<|message|>", "<|end|>"),
            "user": ("<|start|>user<|message|>", "<|end|>"),
            "assistant": ("<|start|>assistant<|channel|>final<|message|>", "<|end|>"),
        },
    ),
    Family(
        name="openchat",
        marks="GPT4 Correct User: ... <|end_of_turn|>",
        mark=re.compile(r"((?:GPT4 Correct|GPT4|Code) (?:User|Assistant):)"),
        word=re.compile(r" (\w+):"),
        closed=("<|end_of_turn|>", *ENDS),
        style={
            "system": ("", "<|end_of_turn|>"),
            "user": ("GPT4 Correct User: ", "<|end_of_turn|>"),
            "assistant": ("GPT4 Correct Assistant: ", "<|end_of_turn|>"),
        },
    ),
    Family(
        name="kimi",
        marks="<|im_user|>user<|im_middle|> ... <|im_end|>",
        mark=re.compile(r"(<\|im_(?:system|user|assistant)\|>[^<>|]{0,64}<\|im_middle\|>)"),
        word=re.compile(r"im_(\w+)"),
        closed=("<|im_end|>", *ENDS),
        style={role: (f"<|im_{role}|>{role}<|im_middle|>", "<|im_end|>") for role in ("system", "user", "assistant")},
    ),
    Family(
        name="chatglm",
        marks="[Round 1] 问：... 答：",
        mark=re.compile(r"(\[Round \d{1,6}\][ \t\n]{0,8}问[:：]|\n[ \t]*答[:：])"),
        word=re.compile(r"(问|答)[:：]"),
        words={"问": "user", "答": "assistant"},
        style={"system": ("", "\n\n"), "user": ("[Round 1]\n\n问：", "\n\n"), "assistant": ("\n答：", "\n\n")},
    ),
    _headings(
        "guanaco",
        "### Human: ... ### Assistant:",
        {"User": "user", "USER": "user", "Human": "user", "HUMAN": "user", "Assistant": "assistant", "ASSISTANT": "assistant"},
        ("Human", "Assistant"),
        anywhere=("Human", "Assistant"),
    ),
    _headings(
        "alpaca",
        "### Instruction: ... ### Response:",
        {
            "Instruction": "user",
            "User": "user",
            "Input": JOINED,
            "Response": "assistant",
            "指令": "user",
            "输入": JOINED,
            "回答": "assistant",
            "回复": "assistant",
            "响应": "assistant",
        },
        ("Instruction", "Response"),
    ),
    _headings("question-headings", "### Question: ... ### Answer:", {"Question": "user", "Answer": "assistant"}, ("Question", "Answer")),
    Family(
        name="vicuna",
        marks="USER: ... ASSISTANT:",
        mark=re.compile(r"(USER(?<![^\s>]USER):|ASSISTANT(?<![^\s>]ASSISTANT):)"),
        word=re.compile(r"(\w+)"),
        heads=("SYSTEM:",),
        style={"system": ("", " "), "user": ("USER: ", " "), "assistant": ("ASSISTANT: ", "</s>")},
    ),
    _labels("human-assistant", "Human: ... Assistant:", "Human", "Assistant|AI|Bot|Chatbot|GPT", ("Human: ", "Assistant: "), _SPEAKERS),
    _labels("user-assistant", "User: ... Assistant:", "User", "Assistant|AI|Bot|Chatbot|Model|GPT", ("User: ", "Assistant: "), _SPEAKERS),
    _labels(
        "instruction-labels",
        "Instruction: ... Response:",
        "Instruction|Input",
        "Response|Output",
        ("Instruction: ", "Response: "),
        {"instruction": "user", "input": JOINED, "response": "assistant", "output": "assistant"},
    ),
    _labels(
        "human-bot",
        "<human>: ... <bot>:",
        "<human>",
        "<bot>",
        ("<human>: ", "<bot>: "),
        {"human": "user", "bot": "assistant"},
    ),
    _labels(
        "chinese-labels",
        "用户：... 助手：",
        "用户|人类",
        "AI ?助手|助手|机器人|AI",
        ("用户：", "助手："),
        {**dict.fromkeys(("用户", "人类"), "user"), **dict.fromkeys(("助手", "ai 助手", "ai助手", "机器人", "ai"), "assistant")},
    ),
)
"""Those of special tokens first."""

_BY_NAME = {family.name: family for family in FAMILIES}


def family_named(name: str) -> Family:
    """Return a family by its name; raises KeyError."""
    return _BY_NAME[name]
