/** A long song moves by itself, from its first line to its last in the time that it takes. */

import { type RefObject, useEffect, useState } from "react";

/** Of a song whose length nobody wrote down. */
const USUAL_S = 240;
/** Who asked for less motion gets a step of this part of a screen at a time. */
const STILL_PART = 0.4;

interface Autoscroll {
  isOn: boolean;
  toggle: () => void;
}

/** `songKey` says which song it is: another one waits to be started. */
export function useAutoscroll(song: RefObject<HTMLElement | null>, songKey: string | undefined, length_s: number | null): Autoscroll {
  const [started, setStarted] = useState<string | null>(null);
  const isOn = started !== null && started === songKey;
  useEffect(() => {
    const element = song.current;
    if (!isOn || !element) return;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let before_ms: number | null = null;
    let at = element.scrollTop;
    let frame = requestAnimationFrame(function go(now_ms) {
      // Whoever scrolls by hand or by pedal goes on from there.
      if (Math.abs(element.scrollTop - at) > (isStill ? STILL_PART * element.clientHeight : 0) + 2) at = element.scrollTop;
      const most = element.scrollHeight - element.clientHeight;
      at += ((now_ms - (before_ms ?? now_ms)) / 1_000 / (length_s || USUAL_S)) * most;
      before_ms = now_ms;
      if (!isStill || at >= most || at - element.scrollTop >= STILL_PART * element.clientHeight) element.scrollTop = at;
      if (at >= most) setStarted(null);
      else frame = requestAnimationFrame(go);
    });
    return () => cancelAnimationFrame(frame);
  }, [song, isOn, length_s]);
  return { isOn, toggle: () => setStarted(isOn ? null : (songKey ?? null)) };
}
