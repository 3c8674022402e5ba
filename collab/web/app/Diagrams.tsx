/** How the chords of a chart are held, each once, in the order in which they come. */

import { type ReactNode, useMemo } from "react";
import { type Diagram, diagrams, parse } from "../charts";
import { notation } from "../charts/transposing";
import { shapeOf } from "./shapes";

export function Diagrams({ chart }: { chart: string }): ReactNode {
  const shapes = useMemo(() => shapesOf(chart), [chart]);
  return (
    <ul className="diagrams" aria-label="How the chords are held">
      {shapes.map((shape) => (
        <li key={shape.name}>
          <Held diagram={shape} />
        </li>
      ))}
    </ul>
  );
}

function shapesOf(chart: string): Diagram[] {
  const defined = new Map(diagrams(chart).map((shape) => [shape.name, shape]));
  const pieces = parse(chart).flatMap(({ lines }) => lines.flatMap(({ pieces }) => pieces));
  const symbols = new Set(pieces.filter(({ chord, isAnnotation }) => chord && !isAnnotation).map(({ chord }) => chord));
  const written = notation(chart);
  return [...symbols].flatMap((symbol) => shapeOf(symbol, defined, written) ?? []);
}

const FRETS = 4;
/** Between two strings, and between two frets. */
const GAP = 10;
const LEFT = 12;
const TOP = 14;

function Held({ diagram }: { diagram: Diagram }): ReactNode {
  const { name, baseFret, frets } = diagram;
  const rows = Math.max(FRETS, ...frets.map((fret) => fret ?? 0));
  const right = LEFT + GAP * (frets.length - 1);
  const bottom = TOP + GAP * rows;
  const said = frets.map((fret) => fret ?? "x").join(" ");
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${right + 8} ${bottom + 4}`} role="img" aria-label={`${name}: ${said}${baseFret > 1 ? ` from fret ${baseFret}` : ""}`}>
        {Array.from({ length: rows + 1 }, (_, row) => (
          <path key={row} d={`M${LEFT} ${TOP + GAP * row}H${right}`} strokeWidth={row === 0 && baseFret === 1 ? 3 : 1} />
        ))}
        {frets.map((fret, string) => {
          const x = LEFT + GAP * string;
          return (
            <g key={string}>
              <path d={`M${x} ${TOP}V${bottom}`} />
              {fret === null ? <path d={`M${x - 3} 4l6 6m0-6l-6 6`} /> : null}
              {fret === 0 ? <circle cx={x} cy={7} r={3} /> : null}
              {fret ? <circle className="is-held" cx={x} cy={TOP + GAP * (fret - 0.5)} r={3.6} /> : null}
            </g>
          );
        })}
        {baseFret > 1 ? (
          <text x={LEFT - 4} y={TOP + GAP * 0.8} textAnchor="end">
            {baseFret}
          </text>
        ) : null}
      </svg>
    </figure>
  );
}
