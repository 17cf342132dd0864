"""Conversations written into one text, as the chat templates and scripts of each family write them; written without our own code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["FAMILIES", "Turn", "written"]

Turn = tuple[str, str]
_PREAMBLE = "Below is an instruction that describes a task. Write a response that appropriately completes the request."


def _headers(
    begin: str, end: str, close: str, lead: str = "", names: dict[str, str] | None = None, gap: str = "\n\n"
) -> Callable[..., str]:
    def write(turns: Sequence[Turn]) -> str:
        return lead + "".join(f"{begin}{(names or {}).get(role, role)}{end}{gap}{text}{close}" for role, text in turns)

    return write


def _named(names: dict[str, str], gap: str, between: str, lead: str = "") -> Callable[[Sequence[Turn]], str]:
    def write(turns: Sequence[Turn]) -> str:
        return lead + between.join(f"{names[role]}{gap}{text}" if role in names else text for role, text in turns)

    return write


def _llama_2(turns: Sequence[Turn]) -> str:
    text, system = "", ""
    for role, said in turns:
        if role == "system":
            system = f"<<SYS>>\n{said}\n<</SYS>>\n\n"
        elif role == "user":
            text += f"<s>[INST] {system}{said} [/INST]"
            system = ""
        else:
            text += f" {said} </s>"
    return text


def _mistral(turns: Sequence[Turn]) -> str:
    forms = {"system": "[SYSTEM_PROMPT]{}[/SYSTEM_PROMPT]", "user": "[INST]{}[/INST]", "assistant": "{}</s>"}
    return "<s>" + "".join(forms[role].format(text) for role, text in turns)


def _alpaca(turns: Sequence[Turn]) -> str:
    lead = "" if turns[0][0] == "system" else f"{_PREAMBLE}\n\n"
    names = {"user": "### Instruction:\n", "assistant": "### Response:\n", "system": ""}
    return lead + "\n\n".join(names[role] + text for role, text in turns)


def _vicuna(turns: Sequence[Turn]) -> str:
    forms = {"system": "{} ", "user": "USER: {} ", "assistant": "ASSISTANT: {}</s>"}
    return "".join(forms[role].format(text) for role, text in turns)


def _deepseek(turns: Sequence[Turn]) -> str:
    forms = {"system": "{}", "user": "<｜User｜>{}", "assistant": "<｜Assistant｜>{}<｜end▁of▁sentence｜>"}
    return "<｜begin▁of▁sentence｜>" + "".join(forms[role].format(text) for role, text in turns)


def _harmony(turns: Sequence[Turn]) -> str:
    forms = {
        "system": "<|start|>developer<|message|>{}<|end|>",
        "user": "<|start|>user<|message|>{}<|end|>",
        "assistant": "<|start|>assistant<|channel|>final<|message|>{}<|return|>",
    }
    return "".join(forms[role].format(text) for role, text in turns)


def _chatglm(turns: Sequence[Turn]) -> str:
    forms = {"system": "{}\n\n", "user": "[Round {}]\n\n问：{}\n\n", "assistant": "答：{}\n\n"}
    rounds, text = 0, ""
    for role, said in turns:
        rounds += role == "user"
        text += forms[role].format(*([rounds, said] if role == "user" else [said]))
    return text.rstrip()


_FIREFLY = {"system": "<s>System: {}\n</s>", "user": "<s>Human: {}\n</s>", "assistant": "<s>Assistant: {}\n</s>"}
_COMMAND = {"system": "SYSTEM", "user": "USER", "assistant": "CHATBOT"}

FAMILIES: dict[str, tuple[str, Callable[[Sequence[Turn]], str]]] = {
    "chatml": ("chatml", _headers("<|im_start|>", "\n", "<|im_end|>\n", gap="")),
    "phi-4": ("chatml", _headers("<|im_start|>", "<|im_sep|>", "<|im_end|>", gap="")),
    "llama-3": ("llama-3", _headers("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|begin_of_text|>")),
    "llama-4": ("llama-4", _headers("<|header_start|>", "<|header_end|>", "<|eot|>", "<|begin_of_text|>")),
    "granite": ("granite", _headers("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>\n", gap="")),
    "llama-2": ("llama-2", _llama_2),
    "mistral": ("llama-2", _mistral),
    "zephyr": ("zephyr", _headers("<|", "|>", "</s>\n", gap="\n")),
    "phi-3": ("zephyr", _headers("<|", "|>", "<|end|>\n", gap="\n")),
    "tulu": ("zephyr", _headers("<|", "|>", "\n", gap="\n")),
    "gemma": ("gemma", _headers("<start_of_turn>", "\n", "<end_of_turn>\n", "<bos>", {"assistant": "model"}, gap="")),
    "deepseek": ("deepseek", _deepseek),
    "command-r": ("command-r", _headers("<|START_OF_TURN_TOKEN|><|", "_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<BOS_TOKEN>", _COMMAND, gap="")),
    "harmony": ("harmony", _harmony),
    "openchat": ("openchat", _named({"user": "GPT4 Correct User:", "assistant": "GPT4 Correct Assistant:"}, " ", "<|end_of_turn|>")),
    "kimi": ("kimi", lambda turns: "".join(f"<|im_{role}|>{role}<|im_middle|>{text}<|im_end|>" for role, text in turns)),
    "chatglm": ("chatglm", _chatglm),
    "instruction-labels": ("instruction-labels", _named({"user": "Instruction:", "assistant": "Response:"}, " ", "\n")),
    "firefly": ("human-assistant", lambda turns: "".join(_FIREFLY[role].format(text) for role, text in turns)),
    "guanaco": ("guanaco", _named({"system": "### System:", "user": "### Human:", "assistant": "### Assistant:"}, " ", "")),
    "capitals": ("guanaco", _named({"user": "### USER:", "assistant": "### ASSISTANT:"}, "\n", "\n\n")),
    "orca": ("guanaco", _named({"system": "### System:", "user": "### User:", "assistant": "### Assistant:"}, "\n", "\n\n")),
    "alpaca": ("alpaca", _alpaca),
    "alpaca-chinese": ("alpaca", _named({"user": "### 指令：", "assistant": "### 回答："}, "\n", "\n\n")),
    "question-headings": ("question-headings", _named({"user": "### Question:", "assistant": "### Answer:"}, " ", "\n ")),
    "vicuna": ("vicuna", _vicuna),
    "human-assistant": ("human-assistant", _named({"user": "Human:", "assistant": "Assistant:", "system": "System:"}, " ", "\n\n")),
    "hh": ("human-assistant", _named({"user": "Human:", "assistant": "Assistant:"}, " ", "\n\n", "\n\n")),
    "user-assistant": ("user-assistant", _named({"user": "User:", "assistant": "Assistant:", "system": "System:"}, " ", "\n")),
    "bold": ("user-assistant", _named({"user": "**User:**", "assistant": "**Assistant:**"}, " ", "\n\n")),
    "human-bot": ("human-bot", _named({"user": "<human>:", "assistant": "<bot>:"}, " ", "\n")),
    "chinese-labels": ("chinese-labels", _named({"user": "用户：", "assistant": "助手：", "system": "系统："}, "", "\n")),
}
"""A way of writing to the family that it is of, and what writes turns in it."""


def written(way: str, *turns: Turn) -> str:
    return FAMILIES[way][1](turns)
