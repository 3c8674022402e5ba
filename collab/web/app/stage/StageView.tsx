/** The setlist on stage: one song, large, in the dark; a key or a pedal goes on. One may lead and the others follow. */

import "../styles/stage.css";
import { type CSSProperties, type MouseEvent, type ReactNode, useEffect, useMemo, useRef } from "react";
import { usePlayer } from "../player";
import { timesOf } from "../times";
import { IconButton } from "../ui";
import { LeadTools } from "./LeadTools";
import { SetClock } from "./SetClock";
import { SongDrawer } from "./SongDrawer";
import { StageFoot } from "./StageFoot";
import { StageSong } from "./StageSong";
import { StageTools } from "./StageTools";
import { useKeys, useTouches } from "./turning";
import { useAutoscroll } from "./useAutoscroll";
import { type StageProps, useStage } from "./useStage";
import { useWakeLock } from "./wakeLock";

export function StageView({ onLeave, ...props }: StageProps & { onLeave: () => void }): ReactNode {
  const { document: setlist, content, sessions, isOnline } = props;
  const stage = useStage(props);
  const { items, at, item, step } = stage;
  const song = useRef<HTMLElement>(null);
  const [{ size, isStageLight, hasFlash }] = usePlayer();
  const times = useMemo(() => timesOf(setlist), [setlist]);
  const length = typeof item?.fields.duration === "number" ? item.fields.duration : null;
  const autoscroll = useAutoscroll(song, item?.id, length);
  useWakeLock();
  useKeys({ song, step, onLeave });
  const touches = useTouches({ song, step });

  const itemId = item?.id;
  useEffect(() => {
    song.current?.scrollTo(0, 0);
  }, [itemId]);
  useEffect(() => song.current?.focus({ preventScroll: true }), []);
  // Whoever taps a button goes on by a pedal: its keys are the song's again.
  const clicked = ({ detail, target }: MouseEvent): void => {
    const isSelect = target instanceof Element && target.closest("select, summary, [popovertarget]");
    if (detail > 0 && !isSelect) song.current?.focus({ preventScroll: true });
  };

  const tempo = hasFlash && typeof item?.fields.tempo === "number" ? item.fields.tempo : null;
  return (
    <main
      className={`stage ${isStageLight ? "is-light" : ""}`}
      style={{ "--chart-size": size } as CSSProperties}
      onClick={clicked}
    >
      {tempo === null ? null : <div key={itemId} className="stage-beat" style={{ "--beat": `${60 / tempo}s` } as CSSProperties} aria-hidden="true" />}
      <header className="stage-bar">
        <IconButton icon="close" label="Leave the stage" onClick={onLeave} />
        <SongDrawer items={items} at={at} times={times} onJump={stage.jump} />
        <SetClock started_ms={stage.started_ms} target={targetOf(setOf(items, at), times)} onStart={stage.startClock} />
        <span className="bar-space" />
        <LeadTools {...{ stage, sessions, isOnline }} mayTake={content.canEdit} />
        <button type="button" className="button is-small" aria-pressed={autoscroll.isOn} onClick={autoscroll.toggle}>
          Scroll
        </button>
        <StageTools />
      </header>
      <StageSong item={item} ref={song} touches={touches} />
      <StageFoot {...{ items, at, step }} />
    </main>
  );
}

type Times = ReturnType<typeof timesOf>;

/** Which set an entry is in, counted from 0. */
const setOf = (items: StageProps["document"]["ordered"], at: number): number => items.slice(0, at).filter(({ type }) => type === "break").length;

/** What a set is to take: the whole night's target where it is one set, else its songs. */
function targetOf(index: number, { sets, target }: Times): number | null {
  return (sets.length === 1 && target) || sets[index]?.seconds || null;
}
