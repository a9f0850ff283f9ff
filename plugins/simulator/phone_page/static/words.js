// What the page says, in each of its languages, and how it writes times.
import { english } from "./words-en.js";
import { hebrew } from "./words-he.js";

const languages = {
  en: { words: english, locale: "en-GB", dir: "ltr" },
  he: { words: hebrew, locale: "he-IL", dir: "rtl" },
};
// What was chosen here before, else what the browser's owner reads, as far as there is such a page.
const liked = [localStorage.getItem("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
let language = liked.find((each) => each in languages) ?? "en";

/** The words for `key`; `{name}` stands for a value. */
export function say(key, values = {}) {
  return languages[language].words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const currentLanguage = () => language;

/** Takes the language and turns the page: Hebrew runs from right to left. */
export function speak(wanted) {
  language = wanted;
  localStorage.setItem("language", wanted);
  document.documentElement.lang = wanted;
  document.documentElement.dir = languages[wanted].dir;
  document.title = say("title");
}

/** Whether a text runs in the page's direction, by its first letter. */
export function runsAlong(text) {
  const rightToLeft = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(text);
  return rightToLeft === (languages[language].dir === "rtl");
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString(languages[language].locale, { hour: "2-digit", minute: "2-digit" });
}

/** Today, yesterday, or the date. */
export function day(iso) {
  const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
  const ago = Math.round((midnight(Date.now()) - midnight(iso)) / 86_400_000);
  if (ago === 0) return say("today");
  if (ago === 1) return say("yesterday");
  return new Date(iso).toLocaleDateString(languages[language].locale, { day: "numeric", month: "long" });
}

export function size(bytes) {
  const unit = bytes < 1024 ** 2 ? ["kilobyte", 1024] : ["megabyte", 1024 ** 2];
  const format = { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(languages[language].locale, format).format(bytes / unit[1]);
}

export const minutes = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** A number as people write it: +972 54 111 2233, near enough for any country. */
export const dial = (number) => `+${number}`.replace(/^(\+\d{3})(\d{2})(\d{3})(\d+)$/, "$1 $2 $3 $4");
