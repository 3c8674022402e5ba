/** What a keyboard does on the page as a whole, beside what its fields and lists do. `Shortcuts` lists it. */

import { useEffect, useRef } from "react";
import type { Content } from "../react";

/** Whether keys are letters there. */
export const isField = (target: EventTarget | null): target is HTMLElement =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

/** Whether something lies over the page, which Escape closes by itself. */
export const isCovered = (): boolean => document.querySelector(":popover-open, dialog[open]") !== null;

/** Calls back with each key of the page while the component is there. */
export function useKey(pressed: (event: KeyboardEvent) => void): void {
  const latest = useRef(pressed);
  latest.current = pressed;
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => latest.current(event);
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}

/** Escape closes what is open; within a field it takes back what is typed. */
export function useEscape(isOpen: boolean, close: () => void): void {
  useKey((event) => {
    if (isOpen && event.key === "Escape" && !event.defaultPrevented && !isField(event.target) && !isCovered()) close();
  });
}

/**
 * Ctrl or Cmd and Z take back what was done to the content, also from within a field: it is shared text. With Enter they
 * go to where songs are added.
 */
export function useContentKeys(content: Content): void {
  useKey((event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "enter") {
      const add = isCovered() ? null : document.querySelector<HTMLElement>("[data-add]");
      add?.focus();
      if (add) event.preventDefault();
      return;
    }
    const isRedo = (key === "z" && event.shiftKey) || key === "y";
    // A field that is not the content's, such as a search, has its own undo.
    if ((!isRedo && key !== "z") || (isField(event.target) && !event.target.dataset.field)) return;
    event.preventDefault();
    if (isRedo) content.redo();
    else content.undo();
  });
}
