"""The words themselves, by language: those that carriers and businesses have people write, and nothing that
might be said in a shop for another reason. `chatgrow.yaml` adds to them. And the words by which people leave
what they are in the middle of: some of them are both, and then it depends on whether there is anything to
leave."""

# ruff: noqa: RUF001 - letters that look alike are the point

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What people of a language write, each as a whole message; and what they are told."""

    stop: tuple[str, ...]
    alone: tuple[str, ...] = ()  #: mean stop too, but not beside a please: "please cancel" is about an order
    leave: tuple[str, ...]  #: leave a menu, a form, a queue; no answer that one would give to a question
    start: tuple[str, ...]
    polite: tuple[str, ...]  #: what may stand before or behind a word and changes nothing
    confirmation: str
    welcome: str


#: Said in every language.
EVERYWHERE = Language(
    stop=("stop",), leave=("exit",), start=("start",), polite=(), confirmation="", welcome=""
)

LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        stop=("stopall", "stop messages", "unsubscribe", "unsubscribe me", "remove me", "optout"),
        alone=("cancel", "end", "quit"),
        leave=("cancel", "end", "quit", "leave", "abort", "nevermind", "forget it"),
        start=("unstop", "subscribe", "resubscribe", "optin"),
        polite=("please", "pls", "plz", "thanks", "thank you"),
        confirmation="You will get no more messages from us. To hear from us again, reply START.",
        welcome="You will hear from us again. To get no more messages, reply STOP.",
    ),
    "he": Language(
        stop=(
            *("הסר", "הסירי", "הסירו", "הסרה", "להסיר", "הסר אותי", "הסירי אותי", "הסירו אותי"),
            *("תסירו אותי", "להסיר אותי", "עצור", "עצרו", "הפסיקו", "תפסיקו", "סטופ"),
        ),
        leave=("ביטול", "בטל", "בטלי", "לבטל", "יציאה", "לצאת", "סיום", "לסיים", "עזוב", "עזבי", "עזבו"),
        start=("התחל", "התחילו", "הצטרף", "הצטרפות", "להצטרף", "הירשם", "להירשם"),
        polite=("בבקשה", "נא", "אנא", "תודה"),
        confirmation="לא תקבלו מאיתנו הודעות נוספות. כדי לקבל שוב, השיבו: התחל",
        welcome="תקבלו מאיתנו הודעות שוב. כדי להפסיק, השיבו: הסר",
    ),
    "ar": Language(
        stop=("إيقاف", "أوقف", "توقف", "قف", "إلغاء الاشتراك", "ألغ الاشتراك"),
        alone=("إلغاء",),
        leave=("إلغاء", "خروج", "اخرج", "الخروج", "إنهاء"),
        start=("ابدأ", "بدء", "اشترك", "اشتراك", "تفعيل"),
        polite=("من فضلك", "من فضلكم", "لو سمحت", "لو سمحتم", "رجاء", "شكرا"),
        confirmation="لن تصلكم منا رسائل بعد الآن. لاستقبالها من جديد أرسلوا: ابدأ",
        welcome="ستصلكم رسائلنا من جديد. لإيقافها أرسلوا: إيقاف",
    ),
    "es": Language(
        stop=(
            *("baja", "darme de baja", "darse de baja", "dar de baja", "parar", "detener"),
            *("desuscribir", "desuscribirme"),
        ),
        alone=("cancelar",),
        leave=("cancelar", "cancela", "salir", "terminar", "déjalo", "olvídalo"),
        start=("alta", "darme de alta", "iniciar", "comenzar", "suscribir", "suscribirme"),
        polite=("por favor", "porfa", "gracias"),
        confirmation="No recibirá más mensajes nuestros. Para volver a recibirlos, responda ALTA.",
        welcome="Volverá a recibir nuestros mensajes. Para dejar de recibirlos, responda BAJA.",
    ),
    "fr": Language(
        stop=(
            *("arrêt", "arrêter", "arrêtez", "désabonner", "désabonnement", "me désabonner"),
            *("se désabonner", "désinscrire", "désinscription", "me désinscrire"),
        ),
        leave=("annuler", "annule", "annulez", "quitter", "sortir", "terminer", "laisse tomber"),
        start=("début", "reprendre", "abonner", "s'abonner", "m'abonner", "m'inscrire"),
        polite=("svp", "stp", "s'il vous plaît", "s'il te plaît", "merci"),
        confirmation="Vous ne recevrez plus de messages de notre part. Pour en recevoir à nouveau, répondez "
        "REPRENDRE.",
        welcome="Vous recevrez à nouveau nos messages. Pour ne plus en recevoir, répondez STOP.",
    ),
    "de": Language(
        stop=("stopp", "abmelden", "abmeldung", "abbestellen", "austragen"),
        leave=("abbrechen", "abbruch", "beenden", "verlassen", "ende", "vergiss es"),
        start=("anmelden", "anmeldung", "abonnieren"),
        polite=("bitte", "danke", "vielen dank"),
        confirmation="Sie erhalten keine Nachrichten mehr von uns. Um wieder welche zu erhalten, antworten "
        "Sie START.",
        welcome="Sie erhalten wieder Nachrichten von uns. Um keine mehr zu erhalten, antworten Sie STOP.",
    ),
    "pt": Language(
        stop=("parar", "pare", "descadastrar", "descadastre", "remover", "cancelar inscrição"),
        alone=("sair", "cancelar"),
        leave=("sair", "cancelar", "cancela", "encerrar", "terminar", "deixa pra lá", "esquece"),
        start=("iniciar", "inscrever", "inscrever-me", "cadastrar"),
        polite=("por favor", "obrigado", "obrigada"),
        confirmation="Você não receberá mais mensagens nossas. Para voltar a receber, responda INICIAR.",
        welcome="Você voltará a receber nossas mensagens. Para não receber mais, responda SAIR.",
    ),
    "ru": Language(
        stop=("стоп", "отписаться", "отписка", "отпишись", "отпишите", "отпишите меня"),
        leave=("отмена", "отменить", "выход", "выйти", "закончить", "хватит"),
        start=("старт", "подписаться", "подписка", "подпишите меня"),
        polite=("пожалуйста", "спасибо"),
        confirmation="Мы больше не будем вам писать. Чтобы снова получать сообщения, ответьте СТАРТ.",
        welcome="Вы снова будете получать наши сообщения. Чтобы не получать их, ответьте СТОП.",
    ),
    "it": Language(
        stop=(
            *("disiscrivi", "disiscrivimi", "disiscriviti", "disiscrizione", "cancellami"),
            *("cancella iscrizione", "annulla iscrizione", "rimuovimi"),
        ),
        leave=("annulla", "annullare", "esci", "uscire", "lascia stare", "lascia perdere"),
        start=("inizia", "iscrivi", "iscrivimi", "iscriviti", "iscrizione"),
        polite=("per favore", "per piacere", "grazie"),
        confirmation="Non riceverà più nostri messaggi. Per riceverli di nuovo, risponda INIZIA.",
        welcome="Riceverà di nuovo i nostri messaggi. Per non riceverne più, risponda STOP.",
    ),
    "tr": Language(
        stop=("durdur", "dur", "abonelikten çık", "listeden çık", "aboneliği iptal et"),
        alone=("ret", "iptal"),
        leave=("iptal", "iptal et", "çık", "çıkış", "vazgeç", "vazgeçtim", "boş ver"),
        start=("başla", "başlat", "abone ol"),
        polite=("lütfen", "teşekkürler", "teşekkür ederim"),
        confirmation="Bizden artık mesaj almayacaksınız. Yeniden almak için BAŞLA yazın.",
        welcome="Mesajlarımızı yeniden alacaksınız. Almamak için RET yazın.",
    ),
}
