/** Notes, by their place on the line of fifths: Bb is -2, F -1, C 0, G 1, D 2. Theory: collab/domain/charts/notes.py. */

const LETTERS = "FCGDAEB";
const SHARPS = ["#", "\u266f", "is"];
const FLATS = ["b", "\u266d", "es", "s"];

/** A note, as a pattern. */
export const NOTE = "(?:[AE]s(?!us)|[A-H](?:#|b|\u266f|\u266d|is|es)?)";

/** How B natural and B flat are written. */
export interface Notation {
  b: string;
  bFlat: string;
}

export const ENGLISH: Notation = { b: "B", bFlat: "Bb" };

/** The place of a note that matches `NOTE`, in capitals or small letters. */
export function readNote(written: string, notation: Notation = ENGLISH): number {
  let letter = written.charAt(0).toUpperCase();
  let accidental = written.slice(1);
  // Where H is written, `Bb` is one note with `B`.
  if (letter === "B" && notation.b === "H") accidental ||= "b";
  if (letter === "H") letter = "B";
  const place = LETTERS.indexOf(letter) - 1;
  return place + 7 * (Number(SHARPS.includes(accidental)) - Number(FLATS.includes(accidental)));
}

export function writeNote(place: number, notation: Notation = ENGLISH): string {
  const letter = LETTERS.charAt(modulo(place + 1, 7));
  const sharps = Math.floor((place + 1) / 7);
  if (letter === "B" && sharps === -1) return notation.bFlat;
  return (letter === "B" ? notation.b : letter) + signs(sharps);
}

export const signs = (sharps: number): string => (sharps > 0 ? "#".repeat(sharps) : "b".repeat(-sharps));

export const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** How those who wrote these notes write B and B flat. Without an H they are English. */
export function notationOf(notes: readonly string[]): Notation {
  const names = notes.map((note) => note.charAt(0).toUpperCase() + note.slice(1));
  if (!names.some((name) => name.startsWith("H"))) return ENGLISH;
  return { b: "H", bFlat: names.includes("B") ? "B" : "Bb" };
}
