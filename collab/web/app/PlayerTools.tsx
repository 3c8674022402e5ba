/** How one reads charts: chosen once, kept on one's own device. The capo is one's own for each song. */

import type { ReactNode } from "react";
import { INSTRUMENTS, type Instrument, type Played } from "../charts";
import { usePlayer } from "./player";

const PLAYED_ON: Readonly<Record<Instrument, string>> = {
  C: "Concert pitch",
  Bb: "B♭: trumpet, clarinet, tenor",
  Eb: "E♭: alto, baritone",
  F: "F: horn",
};

const MOST_FRETS = 11;
const STEP = 0.15;

interface PlayerToolsProps {
  songId: string;
  /** The capo that the band wrote down, 0 where there is none. */
  bandCapo: number;
  /** What is shown. */
  played: Played;
  /** Whether there is no chart to it. */
  isKeyAlone?: boolean;
}

export function PlayerTools({ songId, bandCapo, played, isKeyAlone = false }: PlayerToolsProps): ReactNode {
  const [player, change] = usePlayer();
  const { instrument, capos, size } = player;
  const toggle = (name: "hasChords" | "hasNumbers" | "hasDiagrams", words: string): ReactNode => (
    <button type="button" className="button is-small" aria-pressed={player[name]} onClick={() => change({ [name]: !player[name] })}>
      {words}
    </button>
  );
  const chooseCapo = (chosen: string): void => {
    const { [songId]: _, ...others } = capos;
    change({ capos: chosen === "" ? others : { ...others, [songId]: Number(chosen) } });
  };
  return (
    <details className="player">
      <summary>{isKeyAlone && instrument === "C" ? PLAYED_ON.C : viewOf(played, instrument)}</summary>
      <div className="player-tools">
        <label>
          <span className="quiet">Instrument</span>
          <select
            className="box"
            aria-label="Instrument"
            value={instrument}
            onChange={(event) => change({ instrument: event.target.value as Instrument })}
          >
            {(Object.keys(INSTRUMENTS) as Instrument[]).map((name) => (
              <option key={name} value={name}>
                {PLAYED_ON[name]}
              </option>
            ))}
          </select>
        </label>
        {instrument === "C" && !isKeyAlone ? (
          <label>
            <span className="quiet">My capo</span>
            <select className="box" aria-label="My capo" value={capos[songId] ?? ""} onChange={(event) => chooseCapo(event.target.value)}>
              <option value="">The band's: {bandCapo || "none"}</option>
              {Array.from({ length: MOST_FRETS + 1 }, (_, fret) => (
                <option key={fret} value={fret}>
                  {fret || "None"}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {isKeyAlone ? null : (
          <span className="player-toggles">
            {toggle("hasChords", "Chords")}
            {toggle("hasNumbers", "Numbers")}
            {instrument === "C" ? toggle("hasDiagrams", "Diagrams") : null}
            <button type="button" className="button is-small" aria-label="A−, smaller" onClick={() => change({ size: Math.max(0.55, size - STEP) })}>
              A−
            </button>
            <button type="button" className="button is-small" aria-label="A+, larger" onClick={() => change({ size: Math.min(2.5, size + STEP) })}>
              A+
            </button>
          </span>
        )}
      </div>
    </details>
  );
}

/** What one reads, in a line: “In G, capo 2”. */
function viewOf({ key, capo }: Played, instrument: Instrument): string {
  const parts = [key && `In ${key}`, instrument !== "C" && `for ${instrument.replace("b", "♭")}`, capo > 0 && `capo ${capo}`].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "As written";
}
