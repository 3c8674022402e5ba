/**
 * Turning pages by a pedal, a key, a swipe or a tap. A long song is gone through a screenful at a time before the next
 * one comes; arrows to the sides, and swipes, go from song to song at once.
 */

import { type PointerEvent, type RefObject, useEffect, useRef } from "react";

const NEXT = new Set(["ArrowRight", "ArrowDown", "PageDown", " ", "Enter"]);
const BACK = new Set(["ArrowLeft", "ArrowUp", "PageUp", "Backspace"]);
const SIDEWAYS = new Set(["ArrowRight", "ArrowLeft"]);
/** Of a screen, what the next one begins with again is left. */
const SCREEN = 0.85;

interface Turning {
  song: RefObject<HTMLElement | null>;
  step: (by: 1 | -1) => void;
  onLeave: () => void;
}

/** Goes a screenful on. False where there is no more of it. */
function scrolled(song: HTMLElement | null, by: 1 | -1): boolean {
  if (!song) return false;
  const { scrollTop, scrollHeight, clientHeight } = song;
  const left = by > 0 ? scrollHeight - clientHeight - scrollTop : scrollTop;
  if (left < 4) return false;
  song.scrollBy({ top: by * SCREEN * clientHeight });
  return true;
}

/** Takes the keys of the whole page. A button that has the focus takes none of a pedal's but Enter. */
export function useKeys({ song, step, onLeave }: Turning): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { target, key } = event;
      // Whoever chooses how they read does so by the same keys.
      if (target instanceof HTMLSelectElement) return;
      if (key === "Escape") {
        // What is open closes first, by itself.
        if (document.querySelector(":popover-open, dialog[open]")) return;
        onLeave();
      } else {
        const by = NEXT.has(key) ? 1 : BACK.has(key) ? -1 : null;
        const isChosen = key === "Enter" && target instanceof Element && target.closest("button, summary, a");
        if (by === null || isChosen) return;
        if (SIDEWAYS.has(key) || !scrolled(song.current, by)) step(by);
      }
      event.preventDefault();
    };
    // Some browsers press a button when the space bar is let go.
    const released = (event: KeyboardEvent): void => {
      if (event.key === " " && event.target instanceof HTMLButtonElement) event.preventDefault();
    };
    addEventListener("keydown", pressed);
    addEventListener("keyup", released);
    return () => {
      removeEventListener("keydown", pressed);
      removeEventListener("keyup", released);
    };
  }, [song, step, onLeave]);
}

const SWIPE_PX = 60;
const TAP_PX = 10;
/** Longer is no tap: somebody marks a word. */
const TAP_MS = 500;
/** On this part of the song, from where its lines begin, a tap goes back. */
const BACK_PART = 0.3;

interface Touch {
  x: number;
  y: number;
  at_ms: number;
}

interface Handlers {
  onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  onPointerCancel: () => void;
}

/** For the song: fingers and pens swipe and tap; a mouse marks words as anywhere. */
export function useTouches({ song, step }: Omit<Turning, "onLeave">): Handlers {
  const touch = useRef<Touch | null>(null);
  const end = (): void => {
    touch.current = null;
  };
  return {
    onPointerCancel: end,
    onPointerDown: ({ pointerType, isPrimary, target, clientX: x, clientY: y, timeStamp: at_ms }) => {
      const isOther = target instanceof Element && target.closest("button, summary, select, a, label, pre");
      touch.current = pointerType !== "mouse" && isPrimary && !isOther ? { x, y, at_ms } : null;
    },
    onPointerUp: ({ clientX, clientY, timeStamp, currentTarget }) => {
      const begun = touch.current;
      end();
      if (!begun) return;
      const isFromRight = getComputedStyle(currentTarget).direction === "rtl";
      const [across, down] = [(clientX - begun.x) * (isFromRight ? -1 : 1), Math.abs(clientY - begun.y)];
      if (Math.abs(across) > Math.max(SWIPE_PX, 2 * down)) return step(across < 0 ? 1 : -1);
      if (Math.abs(across) > TAP_PX || down > TAP_PX || timeStamp - begun.at_ms > TAP_MS) return;
      const { left, width } = currentTarget.getBoundingClientRect();
      const part = (clientX - left) / width;
      const by = (isFromRight ? 1 - part : part) < BACK_PART ? -1 : 1;
      if (!scrolled(song.current, by)) step(by);
    },
  };
}
