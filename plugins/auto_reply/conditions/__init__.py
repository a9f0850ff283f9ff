"""What a rule can ask about a message. Each condition knows its place in the file, so that the trace can name
it.

A new kind of condition is one class here, one key in language/when.py and one line in making.py; `decide`
does not change.
"""

from .about import (
    Carries,
    ChatIs,
    FieldIs,
    FirstContact,
    ForTenants,
    OnConnection,
    PluginSays,
    RepliesToUs,
    SentBy,
    Tagged,
    VotedFor,
)
from .base import Captures, Condition, Facts, Place, Question, Subject, Use, Wanting
from .costs import steps_of
from .logic import Either, Every, Never, Not
from .text import (
    AllPhrases,
    AnyPattern,
    AnyPhrase,
    ExactPhrase,
    FuzzyPhrase,
    LanguageIs,
    Phrase,
    StartPhrase,
)
from .times import Limit, SinceLast, WithinHours

__all__ = [
    "AllPhrases",
    "AnyPattern",
    "AnyPhrase",
    "Captures",
    "Carries",
    "ChatIs",
    "Condition",
    "Either",
    "Every",
    "ExactPhrase",
    "Facts",
    "FieldIs",
    "FirstContact",
    "ForTenants",
    "FuzzyPhrase",
    "LanguageIs",
    "Limit",
    "Never",
    "Not",
    "OnConnection",
    "Phrase",
    "Place",
    "PluginSays",
    "Question",
    "RepliesToUs",
    "SentBy",
    "SinceLast",
    "StartPhrase",
    "Subject",
    "Tagged",
    "Use",
    "VotedFor",
    "Wanting",
    "WithinHours",
    "steps_of",
]
