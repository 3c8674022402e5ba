/** The song of the moment, large: what the band agreed on, and its chart for whoever reads it. */

import type { DOMAttributes, ReactNode, Ref } from "react";
import { played } from "../../charts";
import type { Item } from "../../react";
import { ChartView } from "../ChartView";
import { clockOf } from "../clock";
import { usePlayer } from "../player";
import { PlayerTools } from "../PlayerTools";
import { songIdOf, useSongOf } from "../songbook";

interface StageSongProps {
  item: Item | undefined;
  ref: Ref<HTMLElement>;
  /** What fingers on it do. */
  touches: DOMAttributes<HTMLElement>;
}

export function StageSong({ item, ref, touches }: StageSongProps): ReactNode {
  const song = useSongOf(item?.id)(item ?? NOTHING);
  const fields = item?.fields ?? {};
  const hasChart = Boolean(song?.chart);
  const [{ instrument }] = usePlayer();
  return (
    // A long chart is gone through by keys as well.
    <section ref={ref} className={`stage-song ${hasChart ? "has-chart" : ""}`} aria-label="Now" tabIndex={0} {...touches}>
      <div className="stage-head" aria-live="polite">
        <h1>{item ? String(fields.title ?? (item.type === "break" ? "Break" : "Untitled")) : "No songs yet"}</h1>
        <p className="stage-facts">
          {fields.key ? <span className="stage-key">{String(fields.key)}</span> : null}
          {fields.tempo ? <span>{String(fields.tempo)} bpm</span> : null}
          {fields.time_signature ? <span>{String(fields.time_signature)}</span> : null}
          {typeof fields.capo === "number" ? <span>capo {fields.capo}</span> : null}
          {typeof fields.duration === "number" ? <span>{clockOf(fields.duration)}</span> : null}
          {fields.lead ? <span>{String(fields.lead)}</span> : null}
        </p>
        {fields.notes ? <p className="stage-notes">{String(fields.notes)}</p> : null}
      </div>
      {song && item && hasChart ? <ChartView song={song} entry={fields} songId={songIdOf(item)} /> : null}
      {item && !hasChart && fields.key ? (
        // A horn reads another key, also where there is no more than a key to read.
        <PlayerTools songId={songIdOf(item)} bandCapo={0} played={played("", fields, fields, { instrument })} isKeyAlone />
      ) : null}
    </section>
  );
}

const NOTHING = { fields: {} };
