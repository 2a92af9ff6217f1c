"""The text of the demo corpus: short lines of words, numbers and punctuation.

Half of the words are invented, so that each of the 676 pairs of lower-case letters is
written about equally often: a model that learns the corpus can be asked for any word.
"""

from collections import Counter

import numpy as np

MIN_CHARACTERS, MAX_CHARACTERS = 3, 25  # of a line
LISTED_SHARE = 0.5  # of the words; the others are invented
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = """
about above acid after again ajar along also amaze among apex aqua arch art ask axis
back badge baker bake banjo basic beach begin being bench black blaze blood blue body
book box brave bring brown buzz cabin calm camp castle cause chalk child choose circle
clock cloud coal coffee cold cook copy could cozy crazy daily dance dark daughter dawn
deep dizzy dog dozen draw dream drink drive early earth edge eight empty enjoy equal
every exact eye fact faith family famous fish five fix flavour fly forest found fox
friend frozen fruit fuzzy game garden gather give glad gold good grand green group guest
habit half hand happy haze heart heavy help hero high hope house how huge hurry ice idea
inch index inquiry iron island ivory jacket jail jam jazz jeep jewel job join jolly
journey joy judge juice jump jungle jury just keen keep kept key kick kind king knife
know lazy leaf left letter light lion liquid little lovely luck lynx major many maple
maze meadow mix moment money month moon morning mouth much music my near never night
nine noise north novel number oak object ocean off often old onyx open orange other
over owl oxygen page paper park peace pencil people piano pixel place plaza pocket proof
pump quack quality quarter queen quest quick quiet quilt quite quiz quota quote rabbit
rain reach relax rhythm ribbon river rock round royal sad safe sail school sea seven
shadow sharp shelf short silver six sixty sky sleep small smoke snow soft some south
squid square stone story strange street sugar sun sure swim table tax tea thank that
theory think thirty through time today topaz town travel tree try twelve two uncle
under unique until up upon usual valley value van vase very vex view village vivid vixen
voice vow wagon walk warm water wave wax week what wheel when where which white why wide
width wife wind wizard woman wonder wood word world wrong wry yacht yard year yellow yes
yet yoga you young your zebra zero zinc zone zoo zoom
""".split()
OPENING, CLOSING = ('"', "'", "("), {'"': '"', "'": "'", "(": ")"}


def demo_texts(num_lines: int) -> list[str]:
    """Lines of 3 to 25 characters with evenly used pairs of lower-case letters."""
    rng = np.random.default_rng(3)
    pairs: Counter[str] = Counter({a + b: 0 for a in LETTERS for b in LETTERS})
    texts = []
    while len(texts) < num_lines:
        length = int(rng.integers(MIN_CHARACTERS, MAX_CHARACTERS + 1))
        words = [_rare_word(rng, pairs)]
        while len(" ".join(words)) < length - 3:
            words.append(_rare_word(rng, pairs))
        text = _dress(rng, words)
        if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
            continue
        for word in words:
            pairs.update(a + b for a, b in zip(word, word[1:], strict=False))
        texts.append(text)
    return texts


def _rare_word(rng: np.random.Generator, pairs: Counter) -> str:
    """A word of the list, or an invented one, of pairs that are rare until now."""
    if rng.random() < LISTED_SHARE:
        candidates = [WORDS[i] for i in rng.integers(len(WORDS), size=6)]
        return min(candidates, key=lambda word: _commonness(word, pairs))
    word = LETTERS[rng.integers(26)]
    for _ in range(int(rng.integers(2, 7))):
        following = [LETTERS[i] for i in rng.integers(26, size=13)]
        word += min(following, key=lambda letter: pairs[word[-1] + letter])
    return word


def _commonness(word: str, pairs: Counter) -> float:
    found = [pairs[a + b] for a, b in zip(word, word[1:], strict=False)]
    return sum(found) / len(found)


def _dress(rng: np.random.Generator, words: list[str]) -> str:
    """Joins words to a line, with capitals, numbers and punctuation here and there."""
    words = list(words)
    if rng.random() < 0.35:
        words[0] = words[0].capitalize()
    if rng.random() < 0.04:
        words[-1] = words[-1].upper()
    if rng.random() < 0.15:
        number = str(rng.integers(10 ** int(rng.integers(1, 5))))
        words.insert(int(rng.integers(len(words) + 1)), number)
    if len(words) > 1 and rng.random() < 0.25:
        place = int(rng.integers(len(words) - 1))
        words[place] += ",;:,-,"[rng.integers(6)]
    if rng.random() < 0.08:
        opening = OPENING[rng.integers(len(OPENING))]
        place = int(rng.integers(len(words)))
        words[place] = opening + words[place] + CLOSING[opening]
    if len(words) > 1 and rng.random() < 0.05:
        words.insert(1, "&+"[rng.integers(2)])
    ending = "..!?"[rng.integers(4)] if rng.random() < 0.3 else ""
    return " ".join(words) + ending
