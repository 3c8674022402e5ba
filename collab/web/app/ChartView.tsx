/** A song's chart as one player reads it: in the key that is played, for their instrument and capo, on their device alone. */

import "./styles/chart.css";
import { type CSSProperties, type ReactNode, useMemo } from "react";
import { parse, played } from "../charts";
import type { Fields } from "../react";
import { ChartSections } from "./ChartSections";
import { Diagrams } from "./Diagrams";
import { inNumbers } from "./numbers";
import { usePlayer } from "./player";
import { PlayerTools } from "./PlayerTools";

interface ChartViewProps {
  /** The song's fields, its chart among them. */
  song: Fields;
  /** Where it is played: an entry of a setlist, or the song itself. */
  entry: Fields;
  /** What a player's capo is kept by. */
  songId: string;
}

export function ChartView({ song, entry, songId }: ChartViewProps): ReactNode {
  const [player] = usePlayer();
  const { instrument, hasNumbers, hasChords, hasDiagrams, size, capos } = player;
  const capo = capos[songId] ?? null;
  const written = typeof song.chart === "string" ? song.chart : "";
  const { key: songKey, capo: songCapo } = song;
  const { key: entryKey, capo: entryCapo } = entry;
  const shown = useMemo(() => {
    const [ofSong, ofEntry] = [{ key: songKey, capo: songCapo }, { key: entryKey, capo: entryCapo }];
    return played(written, ofSong, ofEntry, { instrument, capo });
  }, [written, songKey, songCapo, entryKey, entryCapo, instrument, capo]);
  const sections = useMemo(() => {
    const parsed = parse(shown.chart);
    return hasNumbers ? inNumbers(parsed, shown.chart, shown.key) : parsed;
  }, [shown, hasNumbers]);
  return (
    <div className="chart" style={{ "--chart-size": size } as CSSProperties}>
      <PlayerTools songId={songId} bandCapo={capoOf(entry) ?? capoOf(song) ?? 0} played={shown} />
      {hasDiagrams && instrument === "C" && !hasNumbers ? <Diagrams chart={shown.chart} /> : null}
      <ChartSections sections={sections} hasChords={hasChords} />
    </div>
  );
}

const capoOf = ({ capo }: Fields): number | null => (typeof capo === "number" ? capo : null);
