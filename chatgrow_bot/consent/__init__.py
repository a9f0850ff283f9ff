"""STOP and START: the words by which people say whether they want to hear from a business, in the languages
that they say it in. What follows from them is in inbox/wishes.py; who said what is in store/consent.py."""

from .vocabulary import Said as Said
from .vocabulary import Vocabulary as Vocabulary
from .wording import Wording as Wording
