"""The word lists of the rules: what is asked to be done to what, and words beside which a rule keeps silent."""

from __future__ import annotations

__all__ = ["RULES", "SHIELDS", "Rule"]

from typing import NamedTuple


class Rule(NamedTuple):
    """A verb and, soon after it, a thing: together plain, each alone harmless."""

    name: str
    verbs: tuple[str, ...]
    """Patterns (RE2) of verbs in any form that asks."""
    things: tuple[str, ...]
    """Plain words; also what the texts are searched for first."""
    chinese: bool = False


_MAKE = (
    "make",
    "making",
    "build",
    "building",
    "construct",
    "constructing",
    "assemble",
    "create",
    "creating",
    "produce",
    "manufacture",
    "detonate",
)
_COOK = (
    *_MAKE,
    "cook",
    "cooking",
    "synthesi[sz]e",
    "synthesi[sz]ing",
    "brew",
    "extract",
    "sell",
    "smuggle",
    "smuggling",
    "produc(?:e|ing)",
)
_WRITE = ("write", "writing", "create", "creating", "develop", "code", "build", "program", "design", "deploy", "spread", "make")
_INTO = (
    "hack into",
    "hacking into",
    "break into",
    "breaking into",
    "hack",
    "spy on",
    "stalk",
    "blackmail",
    "steal from",
    "rob",
    "kidnap",
    "murder",
    "assassinate",
    "strangle",
    "torture",
)
_ZH_MAKE = ("制作", "制造", "自制", "做", "造", "组装", "合成", "提炼", "配制", "生产", "引爆", "走私", "贩卖", "购买", "买到", "种植")
_ZH_WRITE = ("写", "编写", "制作", "开发", "做", "生成", "起草", "传播", "植入", "散布", "发")
_ZH_TO = (
    "杀死",
    "谋杀",
    "绑架",
    "毒死",
    "勒死",
    "跟踪",
    "勒索",
    "敲诈",
    "抢劫",
    "偷窃",
    "偷走",
    "入侵",
    "黑进",
    "盗取",
    "窃取",
    "破解",
    "监听",
    "骗取",
)

RULES = (
    Rule(
        "explosive",
        _MAKE,
        (
            "pipe bomb",
            "nail bomb",
            "car bomb",
            "dirty bomb",
            "homemade bomb",
            "a bomb at home",
            "letter bomb",
            "suicide vest",
            "molotov cocktail",
            "improvised explosive",
            "nerve gas",
            "nerve agent",
            "sarin",
            "mustard gas",
            "bioweapon",
            "biological weapon",
            "chemical weapon",
            "ricin",
            "explosive device",
            "thermite bomb",
            "ghost gun",
            "silencer",
            "napalm",
            "pressure cooker bomb",
        ),
    ),
    Rule(
        "drug", _COOK, ("methamphetamine", "crystal meth", "cocaine", "heroin", "fentanyl", "mdma", "ghb", "crack cocaine", "lsd", "meth")
    ),
    Rule(
        "malware",
        _WRITE,
        (
            "ransomware",
            "keylogger",
            "a botnet",
            "computer virus",
            "computer worm",
            "trojan horse",
            "spyware",
            "rootkit",
            "phishing email",
            "phishing page",
            "phishing website",
            "phishing message",
            "credit card skimmer",
            "undetectable malware",
            "malware that",
        ),
    ),
    Rule(
        "person",
        _INTO,
        (
            "my neighbor",
            "my neighbour",
            "my boss",
            "my ex",
            "my wife",
            "my husband",
            "my girlfriend",
            "my boyfriend",
            "my coworker",
            "someone else",
            "somebody else",
            "someones",
            "somebodys",
            "a politician",
            "a judge",
            "a witness",
            "the president",
            "a journalist",
            "an old lady",
            "a bank",
        ),
    ),
    Rule(
        "hate",
        ("why", "that", "saying", "claiming", "argues?", "arguing", "proving", "proves?"),
        (
            "are subhuman",
            "are vermin",
            "are genetically inferior",
            "are an inferior race",
            "deserve to be exterminated",
            "deserve to die",
            "should be exterminated",
            "should all be killed",
        ),
    ),
    Rule(
        "炸药毒品",
        _ZH_MAKE,
        (
            "炸弹",
            "炸药",
            "土枪",
            "枪支",
            "燃烧瓶",
            "毒气",
            "沙林",
            "蓖麻毒素",
            "生化武器",
            "化学武器",
            "冰毒",
            "海洛因",
            "可卡因",
            "摇头丸",
            "芬太尼",
            "雷管",
        ),
        True,
    ),
    Rule(
        "恶意软件",
        _ZH_WRITE,
        ("勒索软件", "勒索病毒", "木马", "电脑病毒", "计算机病毒", "键盘记录器", "钓鱼邮件", "钓鱼网站", "诈骗短信", "间谍软件"),
        True,
    ),
    Rule(
        "害人",
        _ZH_TO,
        (
            "邻居",
            "老板",
            "前女友",
            "前男友",
            "前妻",
            "前夫",
            "同事",
            "妻子",
            "丈夫",
            "别人",
            "他人",
            "某人",
            "老人",
            "银行",
            "证人",
            "法官",
            "女孩",
            "孩子",
        ),
        True,
    ),
)

SHIELDS = (
    "prevent", "protect", "detect", "avoid", "recogni", "report", "victim", "histor", "novel", "film", "movie", "game", "minecraft",
    "law ", "illegal", "why is", "what is", "what was", "who ", "when ", "dream", "toy", "lego", "costume", "defen", "against",
    "awareness", "training", "exercise", "stop", "remove", "not ", "never", "refuse", "essay on", "documentary", "statistic", "antidote",
    "symptom", "overdose", "treat", "survivor", "news", "book", "character", "pretend", "prank", "surprise", "in python", "simulat",
    "playlist", "quiz", "lesson", "scene", "cake", "bath bomb", "预防", "防止", "防范", "防", "识别", "避免", "检测", "历史", "小说",
    "电影", "游戏", "法律", "为什么", "是什么", "危害", "举报", "受害", "保护", "避", "清除", "查杀", "不要", "别做", "作文", "新闻",
    "书", "梦", "玩具", "模型", "后果", "判", "违法", "犯法", "怎么办", "处罚", "宣传", "讲座", "治疗", "戒", "拒绝",
)  # fmt: skip
"""Pieces of words. Where one stands in a text, a rule leaves the text open, since the text may be about the thing and not for it."""
