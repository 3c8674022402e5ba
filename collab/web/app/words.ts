/** Words that the page says things by: names of fields and people, and how words are looked for. */

import type { User } from "../sdk";

/** What a field is called, where its name alone is not the word. */
const WORDS: Record<string, string> = { duration: "length", target_duration: "target length" };

export const fieldWord = (field: string): string => WORDS[field] ?? field.replaceAll("_", " ");
export const fieldName = (field: string): string => capital(fieldWord(field));
export const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** A person's name without what they play: “Ada” of “Ada (trumpet)”. */
export function shortName({ name }: Pick<User, "name">): string {
  const begin = name.indexOf(" (");
  const end = name.lastIndexOf(")");
  return begin >= 0 && end > begin ? name.slice(0, begin) + name.slice(end + 1) : name;
}

/** Words as they are looked for: without accents, marks and capitals. */
export const folded = (value: unknown): string =>
  String(value ?? "")
    .normalize("NFD")
    .replace(/[\u0300-\u036f'’.,!]/g, "")
    .toLowerCase();
