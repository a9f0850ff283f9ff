"""Rules and messages as shops have them, in Hebrew, Arabic and English: made up, the same at each run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

#: Rules in a file.
_IN_A_FILE = 50
#: What a rule asks, and how many of a hundred do so.
_KINDS = {"any": 60, "all": 10, "exact": 10, "starts": 5, "pattern": 10, "fuzzy": 5}


def _words(text: str) -> Sequence[str]:
    return text.split()


_WORDS: Mapping[str, Sequence[str]] = {
    "en": _words(
        "order price delivery open hours address size color refund return cancel invoice receipt "
        "payment card  table booking appointment menu pizza salad coffee cake shoes shirt dress "
        "phone charger screen repair  warranty branch parking today tomorrow morning evening friday "
        "weekend discount coupon gift stock sale  available broken late missing wrong change help "
        "agent human manager number email website catalog"
    ),
    "he": _words(
        "הזמנה מחיר משלוח פתוח שעות כתובת מידה צבע החזר החזרה ביטול חשבונית קבלה תשלום כרטיס שולחן "
        "תור פגישה  תפריט פיצה סלט קפה עוגה נעליים חולצה שמלה טלפון מטען מסך תיקון אחריות סניף חניה "
        "היום מחר בוקר ערב שישי  מבצע הנחה קופון מתנה מלאי זמין שבור מאחר חסר שגוי החלפה עזרה נציג "
        "מנהל מספר אתר קטלוג מוצר דגם"
    ),
    "ar": _words(
        "طلب سعر توصيل مفتوح ساعات عنوان مقاس لون استرجاع إرجاع إلغاء فاتورة إيصال دفع بطاقة طاولة "
        "موعد حجز  قائمة بيتزا سلطة قهوة كعكة حذاء قميص فستان هاتف شاحن شاشة تصليح كفالة فرع موقف "
        "اليوم غدا صباح مساء  الجمعة عرض خصم كوبون هدية مخزون متوفر مكسور متأخر ناقص خطأ تبديل "
        "مساعدة موظف مدير رقم موقع منتج"
    ),
}
#: What stands between the words that matter.
_FILLERS: Mapping[str, Sequence[str]] = {
    "en": _words("hi hello please thanks I we the a is can you my do it have want what when how for to and"),
    "he": _words("שלום היי בבקשה תודה אני אנחנו את אפשר שלי יש רוצה מה מתי איך של עם גם זה לי האם כמה"),
    "ar": _words("مرحبا من فضلك شكرا أنا نحن هل يمكن عندي عندكم أريد ما متى كيف في مع هذا لي كم على"),
}
_ENDS = ("", "", ".", "?", "!", "?!", " 🙏", " 👍🏽", "...", " 4711")
_LETTERS = {"en": "bdfghklmnprstvz", "he": "בגדזחטכלמנסעפצקרש", "ar": "بتثجحخدرزسشصطعفقك"}


@dataclass(frozen=True, slots=True)
class Made:
    """A rule, as a file says it."""

    id: str
    kind: str  #: of what it asks
    texts: Sequence[str]

    @property
    def entry(self) -> dict[str, Any]:
        """What is written."""
        return {
            "id": self.id,
            "when": {"text": {self.kind: list(self.texts)}},
            "reply": f"This is {self.id}.",
        }


def rules(count: int) -> Sequence[Made]:
    """So many rules; the same ones first, however many."""
    chance = Random(7)
    return [_rule(chance, number) for number in range(count)]


def write(made: Sequence[Made], folder: Path) -> None:
    """The files of these rules."""
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(made), _IN_A_FILE):
        text = yaml.safe_dump(
            {"rules": [rule.entry for rule in made[start : start + _IN_A_FILE]]},
            allow_unicode=True,
            sort_keys=False,
        )
        (folder / f"{start:05}.yaml").write_text(text, encoding="utf-8")


def messages(count: int, length: int = 0) -> Sequence[str]:
    """So many messages, most of a few words; each of at least `length` characters."""
    chance = Random(11)
    return [_message(chance, length) for _ in range(count)]


def _rule(chance: Random, number: int) -> Made:
    language = chance.choice(list(_WORDS))
    [kind] = chance.choices(list(_KINDS), weights=list(_KINDS.values()))
    if kind == "pattern":
        word = _phrase(chance, language)
        texts = [chance.choice([rf"{word}\s+#?(?P<number>\d{{3,8}})", rf"{word}.*(?P<count>\d+)"])]
    else:
        texts = [_phrase(chance, language) for _ in range(chance.randint(2, 5))]
    return Made(f"rule-{number}", kind, texts)


def _phrase(chance: Random, language: str) -> str:
    """One or a few words; now and then a name that nothing else has."""
    words = [chance.choice(_WORDS[language]) for _ in range(chance.choice((1, 2, 2, 2, 3)))]
    if len(words) == 1:
        words.append("".join(chance.choices(_LETTERS[language], k=5)))
    return " ".join(words)


def _message(chance: Random, length: int) -> str:
    language = chance.choice(list(_WORDS))
    said = ""
    while not said or len(said) < length:
        words = [
            chance.choice((_WORDS if chance.random() < 0.5 else _FILLERS)[language])
            for _ in range(chance.randint(1, 14))
        ]
        said += " ".join(words).capitalize() + chance.choice(_ENDS) + (" " if length else "")
    return said
