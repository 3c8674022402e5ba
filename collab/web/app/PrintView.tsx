/** The setlist on one A4 page, to tape to the floor; behind it, if wanted, the charts as one plays from them. */

import "./styles/chart.css";
import { type CSSProperties, type ReactNode, useMemo, useState } from "react";
import type { Band, Document, Fields, Item } from "../react";
import { ChartSections } from "./ChartSections";
import { clockOf, lengthOf } from "./clock";
import { useEscape } from "./keyboard";
import { usePlayer } from "./player";
import { go } from "./route";
import { songIdOf, useSongOf } from "./songbook";
import { timesOf } from "./times";
import { Icon } from "./ui";
import { usePlayed } from "./usePlayed";

export function PrintView({ document, band }: { document: Document; band: Band }): ReactNode {
  const times = useMemo(() => timesOf(document), [document]);
  const { fields, ordered } = document;
  const [hasCharts, setCharts] = useState(false);
  const songOf = useSongOf();
  const back = (): void => go({ band: band.id, content: document.id });
  useEscape(true, back);
  const charts = ordered.flatMap((item) => {
    const song = songOf(item);
    return song?.chart ? [{ item, song }] : [];
  });
  const lines = ordered.reduce(
    (sum, item) => sum + linesOf(item.fields.title, 26) + linesOf(item.fields.notes) * 0.75,
    linesOf(fields.notes) * 0.75,
  );
  const date = typeof fields.date === "string" ? new Date(`${fields.date}T12:00`).toLocaleDateString(undefined, { dateStyle: "full" }) : null;
  return (
    <main className="print">
      <div className="print-tools">
        <button type="button" className="button" onClick={back}>
          <Icon name="back" /> Back
        </button>
        <span className="print-choices">
          {charts.length > 0 ? (
            <button type="button" className="button" aria-pressed={hasCharts} onClick={() => setCharts(!hasCharts)}>
              <Icon name={hasCharts ? "check" : "add"} /> Charts
            </button>
          ) : null}
          <button type="button" className="button is-main" onClick={() => window.print()}>
            <Icon name="print" /> Print
          </button>
        </span>
      </div>
      <article
        className={lines > LINES_OF_A_SHEET ? "sheet is-tight" : "sheet"}
        style={{ "--lines": Math.max(lines, 12) } as CSSProperties}
      >
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
      {hasCharts ? charts.map(({ item, song }) => <PrintedChart key={item.id} item={item} song={song} />) : null}
    </main>
  );
}

/** A song on paper of its own, in two columns. The head of a table stands on each of its pages. */
function PrintedChart({ item, song }: { item: Item; song: Fields }): ReactNode {
  const [{ instrument, hasChords }] = usePlayer();
  const { key, capo, sections } = usePlayed(song, item.fields, songIdOf(item));
  const facts = [key, instrument !== "C" && `for ${instrument.replace("b", "♭")}`, capo > 0 && `capo ${capo}`].filter(Boolean);
  return (
    <table className="sheet is-chart">
      <thead>
        <tr>
          <th>
            <h1>
              {String(item.fields.title ?? "Untitled")} <small>{facts.join(", ")}</small>
            </h1>
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td>
            {item.fields.notes ? <p className="sheet-notes">{String(item.fields.notes)}</p> : null}
            <div className="sheet-columns">
              <ChartSections sections={sections} hasChords={hasChords} />
            </div>
          </td>
        </tr>
      </tbody>
    </table>
  );
}

/** So many are 10 pt high on one page (`--lines` in print.css): where there are more, a song's notes follow its title. */
const LINES_OF_A_SHEET = 35;

/** About as many lines as a text takes on the page. */
function linesOf(text: unknown, width = 70): number {
  if (typeof text !== "string" || text === "") return 0;
  return text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
}
