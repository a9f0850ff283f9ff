"""What agents are told, in English and Hebrew. A name in braces is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chatgrow_bot.messages import Kind

Language = Literal["en", "he"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentences of one language."""

    yours: str  #: heads a summary
    goes_here: str  #: what he writes now goes to this customer
    goes_there: str  #: what he writes still goes to another
    before: str  #: heads what was said before the conversation was opened
    bot: str
    tags: str
    field: str
    note: str
    colleague_noted: str
    quoting: str
    edited: str
    deleted: str
    reacted: str
    unreacted: str
    voted: str
    unvoted: str
    poll: str
    other: str
    no_file: str
    sent: Mapping[Kind, str]
    from_phone: str
    waits: str
    transferred: str
    released: str
    closed: str
    rated: str
    list_yours: str
    list_waiting: str
    list_none: str
    here: str
    minutes: str
    now_on: str
    nobodys_words: str
    not_seen: str
    unknown_quote: str
    done_close: str
    done_release: str
    done_transfer: str
    done_note: str
    reopened: str
    is_closed: str
    has_colleague: str
    is_waiting: str
    no_number: str
    not_yours: str
    choose: str
    opted_out: str
    not_sent: str
    lost: str
    unfit: str
    wish: str
    no_change: str
    transfer_whom: str
    note_what: str
    unknown_command: str
    did_you_mean: str
    help: str
    who: Mapping[str, str]  #: those whom the core names in words


EN = Texts(
    yours="*#{number} {name}* is yours now ({team}).",
    goes_here="What you write now goes to this customer.",
    goes_there="What you write still goes to #{number}: quote a message of #{mine}, or write /{mine}.",
    before="Before that:",
    bot="we",
    tags="Tags: {tags}",
    field="{name}: {value}",
    note="Note: {note}",
    colleague_noted="Note by {by}: {note}",
    quoting="↩ {words}",
    edited="changed a message: {words}",
    deleted="took a message back",
    reacted="{emoji} to: {words}",
    unreacted="took a reaction back",
    voted="chose: {options}",
    unvoted="took the choice back",
    poll="asks: {question} ({options})",
    other="sent something that cannot be opened here; the linked phone shows it",
    no_file="sent a file that could not be fetched ({kind})",
    sent={
        Kind.AUDIO: "sent a sound file:",
        Kind.VOICE: "sent a voice note:",
        Kind.STICKER: "sent a sticker:",
        Kind.LOCATION: "sent a place:",
        Kind.CONTACT: "sent a contact:",
    },
    from_phone="written on the linked phone: {words}",
    waits="#{number} {name} waits for {team}. /take {number} takes it.",
    transferred="#{number} {name} is no longer yours: it went to {to}.",
    released="#{number} {name} is no longer yours: it waits for {team} again (by {by}).",
    closed="#{number} {name} is closed (by {by}).",
    rated="#{number} {name} rated it {rating} of 5.",
    list_yours="Yours:",
    list_waiting="Waiting:",
    list_none="Nothing is open.",
    here="← what you write goes here",
    minutes="{minutes} min",
    now_on="What you write now goes to #{number} {name}.",
    nobodys_words="Not sent: to whom? Quote a customer's message, or write the number: {numbers}.",
    not_seen="Not sent: #{number} was given to you in the meantime. Write /{number}, then send it again.",
    unknown_quote="Not sent: what you quote belongs to no conversation. Quote a customer's message.",
    done_close="#{number} is closed.",
    done_release="#{number} waits for {team} again.",
    done_transfer="#{number} went to {to}.",
    done_note="Noted on #{number}.",
    reopened="#{old} was closed; it goes on as #{number}.",
    is_closed="Not done: #{number} is closed. /take {number} opens it again; then write again.",
    has_colleague="Not done: {agent} has #{number}.",
    is_waiting="Not done: #{number} is not yours. /take {number} takes it.",
    no_number="There is no #{number} in your teams. /list shows what there is.",
    not_yours="Not done: #{number} is not yours.",
    choose="Which one? Quote a message of it, or write its number, such as: {example}",
    opted_out="Not sent: this customer wants no messages from us.",
    not_sent="Not sent: {reason}",
    lost="#{number} {name} did not get what was written: {reason}",
    unfit="Not sent: this kind of message cannot be passed on.",
    wish="Not sent: by this word one says that one wants messages. Put others beside it.",
    no_change="The customer still sees what you wrote first: a change is not passed on.",
    transfer_whom="To whom? Teams: {teams}. Colleagues: {agents}.",
    note_what="What is the note? For example: /note asks for a discount",
    unknown_command=(
        "Nothing was sent: there is no /{word}.{hint} /help shows what there is. "
        "Words that begin with / are written with //."
    ),
    did_you_mean=" Did you mean /{word}?",
    help=(
        "What you write goes to the customer whose message you quote, else to the one you wrote to last.\n"
        "/list  what is open\n"
        "/take 12  take #12\n"
        "/12  write to #12\n"
        "/close  it is over\n"
        "/release  back to the team\n"
        "/transfer sales  to a team or a colleague\n"
        "/note ...  for colleagues\n"
        "/help  this"
    ),
    who={},
)

