/** The setlist on one A4 page, to tape to the floor. */

import { type CSSProperties, type ReactNode, useMemo } from "react";
import type { Band, Document } from "../react";
import { clockOf, lengthOf } from "./clock";
import { go } from "./route";
import { timesOf } from "./times";
import { Icon } from "./ui";

export function PrintView({ document, band }: { document: Document; band: Band }): ReactNode {
  const times = useMemo(() => timesOf(document), [document]);
  const { fields, ordered } = document;
  const lines = ordered.reduce(
    (sum, item) => sum + linesOf(item.fields.title, 26) + linesOf(item.fields.notes) * 0.75,
    linesOf(fields.notes) * 0.75,
  );
  const date = typeof fields.date === "string" ? new Date(`${fields.date}T12:00`).toLocaleDateString(undefined, { dateStyle: "full" }) : null;
  return (
    <main className="print">
      <div className="print-tools">
        <button type="button" className="button" onClick={() => go({ band: band.id, content: document.id })}>
          <Icon name="back" /> Back
        </button>
        <button type="button" className="button is-main" onClick={() => window.print()}>
          <Icon name="print" /> Print
        </button>
      </div>
      <article className="sheet" style={{ "--lines": Math.max(lines, 12) } as CSSProperties}>
        <header>
          <h1>{String(fields.title ?? "Setlist")}</h1>
          <p>{[band.name, fields.venue, date, fields.start_time].filter(Boolean).join(" · ")}</p>
          {fields.notes ? <p className="sheet-notes">{String(fields.notes)}</p> : null}
        </header>
        <ol>
          {ordered.map((item) => {
            const { number, at } = times.entries.get(item.id)!;
            const { title, key, tempo, duration, notes } = item.fields;
            return (
              <li key={item.id} className={item.type === "break" ? "is-break" : ""}>
                <span className="sheet-number">{number ?? ""}</span>
                <span className="sheet-title">
                  {String(title ?? (item.type === "break" ? "Break" : "Untitled"))}
                  {notes ? <small>{String(notes)}</small> : null}
                </span>
                <span className="sheet-key">{String(key ?? "")}</span>
                <span>{String(tempo ?? "")}</span>
                <span>{typeof duration === "number" ? clockOf(duration) : ""}</span>
                <span>{at ?? ""}</span>
              </li>
            );
          })}
        </ol>
        <footer>{[lengthOf(times.total), times.ends ? `ends ${times.ends}` : null].filter(Boolean).join(" · ")}</footer>
      </article>
    </main>
  );
}

/** About as many lines as a text takes on the page. */
function linesOf(text: unknown, width = 70): number {
  if (typeof text !== "string" || text === "") return 0;
  return text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
}
