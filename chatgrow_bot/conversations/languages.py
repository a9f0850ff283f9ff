"""What customers are told where a team has no words of its own, in the languages in which they opt out."""

# ruff: noqa: RUF001 - letters that look alike are the point

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "waiting": "One of our team will write to you here shortly.",
        "closed": "Our team is not here right now. We will write to you here: {{ opens }}.",
        "taken": "You are now talking with {{ agent }}.",
        "ended": "This conversation is over. Write to us any time.",
        "rating": "How was it? Please reply with a number from 1 (bad) to 5 (very good).",
        "thanks": "Thank you!",
    },
    "he": {
        "waiting": "נציג מהצוות יכתוב לך כאן בקרוב.",
        "closed": "הצוות שלנו לא זמין כרגע. נכתוב לך כאן: {{ opens }}.",
        "taken": "כאן {{ agent }}, מכאן השיחה איתי.",
        "ended": "השיחה הסתיימה. אפשר לכתוב לנו בכל עת.",
        "rating": "איך היה? נשמח לתשובה במספר, מ-1 (לא טוב) עד 5 (מצוין).",
        "thanks": "תודה רבה!",
    },
    "ar": {
        "waiting": "سيكتب لك أحد أعضاء فريقنا هنا قريبًا.",
        "closed": "فريقنا غير متاح الآن. سنكتب لك هنا: {{ opens }}.",
        "taken": "أنت تتحدث الآن مع {{ agent }}.",
        "ended": "انتهت هذه المحادثة. يمكنك الكتابة إلينا في أي وقت.",
        "rating": "كيف كانت التجربة؟ نرجو الرد برقم من 1 (سيئة) إلى 5 (ممتازة).",
        "thanks": "شكرًا لك!",
    },
    "es": {
        "waiting": "Alguien de nuestro equipo le escribirá aquí en breve.",
        "closed": "Nuestro equipo no está disponible ahora. Le escribiremos aquí: {{ opens }}.",
        "taken": "Ahora habla con {{ agent }}.",
        "ended": "Esta conversación ha terminado. Escríbanos cuando quiera.",
        "rating": "¿Qué tal ha sido? Responda con un número del 1 (mal) al 5 (muy bien).",
        "thanks": "¡Gracias!",
    },
    "fr": {
        "waiting": "Quelqu'un de notre équipe vous écrira ici sous peu.",
        "closed": "Notre équipe n'est pas disponible pour le moment. Nous vous écrirons ici : {{ opens }}.",
        "taken": "Vous parlez maintenant avec {{ agent }}.",
        "ended": "Cette conversation est terminée. Écrivez-nous quand vous voulez.",
        "rating": "Comment était-ce ? Répondez par un chiffre de 1 (mauvais) à 5 (très bien).",
        "thanks": "Merci !",
    },
    "de": {
        "waiting": "Jemand aus unserem Team schreibt Ihnen hier in Kürze.",
        "closed": "Unser Team ist gerade nicht da. Wir schreiben Ihnen hier: {{ opens }}.",
        "taken": "Sie sprechen jetzt mit {{ agent }}.",
        "ended": "Dieses Gespräch ist beendet. Schreiben Sie uns jederzeit wieder.",
        "rating": "Wie war es? Bitte antworten Sie mit einer Zahl von 1 (schlecht) bis 5 (sehr gut).",
        "thanks": "Vielen Dank!",
    },
    "pt": {
        "waiting": "Alguém da nossa equipe vai escrever para você aqui em breve.",
        "closed": "Nossa equipe não está disponível agora. Vamos escrever para você aqui: {{ opens }}.",
        "taken": "Agora você fala com {{ agent }}.",
        "ended": "Esta conversa terminou. Escreva para nós quando quiser.",
        "rating": "Como foi? Responda com um número de 1 (ruim) a 5 (muito bom).",
        "thanks": "Obrigado!",
    },
    "ru": {
        "waiting": "Наш сотрудник скоро напишет вам здесь.",
        "closed": "Сейчас нас нет на месте. Мы напишем вам здесь: {{ opens }}.",
        "taken": "Теперь с вами общается {{ agent }}.",
        "ended": "Этот разговор завершён. Пишите нам в любое время.",
        "rating": "Как всё прошло? Ответьте числом от 1 (плохо) до 5 (отлично).",
        "thanks": "Спасибо!",
    },
    "it": {
        "waiting": "Qualcuno del nostro team le scriverà qui a breve.",
        "closed": "Il nostro team non è disponibile in questo momento. Le scriveremo qui: {{ opens }}.",
        "taken": "Ora parla con {{ agent }}.",
        "ended": "Questa conversazione è terminata. Ci scriva quando vuole.",
        "rating": "Com'è andata? Risponda con un numero da 1 (male) a 5 (molto bene).",
        "thanks": "Grazie!",
    },
    "tr": {
        "waiting": "Ekibimizden biri kısa süre içinde size buradan yazacak.",
        "closed": "Ekibimiz şu anda müsait değil. Size buradan yazacağız: {{ opens }}.",
        "taken": "Artık {{ agent }} ile görüşüyorsunuz.",
        "ended": "Bu görüşme sona erdi. Bize istediğiniz zaman yazabilirsiniz.",
        "rating": "Nasıldı? Lütfen 1 (kötü) ile 5 (çok iyi) arasında bir sayıyla yanıtlayın.",
        "thanks": "Teşekkürler!",
    },
}
