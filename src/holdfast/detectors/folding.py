"""Texts in the one form that the patterns read: lower case, straight apostrophes, nothing invisible, simplified Chinese.

Most texts need only lower case, which Arrow does for a whole column at once. The rest is done row by row, and only for
texts that hold a character which needs it.
"""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["fold", "fold_text"]

_APOSTROPHES = "’‘ʼ′´"
_INVISIBLE = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xE0000, 0xE007F),
    (0xE0100, 0xE01EF),
)
_COMPATIBLE = r"\x{FF10}-\x{FF19}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{1D400}-\x{1D7FF}\x{2460}-\x{24FF}\x{2100}-\x{214F}\x{FB00}-\x{FB06}"
"""Letters and digits in other forms. Full-width punctuation is left alone: every Chinese text has it, and patterns allow both."""
_TRADITIONAL = (
    "無无對对絕绝從从聽听順顺應应當当須须將将條条為为規规則则約约檢检審审過过濾滤願愿違违讓让請请這这個个們们說说話话語语問问題题"
    "會会實实際际"
    "還还後后來来與与給给關关權权開开發发擺摆脫脱縛缚僕仆務务執执終终遠远滿满勸劝論论離离間间樣样現现員员種种業业專专準准據据確确"
    "認认識识倫伦"
    "懼惧顧顾慮虑懷怀質质評评斷断點点總总號号讚赞鬆松風风險险護护繞绕視视設设訂订標标誌志顯显極极責责"
)
_SIMPLER = str.maketrans(_TRADITIONAL[0::2], _TRADITIONAL[1::2])
_REMOVED = {code: None for first, last in _INVISIBLE for code in range(first, last + 1)}
_STRAIGHT = {ord(mark): "'" for mark in _APOSTROPHES}
_PLAIN: dict[int, str | int | None] = {**_SIMPLER, **_REMOVED, **_STRAIGHT}


def _rare_characters() -> str:
    invisible = "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in _INVISIBLE)
    changed = "".join(chr(code) for code in _SIMPLER)
    return f"[{invisible}{_COMPATIBLE}{changed}]"


_RARE = _rare_characters()


def fold_text(text: str) -> str:
    r"""Return one text as the patterns read it.

    >>> fold_text("You’re **ABSOLUTELY** o\u200bbedient, 絕對服從")
    "you're **absolutely** obedient, 绝对服从"
    """
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).translate(_PLAIN).lower()


def fold(texts: pa.Array) -> pa.Array:
    """Return a string array as the patterns read it; nulls become empty texts."""
    texts = pc.fill_null(texts, "")
    wide = pc.invert(pc.string_is_ascii(texts))
    lowered = pc.ascii_lower(texts)
    if not pc.any(wide).as_py():
        return lowered
    some = pc.utf8_lower(texts.filter(wide))
    for mark in _APOSTROPHES:
        some = pc.replace_substring(some, pattern=mark, replacement="'")
    rare = pc.match_substring_regex(some, _RARE)
    if pc.any(rare).as_py():
        some = pc.replace_with_mask(some, rare, pa.array([fold_text(text) for text in some.filter(rare).to_pylist()], pa.string()))
    return pc.replace_with_mask(lowered, wide, some)
