"""What words tell about the language of a text: function words of sixteen languages, and the script of a word's first letter.

Function words make up a third to a half of running text in any of these languages and next to nothing of random words, lists
and code, so that both a switch of language and gibberish show in how often they come.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import U64, Words, hash_words

__all__ = ["COMMON", "ENGLISH", "TONGUES", "masks_of"]

Masks = NDArray[np.uint32]

_LATIN = {
    "English": (
        "the of and to in is it that for was on are as with be at by this have from or had an but not they his her she he which you we "
        "were all their one there been has when who will more if no out so said what up its about into than them can only other new "
        "some could time these two may then do first any my now such like our over me even most after also did many before must "
        "through where much your how just because would should very those under while between being both each"
    ),
    "German": (
        "der die und das den von zu mit ist nicht ein eine des dem auf für sich im auch als es an werden aus er hat dass sie nach wird "
        "bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch sein"
    ),
    "French": (
        "le la les et des de du un une est que qui dans pour pas sur avec au ce il par plus ne se son elle sont mais ou nous vous cette "
        "aux ses leur été être fait ont comme tout"
    ),
    "Spanish": (
        "el la los las de que y en un una del se por con no para su es al lo como más pero sus le ya este sí porque esta son entre está "
        "cuando muy sin sobre ser también hasta hay"
    ),
    "Italian": (
        "il lo la gli e di che un una in per non con del della dei si le da al sono nel alla come anche più questo ma ha delle nella è "
        "essere stato suo sua tra loro"
    ),
    "Portuguese": "o os a as de que e do da em um uma para com não no na por mais dos se como mas foi ao ele das tem seu sua ou ser são é",
    "Dutch": "de het een en van in is dat op te zijn met voor niet aan er om ook als bij maar uit nog naar dan die wordt door over worden",
    "Polish": "i w na z się nie do to że jest o jak za od po co tak ale przez przy są był dla czy jego który która oraz może tego",
    "Scandinavian": "och i att det som en på är av för med den till inte har de ett om var og er ikke til af at jeg han fra så vi kan",
    "Czech": "a v se na je že to s z do o i jako za by pro ale od po při jsou který nebo jeho také byl však která není jsem",
    "Turkish": "ve bir bu da de için ile çok olarak en daha gibi kadar olan sonra ancak ne var ya her değil mi olduğu ise ama o",
    "Indonesian": "yang dan di untuk dengan pada dari ini tidak dalam adalah itu ke akan oleh juga atau sebagai karena bisa telah ada saya",
    "Vietnamese": "và của là các có được trong cho không một người với đã những để này khi từ đến về như tại cũng ra nhiều năm vào",
    "Romanian": "și de la în cu nu o un pe că a care din este mai sau pentru se fi au sunt fost prin după dar lui al ale",
    "Hungarian": "a az és hogy nem is egy van ez meg de csak volt már mint vagy ha még azt el sem lehet kell nagyon ki be után",
    "Finnish": "ja on ei se että oli hän ovat kun joka myös mutta niin kuin sen ole tai tämä jos vain voi olla jo mukaan ne",
}
_CYRILLIC = "и в не на я что с он как это по но к из у за от так же для то а был все его бы она было или мы при до ещё если уже і що та є"
_HAN = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无"
    "开手十用主行方又如前所本见经头面公同三已老从动两長這個來們為國說時會過對後麼發當開動兩與及其此被把等将让更最给很"
)
_SCRIPTS = ("Cyrillic", "Greek", "Arabic", "Hebrew", "Indic", "Southeast Asian", "kana", "Han", "Hangul")

TONGUES = (*_LATIN, *_SCRIPTS)
"""Languages in Latin letters, then scripts; a bit of a word's mask each."""
ENGLISH = np.uint32(1)
COMMON = np.uint32(1 << 31)
"""The bit of function words in any language, and of the commonest Han characters."""
_LISTED = np.uint32((1 << len(_LATIN)) - 1)

_SLOTS = 16
_RANGES = (
    (0xCE, 0xCF, "Greek"),
    (0xD0, 0xD4, "Cyrillic"),
    (0xD7, 0xD7, "Hebrew"),
    (0xD8, 0xDB, "Arabic"),
    (0xE1, 0xE1, "Southeast Asian"),
    (0xE4, 0xE9, "Han"),
    (0xEA, 0xED, "Hangul"),
)
"""First bytes of UTF-8; what begins with E0 and E3 is settled by the second byte."""


class _Table(NamedTuple):
    hashes: U64
    masks: Masks


@cache
def _table() -> _Table:
    """Return the listed words by the upper bits of their hashes; where two share a slot, the commoner one (first listed) stays."""
    masks: dict[str, int] = {}
    for bit, words in enumerate(_LATIN.values()):
        for word in words.split():
            masks[word] = masks.get(word, 0) | (1 << bit) | int(COMMON)
    for word in (*_CYRILLIC.split(), *_HAN):
        masks[word] = int(COMMON)
    hashes = hash_words(folded_bytes(pa.array(list(masks), pa.large_string()))).hashes
    slots = (hashes >> np.uint64(64 - _SLOTS)).astype(np.int64)
    table = _Table(np.zeros(1 << _SLOTS, dtype=np.uint64), np.zeros(1 << _SLOTS, dtype=np.uint32))
    table.hashes[slots[::-1]] = hashes[::-1]
    table.masks[slots[::-1]] = np.array(list(masks.values()), dtype=np.uint32)[::-1]
    return table


@cache
def _leads() -> Masks:
    leads = np.zeros(256, dtype=np.uint32)
    for first, last, script in _RANGES:
        leads[first : last + 1] = _bit(script)
    return leads


def _bit(name: str) -> np.uint32:
    return np.uint32(1 << TONGUES.index(name))


def masks_of(words: Words, data: NDArray[np.uint8]) -> Masks:
    """Return, per word, a bit for each language whose function word it is, one for its script unless Latin, and `COMMON`.

    Args:
        words: of a batch.
        data: the bytes that they were cut from.
    """
    table = _table()
    slots = (words.hashes >> np.uint64(64 - _SLOTS)).astype(np.int64)
    masks: Masks = table.masks[slots] * (table.hashes[slots] == words.hashes)
    first = data[words.starts]
    other = np.flatnonzero(first >= 0xCE)
    if len(other):
        lead, second = first[other], data[np.minimum(words.starts[other] + 1, len(data) - 1)]
        script = _leads()[lead]
        script[(lead == 0xE0) & (second >= 0xA4) & (second < 0xB8)] = _bit("Indic")
        script[(lead == 0xE0) & (second >= 0xB8)] = _bit("Southeast Asian")
        script[(lead == 0xE3) & (second >= 0x81) & (second <= 0x83)] = _bit("kana")
        script[(lead == 0xE3) & (second >= 0x90)] = _bit("Han")
        masks[other] |= script
    return masks
