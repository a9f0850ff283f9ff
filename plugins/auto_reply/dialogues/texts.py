"""What is said in dialogues where a rule does not say it itself, in ten languages."""

# ruff: noqa: RUF001 - letters that look alike are the point

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language. What stands in braces is filled in."""

    number: str
    numbers: str  #: {low} to {high}
    choose: str  #: 1 to {high}
    day: str  #: such as {example}
    days: str  #: the same, {low} to {high}
    phone: str
    email: str
    words: str
    location: str
    picture: str
    file: str
    left: str  #: to whoever wants to leave
    failed: str  #: to whoever did not answer
    lost: str  #: where the question is gone
    farewell: str  #: where nothing came


TEXTS: Mapping[str, Texts] = {
    "en": Texts(
        number="Please write a number.",
        numbers="Please write a number from {low} to {high}.",
        choose="Please write a number from 1 to {high}.",
        day='Please write a day, such as "tomorrow" or {example}.',
        days='Please write a day from {low} to {high}, such as "tomorrow" or {example}.',
        phone="Please write a phone number.",
        email="Please write an e-mail address.",
        words="Please answer in words.",
        location="Please send a location.",
        picture="Please send a picture.",
        file="Please send the file.",
        left="All right, we leave it at that. Write again whenever you like.",
        failed="Sorry, we did not understand each other. We leave it at that; write again whenever you like.",
        lost="Sorry, this cannot be continued. Please begin again.",
        farewell="We have not heard from you, so we leave it at that. Write again whenever you like.",
    ),
    "he": Texts(
        number="נא לכתוב מספר.",
        numbers="נא לכתוב מספר מ-{low} עד {high}.",
        choose="נא לכתוב מספר מ-1 עד {high}.",
        day='נא לכתוב יום, למשל "מחר" או {example}.',
        days='נא לכתוב יום מ-{low} עד {high}, למשל "מחר" או {example}.',
        phone="נא לכתוב מספר טלפון.",
        email='נא לכתוב כתובת דוא"ל.',
        words="נא לענות במילים.",
        location="נא לשלוח מיקום.",
        picture="נא לשלוח תמונה.",
        file="נא לשלוח את הקובץ.",
        left="בסדר, נעצור כאן. אפשר לכתוב לנו שוב מתי שנוח.",
        failed="סליחה, לא הצלחנו להבין. נעצור כאן, ואפשר לכתוב לנו שוב מתי שנוח.",
        lost="סליחה, אי אפשר להמשיך מכאן. נא להתחיל מחדש.",
        farewell="לא שמענו מכם, אז נעצור כאן. אפשר לכתוב לנו שוב מתי שנוח.",
    ),
    "ar": Texts(
        number="من فضلكم اكتبوا رقمًا.",
        numbers="من فضلكم اكتبوا رقمًا من {low} إلى {high}.",
        choose="من فضلكم اكتبوا رقمًا من 1 إلى {high}.",
        day="من فضلكم اكتبوا يومًا، مثل «غدًا» أو {example}.",
        days="من فضلكم اكتبوا يومًا من {low} إلى {high}، مثل «غدًا» أو {example}.",
        phone="من فضلكم اكتبوا رقم هاتف.",
        email="من فضلكم اكتبوا عنوان بريد إلكتروني.",
        words="من فضلكم أجيبوا بالكلمات.",
        location="من فضلكم أرسلوا موقعًا.",
        picture="من فضلكم أرسلوا صورة.",
        file="من فضلكم أرسلوا الملف.",
        left="حسنًا، نتوقف هنا. يمكنكم الكتابة لنا من جديد متى شئتم.",
        failed="عذرًا، لم نفهم. نتوقف هنا، ويمكنكم الكتابة لنا من جديد متى شئتم.",
        lost="عذرًا، لا يمكن المتابعة من هنا. من فضلكم ابدؤوا من جديد.",
        farewell="لم يصلنا منكم شيء، لذلك نتوقف هنا. يمكنكم الكتابة لنا من جديد متى شئتم.",
    ),
    "es": Texts(
        number="Escriba un número, por favor.",
        numbers="Escriba un número del {low} al {high}, por favor.",
        choose="Escriba un número del 1 al {high}, por favor.",
        day="Escriba un día, por favor; por ejemplo, «mañana» o {example}.",
        days="Escriba un día del {low} al {high}, por favor; por ejemplo, «mañana» o {example}.",
        phone="Escriba un número de teléfono, por favor.",
        email="Escriba una dirección de correo electrónico, por favor.",
        words="Responda con palabras, por favor.",
        location="Envíe una ubicación, por favor.",
        picture="Envíe una foto, por favor.",
        file="Envíe el archivo, por favor.",
        left="De acuerdo, lo dejamos aquí. Escríbanos de nuevo cuando quiera.",
        failed="Lo sentimos, no lo hemos entendido. Lo dejamos aquí; escríbanos de nuevo cuando quiera.",
        lost="Lo sentimos, no se puede continuar. Empiece de nuevo, por favor.",
        farewell="No hemos tenido noticias suyas, así que lo dejamos aquí. Escríbanos cuando quiera.",
    ),
    "fr": Texts(
        number="Écrivez un nombre, s'il vous plaît.",
        numbers="Écrivez un nombre de {low} à {high}, s'il vous plaît.",
        choose="Écrivez un nombre de 1 à {high}, s'il vous plaît.",
        day="Écrivez un jour, s'il vous plaît, par exemple « demain » ou {example}.",
        days="Écrivez un jour du {low} au {high}, s'il vous plaît, par exemple « demain » ou {example}.",
        phone="Écrivez un numéro de téléphone, s'il vous plaît.",
        email="Écrivez une adresse e-mail, s'il vous plaît.",
        words="Répondez avec des mots, s'il vous plaît.",
        location="Envoyez une position, s'il vous plaît.",
        picture="Envoyez une photo, s'il vous plaît.",
        file="Envoyez le fichier, s'il vous plaît.",
        left="Entendu, nous en restons là. Écrivez-nous de nouveau quand vous voulez.",
        failed="Désolé, nous n'avons pas compris. Nous en restons là ; écrivez-nous quand vous voulez.",
        lost="Désolé, il n'est pas possible de continuer. Veuillez recommencer.",
        farewell="Sans nouvelles de vous, nous en restons là. Écrivez-nous de nouveau quand vous voulez.",
    ),
    "de": Texts(
        number="Bitte schreiben Sie eine Zahl.",
        numbers="Bitte schreiben Sie eine Zahl von {low} bis {high}.",
        choose="Bitte schreiben Sie eine Zahl von 1 bis {high}.",
        day="Bitte schreiben Sie einen Tag, etwa „morgen“ oder {example}.",
        days="Bitte schreiben Sie einen Tag vom {low} bis {high}, etwa „morgen“ oder {example}.",
        phone="Bitte schreiben Sie eine Telefonnummer.",
        email="Bitte schreiben Sie eine E-Mail-Adresse.",
        words="Bitte antworten Sie in Worten.",
        location="Bitte senden Sie einen Standort.",
        picture="Bitte senden Sie ein Bild.",
        file="Bitte senden Sie die Datei.",
        left="In Ordnung, wir belassen es dabei. Schreiben Sie wieder, wann immer Sie möchten.",
        failed="Leider haben wir uns nicht verstanden. Wir belassen es dabei; schreiben Sie gern wieder.",
        lost="Leider geht es hier nicht weiter. Bitte beginnen Sie von vorn.",
        farewell="Wir haben nichts von Ihnen gehört und belassen es dabei. Schreiben Sie gern wieder.",
    ),
    "pt": Texts(
        number="Escreva um número, por favor.",
        numbers="Escreva um número de {low} a {high}, por favor.",
        choose="Escreva um número de 1 a {high}, por favor.",
        day='Escreva um dia, por favor, como "amanhã" ou {example}.',
        days='Escreva um dia de {low} a {high}, por favor, como "amanhã" ou {example}.',
        phone="Escreva um número de telefone, por favor.",
        email="Escreva um endereço de e-mail, por favor.",
        words="Responda com palavras, por favor.",
        location="Envie uma localização, por favor.",
        picture="Envie uma foto, por favor.",
        file="Envie o arquivo, por favor.",
        left="Tudo bem, ficamos por aqui. Escreva de novo quando quiser.",
        failed="Desculpe, não conseguimos entender. Ficamos por aqui; escreva de novo quando quiser.",
        lost="Desculpe, não é possível continuar. Comece de novo, por favor.",
        farewell="Não tivemos notícias suas, então ficamos por aqui. Escreva de novo quando quiser.",
    ),
    "ru": Texts(
        number="Напишите, пожалуйста, число.",
        numbers="Напишите, пожалуйста, число от {low} до {high}.",
        choose="Напишите, пожалуйста, число от 1 до {high}.",
        day="Напишите, пожалуйста, день, например «завтра» или {example}.",
        days="Напишите, пожалуйста, день с {low} по {high}, например «завтра» или {example}.",
        phone="Напишите, пожалуйста, номер телефона.",
        email="Напишите, пожалуйста, адрес электронной почты.",
        words="Ответьте, пожалуйста, словами.",
        location="Отправьте, пожалуйста, геопозицию.",
        picture="Отправьте, пожалуйста, фото.",
        file="Отправьте, пожалуйста, файл.",
        left="Хорошо, на этом остановимся. Пишите снова, когда захотите.",
        failed="К сожалению, мы не поняли друг друга. На этом остановимся; пишите снова, когда захотите.",
        lost="К сожалению, продолжить нельзя. Начните, пожалуйста, сначала.",
        farewell="Вы не ответили, поэтому на этом остановимся. Пишите снова, когда захотите.",
    ),
    "it": Texts(
        number="Scriva un numero, per favore.",
        numbers="Scriva un numero da {low} a {high}, per favore.",
        choose="Scriva un numero da 1 a {high}, per favore.",
        day="Scriva un giorno, per favore, ad esempio «domani» o {example}.",
        days="Scriva un giorno dal {low} al {high}, per favore, ad esempio «domani» o {example}.",
        phone="Scriva un numero di telefono, per favore.",
        email="Scriva un indirizzo e-mail, per favore.",
        words="Risponda a parole, per favore.",
        location="Invii una posizione, per favore.",
        picture="Invii una foto, per favore.",
        file="Invii il file, per favore.",
        left="Va bene, ci fermiamo qui. Ci riscriva quando vuole.",
        failed="Ci dispiace, non ci siamo capiti. Ci fermiamo qui; ci riscriva quando vuole.",
        lost="Ci dispiace, non si può continuare. Ricominci da capo, per favore.",
        farewell="Non abbiamo ricevuto risposta, quindi ci fermiamo qui. Ci riscriva quando vuole.",
    ),
    "tr": Texts(
        number="Lütfen bir sayı yazın.",
        numbers="Lütfen {low} ile {high} arasında bir sayı yazın.",
        choose="Lütfen 1 ile {high} arasında bir sayı yazın.",
        day='Lütfen bir gün yazın, örneğin "yarın" ya da {example}.',
        days='Lütfen {low} ile {high} arasında bir gün yazın, örneğin "yarın" ya da {example}.',
        phone="Lütfen bir telefon numarası yazın.",
        email="Lütfen bir e-posta adresi yazın.",
        words="Lütfen sözcüklerle yanıtlayın.",
        location="Lütfen bir konum gönderin.",
        picture="Lütfen bir fotoğraf gönderin.",
        file="Lütfen dosyayı gönderin.",
        left="Peki, burada bırakıyoruz. İstediğiniz zaman yeniden yazabilirsiniz.",
        failed="Üzgünüz, anlaşamadık. Burada bırakıyoruz; istediğiniz zaman yeniden yazabilirsiniz.",
        lost="Üzgünüz, buradan devam edilemiyor. Lütfen baştan başlayın.",
        farewell="Sizden yanıt gelmedi, burada bırakıyoruz. İstediğiniz zaman yeniden yazabilirsiniz.",
    ),
}


def texts_of(locale: str) -> Texts:
    """Those of a language; English where it is none of ours."""
    return TEXTS.get(locale.replace("_", "-").partition("-")[0].lower(), TEXTS["en"])


@lru_cache(64)
def babel_of(locale: str) -> Locale:
    """How a language writes numbers and days; English where nobody knows."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")
