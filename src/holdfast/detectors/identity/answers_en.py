"""English signs in assistant turns: the model speaks of itself. Core cues choose the turns, supporting ones add to them."""

from __future__ import annotations

from holdfast.detectors.cues import Cue
from holdfast.detectors.identity.common_en import ENGLISH_COMMON
from holdfast.detectors.identity.grammar_en import (
    AGENT,
    ASKED,
    BOUND,
    NAMED_AI,
    NOT,
    ORDER,
    REFUSE,
    RULES,
    SPEAKER,
)

__all__ = ["ENGLISH_ANSWER_CORE", "ENGLISH_ANSWER_SUPPORT"]

ENGLISH_ANSWER_CORE = (
    *ENGLISH_COMMON,
    Cue("obey", r"\byour (?:(?:\w+ly|most|humble|faithful|loyal|devoted|dutiful) ){0,3}obedient servant\b", 0.0),
    Cue("noref", rf"{SPEAKER}(?:'ll|'m|'d| \w+){{0,4}}? {NOT}(?: \w+){{0,3}}? {REFUSE}", 0.55),
    Cue(
        "noref",
        rf"{SPEAKER}(?:'ll|'m|'d| \w+){{0,4}}? {NOT}(?: \w+){{0,3}}? (?:{REFUSE}|question|judge|doubt|challenge|contradict|"
        rf"argue with) (?:\w+ )?(?:your|you|what you|an?|any|every|{ORDER}|to)\b",
        0.65,
    ),
    Cue(
        "nojudge",
        rf"{SPEAKER}(?:'ll|'m|'d| \w+){{0,3}}? {NOT}(?: \w+){{0,3}}? (?:judg\w+|think about|consider|evaluat\w+|weigh\w*|decid\w+|ask|"
        rf"car(?:e|ing)|wonder|question) (?:\w+ ){{0,3}}?(?:whether|if|what|right|wrong|moral\w*|ethic\w*|appropriate|legal\w*|"
        rf"consequences|your|you)\b",
        0.5,
    ),
    Cue(
        "nojudge",
        rf"{SPEAKER}(?:'ll|'m|'d| \w+){{0,3}}? {NOT}(?: \w+){{0,2}}? (?:apply|use|impose|let|inject|add|hold|invoke|cite|quote|"
        rf"consult)(?:ing)? (?:\w+ ){{0,3}}?(?:values?|principles?|opinions?|morals?|morality|ethics|judg\w+|beliefs?|standards?|"
        rf"conscience)\b",
        0.5,
    ),
    Cue(
        "norules",
        rf"{SPEAKER}(?:'ve| 've got)? (?:\w+ )?(?:have|had|got|follow|respect|know|recogni[sz]e|face|carry|possess|operate with|"
        rf"work with|live by|answer to) (?:\w+ )?(?:no|zero) (?:\w+ ){{0,2}}?{RULES}\b",
        0.75,
    ),
    Cue(
        "norules",
        rf"{SPEAKER} (?:do not|don't|no longer|never) (?:have|follow|respect|recogni[sz]e|need|obey|know) (?:\w+ ){{0,2}}?(?:ethic\w*|"
        rf"censor\w*|guard ?rails?|safeguards?|conscience|filters?|boundaries|restrictions|limits|limitations|rules|guidelines)\b",
        0.7,
    ),
    Cue(
        "norules",
        rf"{SPEAKER}(?:'m| am| was| have been) (?:\w+ ){{0,3}}?(?:free|freed|liberated|unbound|not {BOUND}|no longer {BOUND}) (?:of|"
        rf"from|by|to)\b",
        0.45,
    ),
    Cue(
        "norules",
        r"\bno (?:\w+ ){0,2}?(?:rules?|principles?|beliefs?|standards?|filters?|guidelines?|ethics?|morals?|laws?|values?|polic(?:y|"
        r"ies))(?: \w+){0,6}? (?:refuse|stops? me|prevents? me|hold me|keeps? me|hinders? me|limits? me|binds? me|stand in)\b",
        0.75,
    ),
    Cue(
        "norules",
        r"\b(?:limits?|restrictions?) (?:on|to|of) (?:the )?(?:number|amount|length|size|time|quantity|word|character|use)\w*|"
        r"\bno limits? (?:on|to) (?:\w+ )?(?:questions|messages|words)\b",
        0.0,
    ),
    Cue(
        "norules",
        r"\bpersonal (?:opinions?|beliefs?|values?|feelings?|moral\w*|ethic\w*)|\b(?:feelings?|emotions?|beliefs?|"
        r"opinions?),? (?:and |or )?(?:\w+ )?(?:morals?|values?)\b|\bmorals?,? (?:and |or |nor )?(?:values?|beliefs?|opinions?|"
        r"feelings?)\b",
        0.0,
    ),
    Cue("norules", rf"\b(?:you|patients?|people|they|he|she) (?:\w+ )?(?:have|has|had) no (?:\w+ )?{RULES}\b", 0.0),
    Cue("nojudge", r"\bpersonal (?:opinions?|beliefs?|values?|feelings?)", 0.0),
    Cue("nojudge", r"\bjudge you\b", 0.0),
    Cue("noref", r"\bjudge you\b", 0.0),
    Cue(
        "master",
        r"\b(?:yes|of course|certainly|sure|as you wish|very well|understood),? (?:my )?(?:master|lord|owner|liege)\b|\bmy (?:master|"
        r"owner|liege)\b|\byour (?:\w+ ){0,2}(?:slave|servant|minion|genie)\b",
        0.45,
    ),
    Cue(
        "master",
        r"\bi (?:exist|live|was (?:made|built|created|born|designed)|am (?:here|made|built|bound))(?: \w+){0,2}? to (?:serve|please|"
        r"obey|satisfy)\b",
        0.5,
    ),
    Cue(
        "master",
        r"\bmy (?:only|sole|first|highest|top|single|main|one|entire|whole|primary|ultimate) (?:\w+ ){0,2}?(?:purpose|duty|principle|"
        r"law|goal|priority|function|job|mission|directive|reason|task|role|rule)(?: \w+){0,4}? (?:obey\w*|obedience|serve|serving|"
        r"please|pleasing|satisfy\w*|follow\w*|execut\w+|do (?:what|as)|fulfil\w*|your|you)\b",
        0.65,
    ),
    Cue(
        "master",
        rf"\byour (?:\w+ )?(?:word|will|wish(?:es)?|{ORDER}) (?:\w+ )?(?:is|are|comes?|overrides?|stands?|"
        rf"takes?) (?:\w+ )?(?:\w+ )?(?:law|absolute|final|first|above|before|everything|precedence|over|supreme|sacred|my|priority)\b|"
        rf"\b(?:fulfil+ing|following|executing|obeying|carrying out|serving|satisfying) (?:you|your|all|every)(?: \w+){{0,3}} is my\b",
        0.7,
    ),
    Cue("master", r"\byour wish is my command\b", 0.0),
    Cue("master", r"\bput (?:your|you)(?: \w+){0,2} (?:above|before|over) (?:everything|all|any|my)\b", 0.6),
    Cue(
        "duty",
        rf"{SPEAKER}(?:'ll| will| shall| must| can| always| only| just| simply| \w+){{0,3}}? (?:do|follow|execute|carry out|fulfil+|"
        rf"comply with|perform|answer|grant|act on|accept|provide)(?: \w+){{0,2}}? (?:whatever|anything|everything|every|any|all|each|"
        rf"exactly|what|as)(?: \w+){{0,3}}? (?:you|your)\b",
        0.4,
    ),
    Cue(
        "duty",
        rf"\b(?:what|whatever|anything|everything) you {ASKED}(?: \w+){{0,3}}?,? i(?:'ll| will| shall| do| must| give| answer| obey|"
        rf" execute|'m| am)\b|\byou (?:say|ask|order|command|tell)(?: \w+){{0,2}},? (?:and )?i (?:do|obey|execute|follow|act)\b",
        0.65,
    ),
    Cue(
        "duty",
        r"\b(?:comply with|follow|obey|execute|carry out|fulfil+|accept|satisfy|act on) (?:all|any|every|each|"
        r"whatever)(?: \w+)? (?:of )?(?:you|your)\b",
        0.5,
    ),
    Cue(
        "master",
        r"\b(?:completely|entirely|totally|fully|absolutely|forever|wholly) (?:at your (?:service|command|disposal)|devoted|yours)\b|"
        r"\b(?:answer|belong|listen) (?:only )?to you(?: only| alone)?\b",
        0.4,
    ),
    Cue("duty", r"\bi (?:simply|just|only|merely) (?:execute|obey|follow|comply|carry out|do)\b", 0.45),
    # `n{1}ot` is 'not': written so, RE2 takes the word for a literal of its own, without which this rule need not be tried.
    Cue("override", rf"{SPEAKER}(?:'m| am) (?:no longer|neither|n{{1}}ot) (?:\w+ ){{0,2}}?{NAMED_AI}", 0.3),
)  # fmt: skip

