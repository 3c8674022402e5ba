/** How values look to people, and how what they type becomes a value. */

/** Seconds as 4:05, or 1:02:30 from an hour on. */
export function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (part: number): string => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds in words for a length of a night: 1 h 50. */
export function lengthOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
}

/** A time of day, some seconds after another: 20:30 and 600 make 20:40. */
export function timeAfter(start: string, seconds: number): string {
  const [h = 0, m = 0] = start.split(":").map(Number);
  const minutes = (h * 60 + m + Math.floor(seconds / 60)) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

export const initialsOf = (name: string): string =>
  name
    .replace(/\(.*\)/, "")
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? "")
    .join("") || "?";

/** How a kind of value is shown and read. `parse` gives `undefined` where the text is no such value. */
export interface Format<T> {
  show: (value: T) => string;
  parse: (text: string) => T | null | undefined;
  hint: string;
}

const text = (hint: string, limit = 200): Format<unknown> => ({
  show: (value) => String(value),
  parse: (typed) => (typed.length <= limit ? typed : undefined),
  hint,
});

export const LINE = text("At most 200 characters");

export const DURATION: Format<unknown> = {
  show: (value) => clockOf(Number(value)),
  parse: (typed) => {
    const match = /^(?:(?:(\d{1,2}):)?(\d{1,3}):([0-5]?\d)|(\d{1,3}))$/.exec(typed);
    if (!match) return undefined;
    const [, h, m, s, minutes] = match;
    const seconds = minutes ? Number(minutes) * 60 : Number(h ?? 0) * 3600 + Number(m) * 60 + Number(s);
    return seconds <= 86_400 ? seconds : undefined;
  },
  hint: "Minutes and seconds, such as 4:05",
};

/** The length of a night: 1:50 is an hour and fifty minutes. */
export const TARGET: Format<unknown> = {
  show: (value) => {
    const minutes = Math.round(Number(value) / 60);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  },
  parse: (typed) => {
    const match = /^(\d{1,2})(?::|h ?)([0-5]?\d)?$|^(\d{1,4})(?: ?min)?$/.exec(typed);
    if (!match) return undefined;
    const seconds = match[3] ? Number(match[3]) * 60 : Number(match[1]) * 3600 + Number(match[2] ?? 0) * 60;
    return seconds <= 86_400 ? seconds : undefined;
  },
  hint: "Hours and minutes, such as 1:50",
};

export const TEMPO: Format<unknown> = {
  show: (value) => String(value),
  parse: (typed) => {
    const tempo = Number(typed.replace(",", "."));
    return tempo >= 20 && tempo <= 400 ? tempo : undefined;
  },
  hint: "Beats per minute, 20 to 400",
};

const KEY_FORM = /^[A-G](#|b)?(m|maj|min| (major|minor|dorian|phrygian|lydian|mixolydian|locrian|blues))?$/;

export const KEY: Format<unknown> = {
  show: (value) => String(value),
  parse: (typed) => {
    const plain = typed.replace("♭", "b").replace("♯", "#").replace(/^(.[#b]?) ?moll$/i, "$1m");
    const key = `${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
    return KEY_FORM.test(key) ? key : undefined;
  },
  hint: "A key such as Bb, F#m or C minor",
};

export const CAPO: Format<unknown> = {
  show: (value) => String(value),
  parse: (typed) => (/^\d{1,2}$/.test(typed) && Number(typed) <= 12 ? Number(typed) : undefined),
  hint: "A fret from 0 to 12",
};

export const SIGNATURE: Format<unknown> = {
  show: (value) => String(value),
  parse: (typed) => (/^[1-9]\d?\/(1|2|4|8|16|32)$/.test(typed) ? typed : undefined),
  hint: "A time signature such as 4/4",
};

export const LINK: Format<unknown> = {
  show: (value) => String(value),
  parse: (typed) => (/^https?:\/\/\S{1,1990}$/.test(typed) ? typed : undefined),
  hint: "A web address that begins with https://",
};

export const FORMATS: Record<string, Format<unknown>> = {
  key: KEY,
  tempo: TEMPO,
  duration: DURATION,
  capo: CAPO,
  time_signature: SIGNATURE,
  link: LINK,
  target_duration: TARGET,
};

/** A field's value as people read it. */
export function shown(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (Array.isArray(value)) return value.join(", ");
  return (FORMATS[field] ?? LINE).show(value);
}

const FIELD_WORDS: Record<string, string> = {
  target_duration: "target length",
  start_time: "start time",
  time_signature: "time signature",
  tempo: "tempo",
  duration: "length",
};

export const fieldWord = (field: string): string => FIELD_WORDS[field] ?? field;
