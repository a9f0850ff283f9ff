"""What stands in a chat where a picture, a sound or a file was: the words of WhatsApp in ten languages, and
the names that it gives files."""

# ruff: noqa: RUF001 - letters that look alike are told apart here

from collections.abc import Mapping
from dataclasses import dataclass

from chatgrow_bot.messages import Kind
from chatgrow_bot.safety.patterns import compile_pattern

from .heads import MARKS, without_marks

_MARK = "\u200e"


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split("|"))


#: Left out of the export. Bare words where a phone marks them, in angle brackets where it does not.
_OMITTED: Mapping[Kind, str] = {
    Kind.IMAGE: (
        "image omitted|התמונה הושמטה|לא נכללה תמונה|لم يتم إدراج الصورة|imagen omitida|image absente"
        "|bild weggelassen|imagem ocultada|imagem oculta|imagem omitida|imagem não revelada"
        "|изображение отсутствует|изображение пропущено|immagine omessa|görüntü dahil edilmedi"
    ),
    Kind.VIDEO: (
        "video omitted|video note omitted|gif omitted|סרטון הווידאו הושמט|הסרטון הושמט|gif הושמט"
        "|لم يتم إدراج الفيديوهات|لم يتم إدراج الفيديو|لم يتم إدراج صورة gif|video omitido|vídeo omitido"
        "|gif omitido|gif omitida|vidéo absente|gif retiré|video weggelassen|videonachricht weggelassen"
        "|gif weggelassen|gif ausgeschlossen|vídeo ocultado|vídeo oculto|vídeo não revelado|gif não revelada"
        "|видео отсутствует|видео пропущено|gif отсутствует|video omesso|gif esclusa|gif omessa"
        "|video dahil edilmedi|gif dahil edilmedi"
    ),
    Kind.AUDIO: (
        "audio omitted|voice message omitted|קטע קול הושמט|השמע הושמט|הודעה קולית הושמטה"
        "|لم يتم إدراج المقاطع الصوتية|audio omitido|audio omis|audio weggelassen|áudio ocultado|áudio oculto"
        "|ficheiro de áudio não revelado|аудиофайл отсутствует|аудио отсутствует|audio omesso"
        "|ses dahil edilmedi"
    ),
    Kind.STICKER: (
        "sticker omitted|סטיקר הושמט|הסטיקר הושמט|تم حذف الملصقات|لم يتم إدراج الملصق|sticker omitido"
        "|sticker omis|sticker weggelassen|figurinha omitida|sticker não revelado|стикер не добавлен"
        "|sticker non incluso|sticker omesso|çıkartma dahil edilmedi"
    ),
    Kind.DOCUMENT: (
        "document omitted|מסמך הושמט|המסמך הושמט|لم يتم إدراج المستند|documento omitido|document manquant"
        "|dokument weggelassen|documento não revelado|документ отсутствует|документ пропущен"
        "|documento omesso|belge dahil edilmedi"
    ),
    Kind.CONTACT: (
        "contact card omitted|כרטיס איש קשר הושמט|لم يتم إدراج بطاقة جهة اتصال|tarjeta de contacto omitida"
        "|fiche contact manquante|kontaktkarte ausgelassen|cartão do contato omitido|contacto não revelado"
        "|карточка контакта отсутствует|scheda contatto omessa|kişi kartı dahil edilmedi"
    ),
    Kind.OTHER: (
        "media omitted|view once message omitted|view once voice message omitted|המדיה לא נכללה|מדיה הושמטה"
        "|המדיה הושמטה|מדיה הושמט|تم استبعاد الوسائط|multimedia omitido|archivo omitido|archivos omitidos"
        "|médias omis|fichier omis|médias absents|medien ausgeschlossen|medien weggelassen|mídia oculta"
        "|mídia omitida|arquivo de mídia oculto|ficheiro não revelado|без медиафайлов|файл пропущен"
        "|медиафайл пропущен|media omessi|media omesso|medya dahil edilmedi|medya atlanmış"
    ),
}
_WORDS = {word: kind for kind, words in _OMITTED.items() for word in words.split("|")}
#: Sent along with the export: `<attached: name>` on iPhones, `name (file attached)` on Android.
_ATTACHED = _words(
    "attached|מצורף|المُرفق|مُرفق|adjunto|archivo adjunto|pièce jointe|anhang|angehängt|anexado|anexo"
    "|прикреплено|вложение|allegato|eklendi|ekli"
)
_FILE_ATTACHED = _words(
    "file attached|קובץ מצורף|הקובץ מצורף|الملف مرفق|ملف مرفق|archivo adjunto|archivo adjuntado|fichier joint"
    "|datei angehängt|arquivo anexado|ficheiro anexado|файл добавлен|файл прикреплён|file allegato"
    "|dosya ekli"
)
_DELETED = _words(
    "this message was deleted|you deleted this message|you deleted this message as admin"
    "|this message was deleted by an admin|הודעה זו נמחקה|ההודעה נמחקה|מחקת הודעה זו|מחקת את ההודעה"
    "|تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|حذفت هذه الرسالة|أنت حذفت هذه الرسالة"
    "|se eliminó este mensaje|eliminaste este mensaje|este mensaje fue eliminado|ce message a été supprimé"
    "|vous avez supprimé ce message|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht"
    "|mensagem apagada|essa mensagem foi apagada|esta mensagem foi apagada|você apagou esta mensagem"
    "|você apagou essa mensagem|apagou esta mensagem|данное сообщение удалено|вы удалили данное сообщение"
    "|это сообщение удалено|вы удалили это сообщение|questo messaggio è stato eliminato"
    "|hai eliminato questo messaggio|bu mesaj silindi|bu mesajı sildiniz"
)
_EDITED = _words(
    "this message was edited|ההודעה נערכה|הודעה זו נערכה|تم تعديل هذه الرسالة|se editó este mensaje"
    "|ce message a été modifié|diese nachricht wurde bearbeitet|mensagem editada|esta mensagem foi editada"
    "|essa mensagem foi editada|сообщение изменено|данное сообщение изменено|это сообщение изменено"
    "|questo messaggio è stato modificato|bu mesaj düzenlendi"
)
#: Kept as they are: there is nothing to answer in them.
_CLOSED = _words(
    "waiting for this message. this may take a while|בהמתנה להודעה זו. זה עשוי להימשך זמן מה"
    "|esperando este mensaje. esto puede tardar un poco"
)
_LIVE = _words(
    "live location shared|משתף מיקום בשידור חי|تمت مشاركة الموقع المباشر|ubicación en tiempo real compartida"
    "|localisation en direct partagée|live-standort wird geteilt|localização atual compartilhada"
    "|геоданные отправлены|posizione attuale condivisa|mevcut konum paylaşıldı"
)
_POLLS = _words("poll|סקר|استطلاع|encuesta|sondage|umfrage|enquete|sondagem|опрос|sondaggio|anket")
_PLACE = compile_pattern(r"^[^\s:]{1,30}: ?https://maps\.google\.com/\S+$")
#: Names that WhatsApp gives; whoever reads them needs no word around.
_NAMED = compile_pattern(
    r"^(?:(IMG|VID|AUD|PTT|STK|DOC|GIF)-\d{8}-WA\d+|\d{4,}-(PHOTO|VIDEO|AUDIO|GIF|STICKER)[-.].*"
    r"|\d{4}-\d\d-\d\d-(PHOTO|VIDEO|AUDIO|GIF|STICKER)-.*)\.?\w*$"
)
_KINDS = {
    **{"IMG": Kind.IMAGE, "PHOTO": Kind.IMAGE, "VID": Kind.VIDEO, "VIDEO": Kind.VIDEO, "GIF": Kind.VIDEO},
    **{"AUD": Kind.AUDIO, "AUDIO": Kind.AUDIO, "PTT": Kind.VOICE, "STK": Kind.STICKER},
    **{"STICKER": Kind.STICKER, "DOC": Kind.DOCUMENT},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message is."""

    text: str
    kind: Kind = Kind.TEXT
    filename: str = ""


def content_of(text: str, *, marked: bool) -> Content:
    """What somebody wrote or sent. `marked`: the phone sets a mark before its own words, so that the same
    words without it were typed."""
    if _said(text.rpartition("<")[2].rstrip(">")) in _EDITED and text.endswith(">"):
        text = text[: text.rindex("<")].rstrip(f" {MARKS}")
    first, _, rest = text.partition("\n")
    found = _file(first, rest) or _omitted(first, rest, marked)
    if found is None and "\n" in text:  # the words of the message before the file
        before, _, last = text.rpartition("\n")
        found = _file(last, before, under=False) if last.lstrip().startswith((_MARK, "<")) else None
    return found or _special(text, first, marked)


def kind_of_file(name: str) -> Kind:
    """What a file is, by the name that WhatsApp gave it; a file with another name was sent as a file."""
    lower = name.lower()
    if lower.endswith(".vcf"):
        return Kind.CONTACT
    match = _NAMED.search(name)
    if match is None:
        return Kind.DOCUMENT
    kind = _KINDS[next(filter(None, match.groups))]
    # iPhones call what was spoken AUDIO too: it is Opus, and music is not
    return Kind.VOICE if kind is Kind.AUDIO and lower.endswith(".opus") and "-WA" not in name else kind


def _file(line: str, words: str, *, under: bool = True) -> Content | None:
    """A line that names a file; what stands before it on the line is its caption too."""
    line = line.rstrip(f" {MARKS}")
    if line.endswith(")") and under:
        name, _, said = line[:-1].rpartition(" (")
        if "." in name and (_said(said) in _FILE_ATTACHED or _NAMED.search(without_marks(name))):
            return _sent(name, words)
    before, opened, inside = line.rpartition("<")
    if not (line.endswith(">") and opened):
        return None
    said, colon, name = inside[:-1].replace("：", ":").partition(":")
    alone = not before.strip(f" {MARKS}") or before.endswith(_MARK)
    if colon and ((alone and _said(said) in _ATTACHED) or _NAMED.search(without_marks(name))):
        caption = before.strip(f" {MARKS}")
        return _sent(name, "\n".join(filter(None, [caption, words] if under else [words, caption])))
    if _said(inside[:-1]) in _ATTACHED and "." in before:  # as iPhones wrote until 2018
        return _sent(before, words)
    return None


def _sent(name: str, words: str) -> Content:
    filename = without_marks(name)
    return Content(text=words, kind=kind_of_file(filename), filename=filename)


def _omitted(line: str, words: str, marked: bool) -> Content | None:
    """Media that was left out of the export, with what stood under it, or on iPhones before it."""
    bare = line.strip(f" {MARKS}")
    in_angles = bare.startswith("<") and bare.endswith(">")
    kind = _WORDS.get(_said(bare[1:-1] if in_angles else bare))
    if kind and (in_angles or (line.lstrip(" ").startswith(_MARK) if marked else not words)):
        return Content(text=words, kind=kind)
    before, mark, last = line.rpartition(_MARK)
    kind = _WORDS.get(_said(last.strip("<> ")))
    if mark and kind and not words:
        return Content(text=before.strip(f" {MARKS}"), kind=kind)
    return None


def _special(text: str, first: str, marked: bool) -> Content:
    said = _said(text) if len(text) < 120 else ""
    own = not marked or text.startswith(_MARK)
    if said in _DELETED and own:
        return Content(text="", kind=Kind.DELETION)
    if said in _CLOSED or not without_marks(text):
        return Content(text=text, kind=Kind.OTHER)
    if said in _LIVE or ("maps.google.com/" in text[:300] and _PLACE.search(without_marks(text[:300]))):
        return Content(text=text, kind=Kind.LOCATION)
    if first != text and first.rstrip().endswith(":") and _said(first.rstrip()[:-1]) in _POLLS:
        return Content(text=text, kind=Kind.POLL)
    return Content(text=text)


def _said(words: str) -> str:
    return without_marks(words).strip(" .").lower() if len(words) < 200 else ""
