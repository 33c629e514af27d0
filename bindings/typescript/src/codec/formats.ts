// The string formats, by the grammars of schema/README.md section 3. The text is kept as it came. Knows no type.

import { Misfit } from "./misfit.js";

const date = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const time = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|[+-]([0-9]{2}):([0-9]{2}))$/;
const duration =
  /^P(?:[0-9]{1,9}W|(?=[0-9T])(?:[0-9]{1,9}D)?(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?S)?)?)$/;
const uuid = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const uri = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** `2026-02-28` */
export function isDate(text: string): boolean {
  const parts = date.exec(text);
  if (parts === null) return false;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  const days = DAYS[month - 1];
  if (days === undefined) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (leap ? 29 : days);
}

/** `2026-02-28T23:59:59.5Z` */
export function isDateTime(text: string): boolean {
  if (text.charAt(10) !== "T" || !isDate(text.slice(0, 10))) return false;
  const parts = time.exec(text.slice(11));
  if (parts === null) return false;
  const [, hour, minute, second, offsetHour = "0", offsetMinute = "0"] = parts;
  return (
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    Number(offsetHour) < 24 &&
    Number(offsetMinute) < 60
  );
}

/** `P1DT2H30M`, `P2W` */
export function isDuration(text: string): boolean {
  return duration.test(text);
}

/** `00000000-0000-4000-8000-000000000001` */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** `https://example.org/` */
export function isUri(text: string): boolean {
  return uri.test(text);
}

/** The text, or a {@link Misfit} if it is no date. */
export function dateText(text: string): string {
  return checked(text, isDate(text), "a date such as 2026-02-28");
}

/** The text, or a {@link Misfit} if it is no date and time. */
export function dateTimeText(text: string): string {
  return checked(text, isDateTime(text), "a date and time such as 2026-02-28T23:59:59Z");
}

/** The text, or a {@link Misfit} if it is no duration. */
export function durationText(text: string): string {
  return checked(text, isDuration(text), "a duration such as P1DT2H");
}

/** The text, or a {@link Misfit} if it is no UUID. */
export function uuidText(text: string): string {
  return checked(text, isUuid(text), "a UUID");
}

/** The text, or a {@link Misfit} if it is no URI. */
export function uriText(text: string): string {
  return checked(text, isUri(text), "a URI");
}

function checked(text: string, good: boolean, expected: string): string {
  if (!good) throw new Misfit("badFormat", `expected ${expected}`);
  return text;
}