HE = Texts(
    yours="*#{number} {name}* אצלך עכשיו ({team}).",
    goes_here="מה שנכתב כאן עכשיו מגיע ללקוח הזה.",
    goes_there="מה שנכתב כאן עדיין מגיע אל #{number}: אפשר לצטט הודעה של #{mine} או לכתוב /{mine}.",
    before="לפני כן:",
    bot="אנחנו",
    tags="תגיות: {tags}",
    field="{name}: {value}",
    note="הערה: {note}",
    colleague_noted="הערה מאת {by}: {note}",
    quoting="↩ {words}",
    edited="הודעה שונתה: {words}",
    deleted="הודעה נמחקה",
    reacted="{emoji} על: {words}",
    unreacted="התגובה הוסרה",
    voted="נבחר: {options}",
    unvoted="הבחירה בוטלה",
    poll="סקר: {question} ({options})",
    other="נשלח משהו שאי אפשר לפתוח כאן; רואים אותו בטלפון המקושר",
    no_file="נשלח קובץ שלא היה אפשר להביא ({kind})",
    sent={
        Kind.AUDIO: "נשלח קובץ קול:",
        Kind.VOICE: "נשלחה הודעה קולית:",
        Kind.STICKER: "נשלחה מדבקה:",
        Kind.LOCATION: "נשלח מיקום:",
        Kind.CONTACT: "נשלח איש קשר:",
    },
    from_phone="נכתב בטלפון המקושר: {words}",
    waits="#{number} {name} ממתין לצוות {team}. /קח {number} לקבלה.",
    transferred="#{number} {name} כבר לא אצלך: עבר אל {to}.",
    released="#{number} {name} כבר לא אצלך: ממתין שוב לצוות {team} (על ידי {by}).",
    closed="#{number} {name} נסגר (על ידי {by}).",
    rated="#{number} {name}: הדירוג הוא {rating} מתוך 5.",
    list_yours="אצלך:",
    list_waiting="ממתינים:",
    list_none="אין שיחות פתוחות.",
    here="← מה שנכתב מגיע לכאן",
    minutes="{minutes} דק'",
    now_on="מה שנכתב כאן עכשיו מגיע אל #{number} {name}.",
    nobodys_words="לא נשלח: למי? אפשר לצטט הודעה של לקוח או לכתוב את המספר: {numbers}.",
    not_seen="לא נשלח: בינתיים הגיעה אליך #{number}. יש לכתוב /{number} ולשלוח שוב.",
    unknown_quote="לא נשלח: הציטוט לא שייך לשום שיחה. יש לצטט הודעה של לקוח.",
    done_close="#{number} נסגר.",
    done_release="#{number} ממתין שוב לצוות {team}.",
    done_transfer="#{number} עבר אל {to}.",
    done_note="ההערה נשמרה ב-#{number}.",
    reopened="#{old} היה סגור; ממשיכים ב-#{number}.",
    is_closed="לא בוצע: #{number} סגור. /קח {number} פותח אותו שוב, ואז יש לכתוב שוב.",
    has_colleague="לא בוצע: #{number} אצל {agent}.",
    is_waiting="לא בוצע: #{number} לא אצלך. /קח {number} לקבלה.",
    no_number="אין #{number} בצוותים שלך. /רשימה מראה מה יש.",
    not_yours="לא בוצע: #{number} לא אצלך.",
    choose="איזו שיחה? אפשר לצטט הודעה ממנה או לכתוב את המספר, למשל: {example}",
    opted_out="לא נשלח: הלקוח ביקש לא לקבל מאיתנו הודעות.",
    not_sent="לא נשלח: {reason}",
    lost="#{number} {name} לא קיבל את מה שנכתב: {reason}",
    unfit="לא נשלח: סוג כזה של הודעה אי אפשר להעביר.",
    wish="לא נשלח: במילה הזאת אומרים שרוצים לקבל הודעות. אפשר להוסיף לה מילים.",
    no_change="הלקוח עדיין רואה את מה שנכתב קודם: שינוי לא מועבר.",
    transfer_whom="אל מי? צוותים: {teams}. עמיתים: {agents}.",
    note_what="מה ההערה? למשל: /הערה מבקשת הנחה",
    unknown_command="לא נשלח דבר: אין /{word}.{hint} /עזרה מראה מה יש. מילים שמתחילות ב-/ נכתבות עם //.",
    did_you_mean=" הכוונה הייתה /{word}?",
    help=(
        "מה שנכתב מגיע ללקוח שהודעה שלו מצוטטת, ובלי ציטוט ללקוח האחרון שנכתב אליו.\n"
        "/רשימה  מה פתוח\n"
        "/קח 12  לקבל את #12\n"
        "/12  לכתוב אל #12\n"
        "/סגור  השיחה הסתיימה\n"
        "/שחרר  בחזרה לצוות\n"
        "/העבר sales  לצוות או לעמית\n"
        "/הערה ...  לעמיתים\n"
        "/עזרה  ההודעה הזאת"
    ),
    who={"the customer": "הלקוח", "the clock": "השעון", "phone": "הטלפון המקושר"},
)

TEXTS: Mapping[Language, Texts] = {"en": EN, "he": HE}
