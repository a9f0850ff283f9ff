"""Words by which customers go back in a dialogue, and name a day, in ten languages. Those by which they leave
it are the core's."""

# ruff: noqa: RUF001 - letters that look alike are the point

from collections.abc import Mapping
from dataclasses import dataclass

from ..folding import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """How a language names days by today, and what its calendar of names does not tell."""

    today: tuple[str, ...]
    tomorrow: tuple[str, ...]
    after: tuple[str, ...]  #: the day after tomorrow
    unsure: tuple[str, ...]  #: beside the name of a weekday they leave open which is meant
    weekdays: Mapping[str, int]  #: further names, from Monday as 0


#: A message that is one of these, and nothing else, asks for the question before.
_BACK = """
back, go back, previous, step back
חזור, חזרה, אחורה, תחזור, תחזרי, לחזור, הקודם
رجوع, ارجع, عودة, السابق
atrás, volver, regresar, anterior
retour, revenir, précédent
zurück
voltar, volta, anterior
назад, вернуться
indietro, torna indietro
geri, geri dön
"""
DAYS: Mapping[str, Days] = {
    "en": Days(
        today=("today", "tonight"),
        tomorrow=("tomorrow", "tmrw", "tmr", "tomorow", "tommorow"),
        after=("day after tomorrow", "the day after tomorrow", "overmorrow"),
        unsure=("not", "next", "except", "or", "before", "after", "until"),
        weekdays={"tues": 1, "thur": 3, "thurs": 3},
    ),
    "he": Days(
        today=("היום", "הערב"),
        tomorrow=("מחר", "למחר"),
        after=("מחרתיים", "למחרתיים"),
        unsure=("לא", "הבא", "או", "לפני", "אחרי", "עד"),
        weekdays={"מוצאי שבת": 5, "מוצש": 5, "ביום שבת": 5},
    ),
    "ar": Days(
        today=("اليوم", "الليلة"),
        tomorrow=("غدا", "بكرة", "بكرا", "بكره"),
        after=("بعد غد", "بعد بكرة", "بعد بكرا"),
        unsure=("ليس", "لا", "القادم", "المقبل", "أو", "قبل", "بعد"),
        weekdays={"الاحد": 6, "الاثنين": 0, "الاربعاء": 2},
    ),
    "es": Days(
        today=("hoy", "esta noche"),
        tomorrow=("mañana",),
        after=("pasado mañana",),
        unsure=("no", "próximo", "o", "antes", "después", "hasta"),
        weekdays={},
    ),
    "fr": Days(
        today=("aujourd'hui", "ce soir"),
        tomorrow=("demain",),
        after=("après-demain", "après demain"),
        unsure=("pas", "prochain", "ou", "avant", "après", "jusqu'à"),
        weekdays={},
    ),
    "de": Days(
        today=("heute", "heute abend"),
        tomorrow=("morgen",),
        after=("übermorgen",),
        unsure=("nicht", "nächsten", "nächster", "oder", "vor", "nach", "bis"),
        weekdays={"sonnabend": 5},
    ),
    "pt": Days(
        today=("hoje", "hoje à noite"),
        tomorrow=("amanhã",),
        after=("depois de amanhã",),
        unsure=("não", "próximo", "próxima", "ou", "antes", "depois", "até"),
        weekdays={"segunda": 0, "terça": 1, "quarta": 2, "quinta": 3, "sexta": 4},
    ),
    "ru": Days(
        today=("сегодня", "сегодня вечером"),
        tomorrow=("завтра",),
        after=("послезавтра",),
        unsure=("не", "следующий", "следующую", "следующее", "или", "до", "после"),
        weekdays={"среду": 2, "пятницу": 4, "субботу": 5},
    ),
    "it": Days(
        today=("oggi", "stasera"),
        tomorrow=("domani",),
        after=("dopodomani",),
        unsure=("non", "prossimo", "prossima", "o", "prima", "dopo", "fino"),
        weekdays={"lunedi": 0, "martedi": 1, "mercoledi": 2, "giovedi": 3, "venerdi": 4},
    ),
    "tr": Days(
        today=("bugün", "bu akşam"),
        tomorrow=("yarın",),
        after=("öbür gün", "yarından sonra"),
        unsure=("değil", "gelecek", "haftaya", "veya", "önce", "sonra", "kadar"),
        weekdays={},
    ),
}


BACK = frozenset(folded(word) for line in _BACK.strip().splitlines() for word in line.split(","))
