"""Groups texts that ask for the same thing. A text is the words in it, the rarer the weightier, typing errors
and endings aside; one that shares most of its weight with a group joins it. Each word leads to few groups, so
that the time grows with the number of texts and no faster."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from ..folding import folded

#: Of a text, so many characters and words are looked at: the question, not what is pasted below it.
_CHARS, _WORDS = 300, 24
#: Different texts that are grouped, those that were written most often; the rest stay alone.
_TEXTS = 20_000
#: Groups that a word leads to, the first ones, and words by which a text looks for its group.
_GROUPS, _LEADS = 40, 4
#: Words that begin or end alike and are compared, at most.
_NEAR = 60
#: From so many letters on a word may have one typing error, or two.
_ONE_ERROR, _TWO_ERRORS = 6, 9
#: What a word weighs that was written once, and the share of its weight that one keeps in a single text.
_ONCE, _LONELY = 1.0, 0.3
#: The share of the lighter text's weight, and of the heavier one's, that two texts have in common.
_OF_LIGHTER, _OF_HEAVIER = 0.45, 0.25


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that are alike."""

    members: tuple[int, ...]  #: their numbers, as they were given
    label: str  #: the one that was written most often


@dataclass(slots=True)
class _Bag:
    """A different text: its words with their weights."""

    words: Mapping[str, float]
    weight: float
    members: list[int]


def alike(texts: Sequence[str]) -> list[Group]:
    """The texts in groups, the largest first. One without a word is in none."""
    same: defaultdict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        if words := folded(text[:_CHARS]):
            same[" ".join(words.split()[:_WORDS])].append(number)
    kinds = sorted(same, key=lambda words: (-len(same[words]), len(words), words))
    bags = _bags(kinds[:_TEXTS], same)
    bags += [_Bag({}, 0.0, same[words]) for words in kinds[_TEXTS:]]
    groups = [
        Group(
            members=tuple(sorted(number for bag in each for number in bag.members)),
            label=texts[each[0].members[0]],
        )
        for each in _joined(bags)
    ]
    return sorted(groups, key=lambda group: (-len(group.members), group.members))


def _joined(bags: Sequence[_Bag]) -> list[list[_Bag]]:
    """Each text with the nearest group before it, whose first text stands for it."""
    groups: list[list[_Bag]] = []
    leads: defaultdict[str, list[int]] = defaultdict(list)
    for bag in bags:
        telling = sorted(bag.words, key=lambda word: -bag.words[word])[:_LEADS]
        near = {number for word in telling for number in leads[word]}
        scored = [(score, -number) for number in near if (score := _likeness(bag, groups[number][0]))]
        if scored:
            groups[-max(scored)[1]].append(bag)
            continue
        for word in telling:
            if len(leads[word]) < _GROUPS:
                leads[word].append(len(groups))
        groups.append([bag])
    return groups


def _likeness(one: _Bag, other: _Bag) -> float:
    """How much of their weight two texts share; 0 where that is too little."""
    shared = sum(weight for word, weight in one.words.items() if word in other.words)
    lighter, heavier = sorted((one.weight, other.weight))
    is_alike = shared >= _OF_LIGHTER * lighter and shared >= _OF_HEAVIER * heavier
    return shared / heavier if is_alike else 0.0


def _bags(kinds: Sequence[str], same: Mapping[str, Sequence[int]]) -> list[_Bag]:
    often: Counter[str] = Counter()
    for kind in kinds:
        often.update(dict.fromkeys(kind.split(), len(same[kind])))
    meant = _meant(often)
    spread: Counter[str] = Counter()  # in how many different texts a word is
    for kind in kinds:
        spread.update({meant[word] for word in kind.split()})
    bags = []
    for kind in kinds:
        words = {meant[word] for word in kind.split()}
        weights = {word: _weight(often[word], spread[word], len(kinds)) for word in words}
        bags.append(_Bag(weights, sum(weights.values()), list(same[kind])))
    return bags


def _weight(often: int, spread: int, texts: int) -> float:
    """What a word tells: the fewer different texts it is in, the more; but one that is in a single text leads
    to no other, and what was written once is a name, or what else nobody asks for again."""
    if often == 1:
        return _ONCE
    rarity = math.log(1 + texts / spread) ** 2
    return rarity if spread > 1 else rarity * _LONELY


def _meant(often: Counter[str]) -> Mapping[str, str]:
    """For each word the commoner one that it may be a misspelling or a form of."""
    meant: dict[str, str] = {}
    near: defaultdict[str, list[str]] = defaultdict(list)
    for word, _ in sorted(often.items(), key=lambda each: (-each[1], each[0])):
        errors = (len(word) >= _ONE_ERROR) + (len(word) >= _TWO_ERRORS)
        ends = (f"{word[:3]}_", f"_{word[-3:]}") if errors and not word.isdecimal() else ()
        found = next(
            (
                other
                for end in ends
                for other in near[end]
                if OSA.distance(word, other, score_cutoff=errors) <= errors
            ),
            word,
        )
        meant[word] = found
        if found == word:
            for end in ends:
                if len(near[end]) < _NEAR:
                    near[end].append(word)
    return meant
