"""Makes exported chats of invented people: one conversation, written as many phones would write it, and what
a reader must find in it."""

# ruff: noqa: RUF001 - letters that look alike are what phones write

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chatgrow_bot.messages import Kind

LRM, RLM, NNBSP, NBSP = "\u200e", "\u200f", "\u202f", "\u00a0"
START = datetime.fromisoformat("2025-11-27T08:13:05")
_WORDS = (
    "cake order tomorrow morning price please thanks שלום עוגה מחר בבוקר כמה زبدة خبز سعر غدا ¿cuánto señor "
    "gâteau déjà Straße Käse пирог цена завтра çilek günaydın 😀 👍🏽 10:30 3.50 50% 12/3 it's a-b"
)
WORDS = _WORDS.split()
#: People: a contact, a stranger, two numbers, a business with a colon, and other scripts.
PEOPLE = (
    "Dana Levi",
    "אבי כהן",
    "+972 54-111-2233",
    "+49 151 00000000",
    "Shop: Sales & Co",
    "محمد",
    "O'Neil (work)",
)
FILES = {
    Kind.IMAGE: ("IMG-20260312-WA0001.jpg", "00000012-PHOTO-2026-03-12-14-05-12.jpg"),
    Kind.VIDEO: ("VID-20260312-WA0002.mp4", "00000013-VIDEO-2026-03-12-14-05-12.mp4"),
    Kind.VOICE: ("PTT-20260312-WA0003.opus", "00000014-AUDIO-2026-03-12-14-05-12.opus"),
    Kind.STICKER: ("STK-20260312-WA0004.webp", "00000015-STICKER-2026-03-12-14-05-12.webp"),
    Kind.DOCUMENT: ("DOC-20260312-WA0005.pdf", "00000016-Price list (new).pdf"),
    Kind.CONTACT: ("Dana Levi.vcf", "00000017-Dana Levi.vcf"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing said, and where it is found in the file."""

    at: datetime
    author: str
    text: str
    kind: Kind = Kind.TEXT
    filename: str = ""
    is_system: bool = False
    first_line: int = 0
    last_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """How a phone writes chats."""

    name: str
    head: Callable[[datetime], str]
    order: str
    is_iphone: bool = False
    has_seconds: bool = False
    omitted: dict[Kind, str] = field(default_factory=dict)  #: by kind; OTHER for "media omitted"
    attached: str = "file attached"
    deleted: str = "This message was deleted"
    edited: str = "<This message was edited>"
    notice: str = "Messages and calls are end-to-end encrypted. Only people in this chat can read them."
    added: str = "Dana Levi added you"
    newline: str = "\n"
    stranger: str = ""  #: before names that are not in the contacts


def _omitted(
    image: str, video: str, audio: str, sticker: str, document: str, contact: str
) -> dict[Kind, str]:
    kinds = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.STICKER, Kind.DOCUMENT, Kind.CONTACT)
    return dict(zip(kinds, (image, video, audio, sticker, document, contact), strict=True))


def _twelve(
    at: datetime, am: str, pm: str, *, seconds: bool = False, before: bool = False, gap: str = " "
) -> str:
    hour = at.hour % 12 or 12
    clock = f"{hour}:{at:%M:%S}" if seconds else f"{hour}:{at:%M}"
    half = am if at.hour < 12 else pm
    return f"{half}{gap}{clock}" if before else f"{clock}{gap}{half}"


def _arabic(text: str) -> str:
    return text.translate({ord(str(digit)): chr(0x0660 + digit) for digit in range(10)})


ENGLISH = _omitted(
    "image omitted",
    "video omitted",
    "audio omitted",
    "sticker omitted",
    "document omitted",
    "Contact card omitted",
)
HEBREW = _omitted(
    "התמונה הושמטה", "סרטון הווידאו הושמט", "השמע הושמט", "סטיקר הושמט", "מסמך הושמט", "כרטיס איש קשר הושמט"
)
ARABIC = _omitted(
    "لم يتم إدراج الصورة",
    "لم يتم إدراج الفيديوهات",
    "لم يتم إدراج المقاطع الصوتية",
    "تم حذف الملصقات",
    "لم يتم إدراج المستند",
    "لم يتم إدراج بطاقة جهة اتصال",
)
GERMAN = _omitted(
    "Bild weggelassen",
    "Video weggelassen",
    "Audio weggelassen",
    "Sticker weggelassen",
    "Dokument weggelassen",
    "Kontaktkarte ausgelassen",
)
TURKISH = _omitted(
    "görüntü dahil edilmedi",
    "video dahil edilmedi",
    "ses dahil edilmedi",
    "Çıkartma dahil edilmedi",
    "belge dahil edilmedi",
    "Kişi kartı dahil edilmedi",
)

PHONES: tuple[Phone, ...] = (
    Phone(
        name="iPhone, Britain",
        head=lambda at: f"[{at:%d/%m/%Y, %H:%M:%S}] ",
        order="dmy",
        is_iphone=True,
        has_seconds=True,
        omitted=ENGLISH,
        attached="attached",
        newline="\r\n",
        stranger=f"~{NNBSP}",
    ),
    Phone(
        name="iPhone, America",
        head=lambda at: f"[{at.month}/{at.day}/{at:%y}, {_twelve(at, 'AM', 'PM', seconds=True, gap=NNBSP)}] ",
        order="mdy",
        is_iphone=True,
        has_seconds=True,
        omitted=ENGLISH,
        attached="attached",
        newline="\r\n",
    ),
    Phone(
        name="iPhone, Israel, twelve hours",
        head=lambda at: f"[{at.day}.{at.month}.{at:%Y}, {_twelve(at, 'לפנה״צ', 'אחה״צ', seconds=True)}] ",
        order="dmy",
        is_iphone=True,
        has_seconds=True,
        omitted=HEBREW,
        attached="מצורף",
        deleted="הודעה זו נמחקה",
        edited="<ההודעה נערכה>",
        notice="ההודעות והשיחות מוצפנות מקצה לקצה. רק מי שבצ'אט הזה יכול לקרוא אותן.",
        added="דנה צירף/ה את אבי",
    ),
    Phone(
        name="iPhone, Egypt",
        head=lambda at: (
            RLM
            + _arabic(
                f"[{at.day}{RLM}/{at.month}{RLM}/{at:%Y}، {_twelve(at, 'ص', 'م', seconds=True, gap=NBSP)}] "
            )
        ),
        order="dmy",
        is_iphone=True,
        has_seconds=True,
        omitted=ARABIC,
        attached="المُرفق",
        deleted="تم حذف هذه الرسالة",
        edited="<تم تعديل هذه الرسالة>",
        notice="الرسائل والمكالمات مشفرة تمامًا بين الطرفين.",
        added="أضاف محمد شخصًا",
    ),
    Phone(
        name="iPhone, Turkey",
        head=lambda at: f"[{at:%d.%m.%Y %H:%M:%S}] ",
        order="dmy",
        is_iphone=True,
        has_seconds=True,
        omitted=TURKISH,
        attached="eklendi",
        deleted="Bu mesaj silindi.",
        edited="<Bu mesaj düzenlendi>",
        notice="Mesajlar ve aramalar uçtan uca şifrelidir.",
        added="Dana sizi ekledi",
    ),
    Phone(name="Android, Britain", head=lambda at: f"{at:%d/%m/%Y, %H:%M} - ", order="dmy"),
    Phone(
        name="Android, America",
        head=lambda at: f"{at.month}/{at.day}/{at:%y}, {_twelve(at, 'AM', 'PM', gap=NNBSP)} - ",
        order="mdy",
    ),
    Phone(
        name="Android, Germany",
        head=lambda at: f"{at:%d.%m.%y, %H:%M} - ",
        order="dmy",
        omitted={Kind.OTHER: "Medien ausgeschlossen"},
        attached="Datei angehängt",
        deleted="Diese Nachricht wurde gelöscht.",
        edited="<Diese Nachricht wurde bearbeitet.>",
        notice="Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
        added="Dana hat dich hinzugefügt",
    ),
    Phone(
        name="Android, Spain, twelve hours",
        head=lambda at: (
            f"{at.day}/{at.month}/{at:%y}, {_twelve(at, f'a.{NBSP}m.', f'p.{NBSP}m.', gap=NNBSP)} - "
        ),
        order="dmy",
        omitted={Kind.OTHER: "Multimedia omitido"},
        attached="archivo adjunto",
        deleted="Se eliminó este mensaje",
        edited="<Se editó este mensaje.>",
        notice="Los mensajes y las llamadas están cifrados de extremo a extremo.",
        added="Dana te añadió",
    ),
    Phone(
        name="Android, France, older",
        head=lambda at: f"{at:%d/%m/%Y à %H:%M} - ",
        order="dmy",
        omitted={Kind.OTHER: "Médias omis"},
        attached="fichier joint",
        deleted="Ce message a été supprimé",
        edited="<Ce message a été modifié>",
        notice="Les messages et les appels sont chiffrés de bout en bout.",
        added="Dana vous a ajouté",
    ),
    Phone(
        name="Android, Brazil",
        head=lambda at: f"{at:%d/%m/%Y %H:%M} - ",
        order="dmy",
        omitted={Kind.OTHER: "Mídia oculta"},
        attached="arquivo anexado",
        deleted="Mensagem apagada",
        edited="<Mensagem editada>",
        notice="As mensagens são protegidas com a criptografia de ponta a ponta.",
        added="Dana adicionou você",
    ),
    Phone(
        name="Android, Russia",
        head=lambda at: f"{at:%d.%m.%Y, %H:%M} - ",
        order="dmy",
        omitted={Kind.OTHER: "Без медиафайлов"},
        attached="файл добавлен",
        deleted="Данное сообщение удалено",
        edited="<Сообщение изменено>",
        notice="Сообщения и звонки защищены сквозным шифрованием.",
        added="Dana добавил(а) вас",
    ),
    Phone(
        name="Android, Sweden",
        head=lambda at: f"{at:%Y-%m-%d %H:%M} - ",
        order="ymd",
    ),
    Phone(
        name="Android, China, twelve hours",
        head=lambda at: (
            f"{at.year}/{at.month}/{at.day} {_twelve(at, '上午', '下午', before=True, gap='')} - "
        ),
        order="ymd",
    ),
    Phone(
        name="Android, Italy, Windows lines",
        head=lambda at: f"{at:%d/%m/%y, %H:%M} - ",
        order="dmy",
        omitted={Kind.OTHER: "Media omessi"},
        attached="file allegato",
        deleted="Questo messaggio è stato eliminato",
        edited="<Questo messaggio è stato modificato>",
        notice="I messaggi e le chiamate sono crittografati end-to-end.",
        added="Dana ti ha aggiunto",
        newline="\r\n",
    ),
)


def conversation(seed: int, count: int, people: Sequence[str] = PEOPLE) -> list[Said]:
    """Invented messages of every kind, over months, each a little after the one before."""
    dice = random.Random(seed)
    at, said = START, list[Said]()
    for _ in range(count):
        at += timedelta(seconds=dice.choice((0, 1, 7, 61, 600, 3_600, 9_000, 40_000)))
        kind = dice.choices((Kind.TEXT, *FILES, Kind.DELETION), (60, 3, 1, 3, 1, 1, 1, 1))[0]
        text = "" if kind is Kind.DELETION else _caption(dice) if kind in FILES else _text(dice)
        said.append(Said(at=at, author=dice.choice(people), text=text, kind=kind))
    return said


def _text(dice: random.Random) -> str:
    lines = [" ".join(dice.choices(WORDS, k=dice.randint(1, 9))) for _ in range(dice.choice((1, 1, 1, 2, 5)))]
    if len(lines) > 2:
        lines[1] = dice.choice(("", " ", "12:30 - ok", "[draft] Dana Levi: no", "Dana Levi: yes", "1. 2. 3."))
        lines[2] = dice.choice(
            ("12/03/2026", "12/03/2026, see you", "[12/03/2026] x", "5/2026, 10:00", "\u2028x\x0cy")
        )
    return "\n".join(lines)


def _caption(dice: random.Random) -> str:
    return dice.choice(("", "", "look: this one", "two\nlines"))


def written(phone: Phone, said: Sequence[Said], *, with_files: bool) -> tuple[str, list[Said]]:
    """The export, and what a reader must find in it."""
    lines: list[str] = []
    found: list[Said] = []
    group = "The group"
    for own in (phone.notice, phone.added):
        name = f"{group}: {LRM}" if phone.is_iphone else ""
        found.append(_found(phone, said[0].at, "", own, Kind.OTHER, lines, is_system=True))
        lines.append(f"{phone.head(said[0].at)}{name}{own}")
    for number, each in enumerate(said):
        text, kind, filename, body = _body(phone, each, number, with_files=with_files)
        stranger = phone.stranger if each.author in PEOPLE[1:2] else ""
        before = LRM if phone.is_iphone and filename else ""
        block = f"{before}{phone.head(each.at)}{stranger}{each.author}: {body}".split("\n")
        found.append(
            _found(phone, each.at, each.author, text, kind, lines, filename=filename, count=len(block))
        )
        lines += block
    return "".join(f"{line}{phone.newline}" for line in lines), found


def _body(phone: Phone, each: Said, number: int, *, with_files: bool) -> tuple[str, Kind, str, str]:
    """What the reader must find (text, kind, file name), and what stands in the file."""
    mark = LRM if phone.is_iphone else ""
    if each.kind is Kind.DELETION:
        return "", each.kind, "", f"{mark}{phone.deleted}"
    if each.kind is Kind.TEXT:
        edited = f" {mark}{phone.edited}" if number % 17 == 0 else ""
        return each.text, each.kind, "", f"{each.text}{edited}"
    under = f"\n{each.text}" if each.text else ""
    if with_files:
        name = FILES[each.kind][phone.is_iphone]
        if phone.is_iphone:
            over = f"{each.text}\n" if each.text and number % 2 else ""
            return (
                each.text,
                each.kind,
                name,
                f"{over}{mark}<{phone.attached}: {name}>{'' if over else under}",
            )
        return each.text, each.kind, name, f"{LRM}{name} ({phone.attached}){under}"
    if phone.is_iphone:
        kind = Kind.AUDIO if each.kind is Kind.VOICE else each.kind
        return "", kind, "", f"{mark}{phone.omitted[kind]}"
    return each.text, Kind.OTHER, "", f"<{phone.omitted.get(Kind.OTHER, 'Media omitted')}>{under}"


def _found(
    phone: Phone,
    at: datetime,
    author: str,
    text: str,
    kind: Kind,
    lines: Sequence[str],
    *,
    filename: str = "",
    is_system: bool = False,
    count: int = 1,
) -> Said:
    return Said(
        at=at if phone.has_seconds else at.replace(second=0),
        author=author,
        text=text,
        kind=kind,
        filename=filename,
        is_system=is_system,
        first_line=len(lines) + 1,
        last_line=len(lines) + count,
    )


def pasted(phone: Phone, said: Sequence[Said]) -> Iterator[str]:
    """Earlier messages as somebody pastes them into a message."""
    for each in said:
        yield f"{phone.head(each.at)}{each.author}: {each.text}"
