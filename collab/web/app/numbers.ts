/** The chords of a chart as numbers of the key that they stand in, which may change on the way. */

import { readChord, type Section } from "../charts";
import { readKey } from "../charts/keys";
import { number } from "../charts/numbers";
import { keyOfChords, notation } from "../charts/transposing";

/** `key` is that of the chart; where nobody says one it is that of its first chord. */
export function inNumbers(sections: readonly Section[], chart: string, key: string): Section[] {
  const written = notation(chart);
  let here = readKey(key, written) ?? keyOfChords(chart);
  const numbered = (symbols: string): string =>
    symbols.replace(/[^ \t]+/g, (symbol) => {
      const chord = readChord(symbol, true);
      return chord ? number(chord, here, written) : symbol;
    });
  return sections.map((section) => ({
    ...section,
    lines: section.lines.map((line) => {
      if (line.kind === "change" && line.name === "key") here = readKey(line.text, written) ?? here;
      const pieces = line.pieces.map((piece) => (piece.isAnnotation ? piece : { ...piece, chord: numbered(piece.chord) }));
      return { ...line, pieces };
    }),
  }));
}
