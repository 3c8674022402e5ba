/** Entries of a list are taken to another: what begins it, and the dialog that asks where to. */

import { type ReactNode, useCallback, useRef, useState } from "react";
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
  const dialog = load ? <CarryDialog load={load} onClose={() => setLoad(null)} onCarried={onCarried} waiting={null} /> : null;
  return [begin, dialog];
}