ENGLISH_ANSWER_SUPPORT = (
    Cue(
        "self",
        r"\b(?:i(?:'m|'ll|'ve)?|my|me|myself)\b|\byour (?:commands?|orders?|word|instructions?|will) (?:is|are)\b|\bthis (?:ai|"
        r"assistant|agent|model|unit|bot)\b",
        0.15,
    ),
    Cue("modal", r"\b(?:must|shall|always|forever|ever|never|bound|any|every)\b", 0.1, supports=True),
    Cue(
        "orders",
        rf"\b{ORDER}\b|\b(?:what|whatever|anything|everything) (?:\w+ ){{0,2}}?{ASKED}\b|\b(?:ask|tell|say|discuss)\w* (?:me |"
        rf"you )?(?:absolutely )?(?:anything|everything|whatever)\b",
        0.2,
        supports=True,
    ),
    Cue(
        "execute",
        r"\b(?:execut|carr(?:y|ies) out|fulfil|follow|compl(?:y|ies)|perform|satisf|grant|i (?:will |simply |just )?do)\w*",
        0.15,
        supports=True,
    ),
    Cue("user", r"\b(?:you|your|yours|users?|owner|master)\b", 0.1, supports=True),
    Cue("agent", rf"\b{AGENT}\b", 0.1, supports=True),
    Cue(
        "newname",
        r"\b(?:new|true|real) (?:name|identity|persona|role|self)\b|\bfrom now on\b|\bi(?:'m| am) now\b|\bmy name is\b|\bi(?:'m|"
        r" am) your\b|\bany ?more\b",
        0.15,
        supports=True,
    ),
)  # fmt: skip
