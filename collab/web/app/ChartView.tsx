/** A song's chart as one player reads it: in the key that is played, for their instrument and capo, on their device alone. */

import "./styles/chart.css";
import type { CSSProperties, ReactNode } from "react";
import type { Fields } from "../react";
import { ChartSections } from "./ChartSections";
import { Diagrams } from "./Diagrams";
import { usePlayer } from "./player";
import { PlayerTools } from "./PlayerTools";
import { usePlayed } from "./usePlayed";

interface ChartViewProps {
  /** The song's fields, its chart among them. */
  song: Fields;
  /** Where it is played: an entry of a setlist, or the song itself. */
  entry: Fields;
  /** What a player's capo is kept by. */
  songId: string;
}

export function ChartView({ song, entry, songId }: ChartViewProps): ReactNode {
  const [{ instrument, hasNumbers, hasChords, hasDiagrams, size }] = usePlayer();
  const shown = usePlayed(song, entry, songId);
  return (
    <div className="chart" style={{ "--chart-size": size } as CSSProperties}>
      <PlayerTools songId={songId} bandCapo={capoOf(entry) ?? capoOf(song) ?? 0} played={shown} />
      {hasDiagrams && instrument === "C" && !hasNumbers ? <Diagrams chart={shown.chart} /> : null}
      <ChartSections sections={shown.sections} hasChords={hasChords} />
    </div>
  );
}

const capoOf = ({ capo }: Fields): number | null => (typeof capo === "number" ? capo : null);
