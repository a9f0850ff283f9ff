"""Kinds of answers: what is taken for one, and how it is kept. Digits may be of any script."""

from dataclasses import dataclass
from decimal import Decimal

import phonenumbers
from babel.numbers import get_decimal_symbol

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Location
from chatgrow_bot.safety.patterns import Pattern, compile_pattern

from .asking import Heard
from .figures import Run, runs
from .texts import Texts, babel_of

#: Characters of a message in which a phone number or an address is looked for.
_SEEN = 400
#: Digits of a number, at most.
_LONGEST = 15
#: What browsers take for an address, and a dot in its domain.
_EMAIL = compile_pattern(
    r"^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$",
    ignore_case=True,
)
#: What stands around an address in a sentence.
_AROUND = str.maketrans(dict.fromkeys('<>()[],;:"', " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """An answer that is never certain: a wish to leave goes before it."""

    @property
    def listed(self) -> str:
        """Nothing."""
        return ""

    def named(self, heard: Heard) -> str | None:
        """Never."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(_Open):
    """Words of any kind."""

    least: int = 1
    most: int
    patterns: tuple[Pattern, ...] = ()  #: of which one must find something

    def read(self, heard: Heard) -> str | None:
        """The words, blanks around them left out."""
        text = heard.subject.message.text
        said = "".join(char for char in text if char.isprintable() or char == "\n").strip()
        if not heard.subject.folded or not self.least <= len(said) <= self.most:
            return None
        if not self.patterns or any(each.search(heard.subject.plain) for each in self.patterns):
            return said
        return None

    def again(self, texts: Texts, heard: Heard) -> str:
        """That it is words that are wanted."""
        return texts.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(_Open):
    """A number, also among words; two are none."""

    whole: bool = True
    low: Decimal | None = None
    high: Decimal | None = None

    def read(self, heard: Heard) -> str | None:
        """Its digits."""
        # a time or a day in figures is no number
        numbers = (each for each in runs(heard.subject.plain) if not each.signs & {":", "/"})
        found = {_number(each, heard.locale) for each in numbers}
        value = found.pop() if len(found) == 1 else None
        if value is None or value.is_nan() or (self.whole and value != value.to_integral_value()):
            return None
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return None
        return f"{value.normalize():f}"

    def again(self, texts: Texts, heard: Heard) -> str:
        """Between which numbers it must be."""
        if self.low is None or self.high is None:
            return texts.number
        return texts.numbers.format(low=f"{self.low:f}", high=f"{self.high:f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone(_Open):
    """A phone number, in international form or as it is dialled in a country."""

    country: str | None = None  #: IL; None: that of the customer's own number

    def read(self, heard: Heard) -> str | None:
        """The number as +972541112233."""
        country = self.country or _country_of(phone_of(heard.subject.message.sender))
        found = phonenumbers.PhoneNumberMatcher(
            heard.subject.plain[:_SEEN], country, phonenumbers.Leniency.POSSIBLE
        )
        numbers = {
            phonenumbers.format_number(each.number, phonenumbers.PhoneNumberFormat.E164) for each in found
        }
        return numbers.pop() if len(numbers) == 1 else None

    def again(self, texts: Texts, heard: Heard) -> str:
        """What one looks like."""
        return texts.phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(_Open):
    """An e-mail address."""

    def read(self, heard: Heard) -> str | None:
        """The address as it was written."""
        words = heard.subject.plain[:_SEEN].translate(_AROUND).split()
        found = {word for word in (each.strip(".!?") for each in words) if _EMAIL.search(word)}
        return found.pop() if len(found) == 1 else None

    def again(self, texts: Texts, heard: Heard) -> str:
        """What one looks like."""
        return texts.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts(_Open):
    """A place that is sent, not written."""

    def read(self, heard: Heard) -> str | None:
        """Its degrees, as 32.0853,34.7818."""
        place = heard.subject.message.payload
        return f"{place.latitude:.6f},{place.longitude:.6f}" if isinstance(place, Location) else None

    def again(self, texts: Texts, heard: Heard) -> str:
        """That a place is wanted."""
        return texts.location


@dataclass(frozen=True, slots=True, kw_only=True)
class File(_Open):
    """A picture, or another file."""

    kinds: frozenset[Kind]

    def read(self, heard: Heard) -> str | None:
        """Its name, or its kind if it has none."""
        message = heard.subject.message
        if message.kind not in self.kinds:
            return None
        name = message.attachment.filename.strip() if message.attachment else ""
        return name[:_SEEN] or message.kind.value

    def again(self, texts: Texts, heard: Heard) -> str:
        """That a file is wanted."""
        return texts.picture if self.kinds == {Kind.IMAGE} else texts.file


def _number(run: Run, locale: str) -> Decimal:
    """What digits say: 1,000 and 1.000 are a thousand where these signs part groups of digits. Not a number
    if they say several things."""
    point = "," if get_decimal_symbol(babel_of(locale)) == "," else "."
    parts = run.parts()
    if not run.signs <= {".", ","} or sum(map(len, parts)) > _LONGEST:
        return Decimal("NaN")
    if len(parts) > 1 and len(run.signs) == 1 and point not in run.signs and _are_groups(parts):
        digits = "".join(parts)
    elif len(parts) <= 2:
        digits = ".".join(parts)
    else:
        return Decimal("NaN")
    return Decimal(f"-{digits}" if run.is_negative else digits)


def _are_groups(parts: list[str]) -> bool:
    return len(parts[0]) <= 3 and all(len(each) == 3 for each in parts[1:])


def _country_of(phone: str | None) -> str | None:
    if not phone:
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return None
