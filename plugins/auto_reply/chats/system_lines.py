"""Lines that WhatsApp itself writes into a chat, told by what they say in ten languages. Most need no words:
they have no author. These are for phones that put the group's or the customer's name before them, and for
lines with a colon of their own."""

# ruff: noqa: RUF001 - letters that look alike are told apart here

from .heads import without_marks

_PHRASES = (
    *("end-to-end encrypt", "security code", "created this group", "created group", "created the group"),
    *("added you", " added ", " was added", " left", "you left", " removed ", "you removed", "you added"),
    *("joined using", "joined from", "joined via", "changed the subject", "changed the group name"),
    *("changed this group's", "changed the group's", "changed the group description", "group settings"),
    *("changed their phone number", "changed to a new number", "changed from", "changed to +"),
    *("missed voice call", "missed video call", "missed group", "voice call", "video call", "no answer"),
    *("disappearing messages", "message timer", "an admin", "blocked this", "unblocked this"),
    *("business account", "pinned a message", "this business", "advanced chat privacy", "is a contact"),
    # Hebrew
    *("מוצפנות מקצה", "קוד האבטחה", "יצר/ה את הקבוצה", "יצרת את הקבוצה", "הקבוצה נוצרה", "צירף/ה את"),
    *("צירפת את", "צורפת", "צורף/ה", "הוסיף/ה", "הוספת את", "עזב/ה", "עזבת", "יצא/ה", "הסיר/ה", "הסרת את"),
    *("הצטרף/ה", "הצטרפת", "שם הקבוצה", "תמונת הקבוצה", "תיאור הקבוצה", "מספר הטלפון שלו", "למספר חדש"),
    *("שיחה קולית", "שיחת וידאו", "הודעות נעלמות", "מנהל/ת", "חסמת", "חשבון עסקי", "הצמיד/ה הודעה"),
    # Arabic
    *("مشفرة تمام", "مشفّرة", "رمز الأمان", "أنشأ", "أنشأت", "تمت إضافتك", "أضافك", "أضاف ", "أضفت", "غادر"),
    *("أزال", "أزلت", "انضم", "غيّر", "غيّرت", "قام بتغيير", "مكالمة صوتية", "مكالمة فيديو", "مكالمة فائتة"),
    *("الرسائل ذاتية الاختفاء", "مشرف", "حظرت", "حساب أعمال", "حساب تجاري"),
    # Spanish
    *(
        "cifrados de extremo",
        "cifradas de extremo",
        "código de seguridad",
        "creó el grupo",
        "creaste el grupo",
    ),
    *("creó este grupo", "te añadió", "te agregó", "añadió a", "agregó a", "añadiste a", "salió", "saliste"),
    *("eliminó a", "eliminaste a", "se unió", "te uniste", "cambió el asunto", "cambió el nombre del grupo"),
    *("cambió la descripción", "cambió el ícono", "cambió la foto", "cambió su número", "cambió de número"),
    *("llamada perdida", "videollamada", "llamada de voz", "mensajes temporales", "administrador"),
    *("bloqueaste", "cuenta de empresa", "fijó un mensaje"),
    # French
    *("chiffrés de bout", "code de sécurité", "a créé le groupe", "avez créé le groupe", "a créé ce groupe"),
    *("vous a ajouté", "a ajouté", "avez ajouté", "est parti", "a quitté", "êtes parti", "a retiré"),
    *("avez retiré", "a rejoint", "avez rejoint", "a changé le sujet", "a changé le nom", "a changé l'icône"),
    *("a changé la description", "a changé de numéro", "appel vocal", "appel vidéo", "appel manqué"),
    *("messages éphémères", "est maintenant admin", "avez bloqué", "compte professionnel", "a épinglé"),
    # German
    *("ende-zu-ende", "sicherheitsnummer", "sicherheitscode", "hat die gruppe", "hast die gruppe"),
    *("hat diese gruppe", "hat dich hinzugefügt", "hinzugefügt", "hat die gruppe verlassen", "entfernt"),
    *(
        "ist beigetreten",
        "per einladungslink",
        "hat den betreff",
        "hat das gruppenbild",
        "gruppenbeschreibung",
    ),
    *("neue telefonnummer", "hat zu", "sprachanruf", "videoanruf", "selbstlöschende nachrichten"),
    *("gruppenadmin", "blockiert", "unternehmenskonto", "hat eine nachricht angeheftet"),
    # Portuguese
    *(
        "criptografia de ponta",
        "encriptadas ponto",
        "código de segurança",
        "criou o grupo",
        "criou este grupo",
    ),
    *("adicionou você", "adicionou", "adicionou-te", "saiu", "você saiu", "removeu", "entrou usando"),
    *("mudou o nome", "alterou o nome", "mudou a imagem", "mudou a descrição", "mudou de número"),
    *("alterou o número", "chamada de voz", "chamada de vídeo", "ligação de voz", "ligação perdida"),
    *("mensagens temporárias", "administrador", "bloqueou", "conta comercial", "fixou uma mensagem"),
    # Russian
    *("сквозным шифрованием", "код безопасности", "создал(а) группу", "создали группу", "создал группу"),
    *("создала группу", "добавил(а)", "добавил", "вас добавили", "вышел", "вышла", "покинул", "удалил(а)"),
    *("удалили", "присоединил", "изменил(а)", "изменили", "сменил", "новый номер", "пропущенный"),
    *("аудиозвонок", "видеозвонок", "исчезающие сообщения", "администратор", "заблокировали"),
    *("бизнес-аккаунт", "закрепил"),
    # Italian
    *("crittografati end-to-end", "crittografia end-to-end", "codice di sicurezza", "ha creato il gruppo"),
    *("hai creato il gruppo", "ha creato questo gruppo", "ti ha aggiunto", "ha aggiunto", "hai aggiunto"),
    *("ha abbandonato", "è uscit", "ha rimosso", "hai rimosso", "è entrat", "si è unit", "ha cambiato"),
    *("ha modificato", "chiamata persa", "chiamata vocale", "videochiamata", "messaggi effimeri"),
    *("amministratore", "hai bloccato", "account business", "ha fissato"),
    # Turkish
    *("uçtan uca şifreli", "güvenlik kodu", "grubunu oluşturdu", "grubu oluşturdu", "bu grubu oluşturdu"),
    *("sizi ekledi", "ekledi", "eklediniz", "ayrıldı", "ayrıldınız", "çıkardı", "çıkardınız", "katıldı"),
    *("değiştirdi", "cevapsız", "sesli arama", "görüntülü arama", "süreli mesajlar", "kaybolan mesajlar"),
    *("yönetici", "engellediniz", "işletme hesabı", "sabitledi"),
)
#: Longer lines than this are nobody's but a person's; the longest notice has about 300 characters.
_LONGEST = 600


def says_system(text: str) -> bool:
    """Whether a line says what WhatsApp says. People say so too: ask only of lines that something else makes
    likely."""
    if len(text) > _LONGEST:
        return False
    said = f" {without_marks(text).replace('’', chr(39)).lower()}"
    return any(phrase in said for phrase in _PHRASES)
