/** Where the focus goes when what had it is gone: where a person expects to go on. */

import { type RefObject, useEffect, useRef } from "react";
import type { Document } from "../react";
import { indexAt, type Place, placeOf } from "./neighbour";
import type { View } from "./route";

let hasMoved = false;
addEventListener("hashchange", () => {
  hasMoved = true;
});

/** Whoever opens a content goes on in it, and not behind the link that they have come by; who loads the page begins at its top. */
export function useArrival(content: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (hasMoved && !content.current?.contains(document.activeElement)) content.current?.focus({ preventScroll: true });
  }, [content]);
}

/** Whoever leaves a view is back at the button that leads there. */
export function useReturn(view: View | "history"): void {
  const before = useRef(view);
  useEffect(() => {
    if (view === "edit" && before.current !== "edit") document.querySelector<HTMLElement>(`[data-view=${before.current}]`)?.focus();
    before.current = view;
  }, [view]);
}

interface Control {
  place: Place;
  /** Which button of the row it is. */
  selector: string;
}

/** Whoever takes an entry out by its button is then at the same button of its neighbour; fields lose it: whoever types would type in another's. */
export function useNeighbour(shown: Document | null): void {
  const latest = useRef(shown);
  latest.current = shown;
  const last = useRef<Control | null>(null);
  useEffect(() => {
    const focused = ({ target }: FocusEvent): void => {
      const button = target instanceof Element ? target.closest("button") : null;
      const id = button?.closest<HTMLElement>("[data-item]")?.dataset.item;
      const item = id === undefined ? undefined : latest.current?.items.get(id);
      last.current = button && item ? { place: placeOf(item), selector: [...button.classList].map((name) => `.${name}`).join("") } : null;
    };
    addEventListener("focusin", focused);
    return () => removeEventListener("focusin", focused);
  }, []);
  useEffect(() => {
    const control = last.current;
    if (!shown || !control || shown.items.has(control.place.item)) return;
    last.current = null;
    if (document.activeElement !== document.body) return;
    const neighbour = shown.ordered[indexAt(shown.ordered, control.place)];
    const selector = neighbour ? `[data-item="${CSS.escape(neighbour.id)}"] ${control.selector}` : "[data-add]";
    document.querySelector<HTMLElement>(selector)?.focus();
  }, [shown]);
}
