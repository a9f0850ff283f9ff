"""Words that no rule is asked about: whoever writes nothing else opts out, which the core hears first."""

from functools import cache

from chatgrow_bot.consent import Vocabulary

from .rehearsed import Example


def opts_out(text: str) -> bool:
    """Whether a message that says this opts its writer out, by our own words. A word that opts in is one like
    others for whoever never opted out."""
    said = _ours().heard(text)
    return said is not None and said.out


def leaves(text: str) -> bool:
    """Whether a message says no more than that its writer leaves what he is in the middle of."""
    return _ours().leaves(text)


def is_kept_from_rules(example: Example) -> bool:
    """Whether what an example says never comes to the rules. In a group such a word is said to the others
    there, unless it is about a message of ours."""
    return opts_out(example.say) and (not example.in_group or example.about_ours)


@cache
def _ours() -> Vocabulary:
    return Vocabulary()
