/**
 * What musicians mean by what they type, as the importer understands files (collab/domain/songs; both are held to
 * tests/vectors/values). `undefined` where it means nothing. Typing has no column to compare with: bare digits are a
 * clock without its colon, 426 for 4:26, and one or two of them are minutes.
 */

/** Letters that a value is looked for in. */
const MAX_LENGTH = 100;

type Found = string | number | null | undefined;

const CLOCK = /^(?:(\d{1,3}):)?(\d{1,5}):([0-5]?\d(?:[.,]\d{1,6})?)$/;
const DECIMAL = /^(\d{1,9})[.,](\d{1,3})$/;
const UNITS =
  /^(?:(\d{1,3})\s*(?:h|hr|hrs|hours?|std)\.?\s*)?(?:(\d{1,5})\s*(?:m|min|mins|minutes?|minuten|'|\u2032|\u2019)\.?\s*)?(?:(\d{1,5})\s*(?:s|sec|secs|seconds?|sek|sekunden|"|''|\u2033|\u201d)?\.?)?$/i;
const ISO = /^PT(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d{1,6})?S)?$/i;
/** A word before a length. */
const BEFORE = /^(?:~|ca\.?|about|approx\.?)/i;

/** A length in seconds: `4:05`, `405`, `4`, `4.05`, `4 min`, `4m5s`, `1:02:30`. */
export function readLength(typed: string): number | undefined {
  if (typed.length > MAX_LENGTH) return undefined;
  // A remark in brackets may stand behind it.
  const said = typed.trimEnd().endsWith(")") ? typed.slice(0, typed.indexOf("(")) : typed;
  const plain = said.trim().replace(BEFORE, "").trim();
  if (/^\d{1,5}$/.test(plain)) return ofDigits(plain);
  const decimal = DECIMAL.exec(plain.replace(/(?:minutes|mins?\.?)$/i, "").trimEnd());
  if (decimal) return ofMinutes(decimal[1]!, decimal[2]!);
  const parts = CLOCK.exec(plain) ?? (/\D/.test(plain) && (ISO.exec(plain) ?? UNITS.exec(plain)));
  return parts && parts.slice(1).some(Boolean) ? secondsOf(parts.slice(1)) : undefined;
}

const secondsOf = (parts: readonly (string | undefined)[]): number =>
  parts.reduce((sum, part) => sum * 60 + Number((part ?? "0").replace(",", ".")), 0);

function ofDigits(digits: string): number | undefined {
  if (digits.length <= 2) return Number(digits) * 60;
  const parts = [digits.slice(0, -4), digits.slice(-4, -2), digits.slice(-2)];
  const isClock = Number(parts[2]) < 60 && (parts[0] === "" || Number(parts[1]) < 60);
  return isClock ? secondsOf(parts) : undefined;
}

/** `3.45` is 3:45, and `3.75` three minutes and three quarters. */
function ofMinutes(whole: string, decimals: string): number {
  if (decimals.length === 2 && Number(decimals) < 60) return Number(whole) * 60 + Number(decimals);
  return Math.round(Number(`${whole}.${decimals}`) * 60);
}

const NUMBER = /\d{1,6}(?:[.,]\d{1,3})?/g;

interface Range {
  minimum: number;
  maximum: number;
  is_whole: boolean;
}

/** The first number that fits. With `usual` only where no other words stand beside it. */
export function readNumber(typed: string, { minimum, maximum, is_whole }: Range, usual?: string): number | undefined {
  if (typed.length > MAX_LENGTH) return undefined;
  for (const match of typed.matchAll(NUMBER)) {
    const value = Number(match[0].replace(",", "."));
    if (value < minimum || value > maximum || (is_whole && !Number.isInteger(value))) continue;
    const beside = `${typed.slice(0, match.index)} ${typed.slice(match.index + match[0].length)}`.trim();
    if (usual === undefined || usual.startsWith(beside.toLowerCase())) return value;
  }
  return undefined;
}

const ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
const OPEN = ["no", "no capo", "off", "open", "kein", "ohne"];

/** A capo: `2nd fret`, `IV`; null for none. */
export function readCapo(typed: string, range: Range): number | null | undefined {
  const plain = typed.toLowerCase().replace(/^capo/, "").replaceAll(":", " ").trim();
  if (OPEN.includes(plain)) return null;
  return ROMAN.includes(plain) ? ROMAN.indexOf(plain) + 1 : readNumber(plain, range);
}

export function readYear(typed: string): number | undefined {
  const year = /(?<!\d)[12]\d{3}(?!\d)/.exec(typed)?.[0];
  return year === undefined ? undefined : Number(year);
}

const METERS = new Map([
  ...["c", "common", "common time"].map((word) => [word, "4/4"] as const),
  ...["c|", "\u00a2", "cut", "cut time", "alla breve"].map((word) => [word, "2/2"] as const),
  ["waltz", "3/4"] as const,
]);

/** A time signature: `6/8`, `6-8`, `3` for quarters, `waltz`. */
export function readMeter(typed: string): string | undefined {
  const plain = typed.toLowerCase();
  if (/^(?:[2-9]|1[0-5])$/.test(plain)) return `${plain}/4`;
  const match = /([1-9]\d?) ?[/:\u2044\u2215-] ?(32|16|8|4|2|1)(?!\d)/.exec(plain);
  return METERS.get(plain) ?? (match ? `${match[1]}/${match[2]}` : undefined);
}

/** A web address; one without its beginning is https. */
export function readLink(typed: string): string | undefined {
  if (/^https?:\/\//i.test(typed)) return typed.split(/\s/)[0];
  return /^(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20}(?:[/?#:]\S*)?$/i.test(typed) ? `https://${typed}` : undefined;
}

const MAJOR_KEYS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR_KEYS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
const ROMANCE: Readonly<Record<string, string>> = { do: "C", ut: "C", re: "D", mi: "E", fa: "F", sol: "G", la: "A", si: "B" };
const SHARP = /^(?:#|is|sharp|kruis|sostenido|sustenido|di)/i;
const MAJORS = ["", "maj", "major", "dur", "majeur", "maggiore", "mayor", "maior", "groot", "ma"];
const MINORS = ["m", "min", "minor", "moll", "mineur", "minore", "menor", "klein", "-", "mi"];
const MODES = ["dorian", "phrygian", "lydian", "mixolydian", "locrian", "blues"];
const LETTER = /^([a-h])(?:[ -]?(sharp|flat|kruis)\b|(is|es|#|b)|(s)(?!us))?/i;
const SYLLABLE =
  /^(do|ut|re|mi|fa|sol|la|si)(?:[ -]?(#|b(?![a-z])|diese|diesis|sostenido|sustenido|bemolle|bemol))?(?![a-z]{2})/i;
const MODE = /^(?:(-)(?=$|[/7,(])|[ -]*([a-z]+))?/i;
const QUALITY = /^(maj|min|mi|ma|m|M)?(?:sus|add|dim|aug|no|[0-9#b+/().\u00b0-]|\u00f8|\u0394)*/;

/** A key: `b♭`, `H`, `cis-moll`, `la menor`, `F# minor`, `8A`, or the chord of it: `Gm7`, `Am/C`. */
export function readKey(typed: string): string | undefined {
  if (typed.length > MAX_LENGTH) return undefined;
  const signs = typed.replaceAll("♭", "b").replaceAll("♯", "#").replaceAll("\u2212", "-").replaceAll("♮", "");
  const plain = signs.normalize("NFKD").replace(/\p{Mn}/gu, "").trim().replace(/^(?:in|key(?: of)?|tonart)[ :]+/i, "");
  return ofNumber(plain) ?? ofSyllable(plain) ?? ofLetter(plain);
}

/** A code on the wheel of fifths, Camelot's or Open Key's, or the number of a note from C. */
function ofNumber(plain: string): string | undefined {
  const match = /^(\d|1[0-2])([abdm])?$/i.exec(plain);
  if (!match) return undefined;
  const [number, letter] = [Number(match[1]), match[2]?.toLowerCase()];
  if (letter === undefined) return MAJOR_KEYS[number];
  if (number === 0) return undefined;
  const fifths = number - ("ab".includes(letter) ? 8 : 1) + 12;
  return "am".includes(letter) ? `${MINOR_KEYS[(fifths * 7 + 9) % 12]}m` : MAJOR_KEYS[(fifths * 7) % 12];
}

function ofSyllable(plain: string): string | undefined {
  const match = SYLLABLE.exec(plain);
  return match ? named(ROMANCE[match[1]!.toLowerCase()]! + signOf(match[2]), plain.slice(match[0].length)) : undefined;
}

function ofLetter(plain: string): string | undefined {
  const match = LETTER.exec(plain);
  if (!match) return undefined;
  const behind = plain.slice(match[0].length);
  const written = match[1]!.toUpperCase() + signOf(match[2] ?? match[3] ?? match[4]);
  const isGermanB = written === "B" && /^[ -]*(?:dur|moll)(?![a-z])/i.test(behind);
  return named(isGermanB ? "Bb" : written.replace("H", "B"), behind);
}

const signOf = (written: string | undefined): string => (written ? (SHARP.test(written) ? "#" : "b") : "");

/** The key on a note by what is written behind it; none where that is a word of something else. */
function named(tonic: string, behind: string): string | undefined {
  const match = MODE.exec(behind)!;
  const written = match[1] ?? match[2] ?? "";
  const mode = written.toLowerCase();
  if (MODES.includes(mode)) return `${tonic} ${mode}`;
  const isMajor = MAJORS.includes(mode) || written === "M";
  if (isMajor || MINORS.includes(mode)) {
    if (/^\p{L}/u.test(behind.slice(match[0].length))) return undefined;
    if (behind.startsWith(" ") && (mode === "major" || mode === "minor")) return `${tonic} ${mode}`;
    return isMajor && written !== "m" ? tonic : `${tonic}m`;
  }
  const chord = QUALITY.exec(behind)!;
  if (/^\p{L}/u.test(behind.slice(chord[0].length))) return undefined;
  return tonic + (["m", "min", "mi"].includes(chord[1] ?? "") ? "m" : "");
}

/** How single fields are read, by their name; the rest by their type alone. */
export const READERS: Readonly<Record<string, (typed: string, range: Range) => Found>> = {
  tempo: (typed, range) => readNumber(typed, range),
  capo: readCapo,
  year: readYear,
  key: readKey,
  time_signature: readMeter,
  link: readLink,
};
