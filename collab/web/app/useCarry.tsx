/** Entries of a list are taken to another: the dialog that asks where to, and where the focus goes on. */

import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { Document } from "../react";
import type { Load } from "./carrying";
import { part } from "./part";

const CarryDialog = part(async () => (await import("./CarryDialog")).CarryDialog);

export type Carry = (ids: ReadonlySet<string>, isMove: boolean) => void;

/** What begins it, and the dialog while there is one. `onCarried`: what was chosen has gone where it was to go. */
export function useCarry(document: Document, onCarried: () => void): [Carry, ReactNode] {
  const [load, setLoad] = useState<Load | null>(null);
  const latest = useRef(document);
  latest.current = document;
  const begin = useCallback<Carry>((ids, isMove) => {
    const from = latest.current;
    setLoad({ from, items: from.ordered.filter(({ id }) => ids.has(id)), isMove });
  }, []);
  const before = useRef<Load | null>(null);
  useEffect(() => {
    if (before.current !== null && load === null) goOnBeside(before.current);
    before.current = load;
  }, [load]);
  const dialog = load ? <CarryDialog load={load} onClose={() => setLoad(null)} onCarried={onCarried} waiting={null} /> : null;
  return [begin, dialog];
}

/** The button that was pressed may go with its row: the focus is at the first row that stays, else where songs are added. */
function goOnBeside({ from, items, isMove }: Load): void {
  const first = from.ordered.indexOf(items[0]!);
  const going = new Set(isMove ? items.map(({ id }) => id) : []);
  const stays = [...from.ordered.slice(first), ...from.ordered.slice(0, first).reverse()].find(({ id }) => !going.has(id));
  const selector = stays ? `[data-item="${CSS.escape(stays.id)}"] .row-number` : "[data-add]";
  window.document.querySelector<HTMLElement>(selector)?.focus();
}
