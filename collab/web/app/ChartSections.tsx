/** A chart's sections, with the chords above their words. A line breaks between words, never between a chord and its own. */

import type { ReactNode } from "react";
import { type Line, type Piece, type Section, unbroken } from "../charts";

interface SectionsProps {
  sections: readonly Section[];
  hasChords: boolean;
}

export function ChartSections({ sections, hasChords }: SectionsProps): ReactNode {
  return sections.map((section, index) => {
    const lines = blocksOf(section.lines, hasChords);
    // A chorus that is only called for has but its name.
    if (lines.length === 0 && !section.label) return null;
    return (
      <section key={index} className={`chart-section is-${section.kind || "stanza"}`} aria-label={section.label || undefined}>
        {section.label ? <h4>{section.label}</h4> : null}
        {lines.map((block, at) => (
          <Block key={at} block={block} hasChords={hasChords} />
        ))}
      </section>
    );
  });
}

/** Lines of letters that stand under each other are one block; any other line is one by itself. */
type Shown = { kind: "verbatim"; text: string } | { kind: "line"; line: Line };

function blocksOf(lines: readonly Line[], hasChords: boolean): Shown[] {
  const blocks: Shown[] = [];
  for (const line of lines) {
    if (line.kind === "hidden" || !(hasChords || hasWords(line))) continue;
    const last = blocks.at(-1);
    if (line.kind !== "verbatim") blocks.push({ kind: "line", line });
    else if (last?.kind === "verbatim") last.text += `\n${line.text}`;
    else blocks.push({ kind: "verbatim", text: line.text });
  }
  while (isGap(blocks.at(-1))) blocks.pop();
  return blocks;
}

const isGap = (block: Shown | undefined): boolean => block?.kind === "line" && block.line.kind === "blank";

/** Whether something of a line is left without its chords. */
const hasWords = ({ kind, pieces }: Line): boolean => kind !== "song" || pieces.some(({ words }) => words.trim() !== "");

function Block({ block, hasChords }: { block: Shown; hasChords: boolean }): ReactNode {
  if (block.kind === "verbatim") {
    return (
      // Wider than a phone: a keyboard can go along it too.
      <pre className="chart-verbatim" tabIndex={0}>
        {block.text}
      </pre>
    );
  }
  const { line } = block;
  switch (line.kind) {
    case "blank":
      return <p className="chart-gap" />;
    case "change":
      return (
        <p className="chart-change">
          {line.name}: {line.text}
        </p>
      );
    default: {
      const isOver = hasChords && line.pieces.some(({ chord }) => chord !== "");
      const look = line.kind === "comment" ? "is-comment" : hasWords(line) ? "" : "is-alone";
      return (
        <p className={`chart-line ${look}`}>
          {isOver ? unbroken(line.pieces).map((group, index) => <Group key={index} group={group} />) : line.pieces.map(({ words }) => words).join("")}
        </p>
      );
    }
  }
}

/** Takes no room, and has a line of its own all the same: words stand on one line with those that have no chord. */
const NOTHING = "\u200b";

function Group({ group }: { group: readonly Piece[] }): ReactNode {
  // Words without a chord need no room above them: a line that goes on has none.
  if (group.every(({ chord }) => chord === "")) return group.map(({ words }) => words).join("");
  return (
    <span className="chart-group">
      {group.map(({ chord, words, isAnnotation }, index) => (
        <span key={index} className="chart-piece">
          <span className={chord && (isAnnotation ? "chart-note" : "chart-chord")}>{chord || NOTHING}</span>
          <span>{words || NOTHING}</span>
        </span>
      ))}
    </span>
  );
}
