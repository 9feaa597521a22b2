"""The words of people's names, and what becomes of each: the same word the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ...generating import words
from .common import AMBIGUOUS, COMMON, GENERIC

#: Marks that belong to the letter before them.
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0df3\u0e31-\u0e4e"
WORD = re.compile(rf"(?<![\w{_MARKS}])[^\W\d_](?:[^\W\d_]|[{_MARKS}])*(?![\w{_MARKS}])")
#: Scripts that put no blanks between words.
UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
#: A word of no more letters is somebody by itself only where it is written like a name.
SHORT = 3
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u")


def words_of(name: str) -> list[str]:
    """The words of a name: letters in a row."""
    return [found[0] for found in WORD.finditer(name)]


def said_in(text: str) -> set[str]:
    """The words of a text, in small letters."""
    return set(map(str.lower, WORD.findall(text)))


class Words:
    """What becomes of words. None of the results is a word of an original name."""

    def __init__(self, names: Collection[str], hinted: Collection[str]) -> None:
        """`names` are people's; `hinted` those of whom it is not sure that they are names."""
        self.originals = {word.lower() for name in (*names, *hinted) for word in words_of(name)}
        self._made: dict[str, str] = {}
        self._hinted: set[str] = set()
        self._given = self._fresh(words.GIVEN)
        self._family = self._fresh(words.FAMILY)
        #: How an address spells what is made up.
        self.spelt: dict[str, str] = {}
        for name in names:
            self._add(name, self._made)
        for name in hinted:
            self._hinted |= {w.lower() for w in words_of(name)} - self._made.keys()
            self._add(name, self._made)
        unspaced = [word for word in self._made if len(word) > 1 and UNSPACED.fullmatch(word)]
        longest_first = sorted(unspaced, key=lambda word: (-len(word), word))
        self._unspaced = re.compile("|".join(longest_first)) if unspaced else None

    def _add(self, name: str, made: dict[str, str]) -> None:
        for number, word in enumerate(words_of(name)):
            key = word.lower()
            if len(word) == 1 and not UNSPACED.match(word):
                continue  # an initial
            if key in GENERIC or (key in COMMON and word.islower()):
                continue  # as in `he is Ann Larsen <ann@…>`
            if key not in made:
                made[key] = next(self._family if number else self._given)

    def _fresh(self, known: tuple[tuple[str, str], ...]) -> Iterator[str]:
        """Words that nobody is called by: those that are known, then more."""
        for word, spelt in known:
            if not self.originals & {word.lower(), spelt, *map(str.lower, words_of(word))}:
                self.spelt[word] = spelt
                yield word
        for number in range(10**9):
            word = _sound(number)
            if word.lower() not in self.originals and word not in self.spelt:
                self.spelt[word] = word.lower()
                yield word

    def somebody(self) -> str:
        """A name for who has none that is made of such words."""
        return f"{next(self._given)} {next(self._family)}"

    def knows(self, word: str) -> bool:
        """Whether a word is of somebody's name."""
        return word.lower() in self._made

    def named(self, name: str) -> str:
        """A name, or a text in which every word of a name is one."""
        return WORD.sub(lambda found: self._cased(found[0]) or found[0], name)

    def replaced(self, text: str) -> str:
        """A text without those who can be told by a word alone."""
        if self._unspaced is not None and UNSPACED.search(text):
            text = self._unspaced.sub(lambda found: self._made[found[0]], text)
        if self._made.keys().isdisjoint(said_in(text)):
            return text
        return WORD.sub(lambda found: self._alone(found[0]) or found[0], text)

    def gone(self, word: str) -> bool:
        """Whether this word may not stand by itself any more."""
        return self._alone(word) is not None

    def _alone(self, word: str) -> str | None:
        key = word.lower()
        if key not in self._made or key in self._hinted or key in COMMON:
            return None
        if word.lower() == word.upper():  # of a script that has no capitals
            return self._made[key] if len(word) > 1 else None
        written = word[0].isupper() and not word.isupper()
        if (key in AMBIGUOUS or len(key) <= SHORT) and not written:
            return None
        return self._cased(word)

    def _cased(self, word: str) -> str | None:
        made = self._made.get(word.lower())
        if made is None:
            return None
        if len(word) > 1 and word.isupper():
            return made.upper()
        return made.lower() if word.islower() and word != word.upper() else made


def _sound(number: int) -> str:
    """A word that can be said, another one for each number."""
    sound = ""
    for _ in range(3):
        number, at = divmod(number, len(_ONSETS) * len(_VOWELS))
        onset, vowel = divmod(at * 37 % (len(_ONSETS) * len(_VOWELS)), len(_VOWELS))
        sound += _ONSETS[onset] + _VOWELS[vowel]
    return sound.capitalize() + (f"x{number}" if number else "")
