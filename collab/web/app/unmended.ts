/** What was typed and not understood: it stays with its field in this tab, over a reload too, until it is mended. */

import { useRef } from "react";

const KEY = "collab-unmended";
const MOST = 50;

function all(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

interface Unmended {
  /** What stood in the field when it was shown first. */
  first: string | null;
  keep: (text: string | null) => void;
}

/** The text of one field that waits to be mended; null where there is none. */
export function useUnmended(place: string): Unmended {
  const kept = useRef<string | null | undefined>(undefined);
  if (kept.current === undefined) kept.current = all()[place] ?? null;
  const keep = (text: string | null): void => {
    if (text === kept.current) return;
    kept.current = text;
    const { [place]: _, ...others } = all();
    const entries = [...Object.entries(others), ...(text === null ? [] : [[place, text] as const])];
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(entries.slice(-MOST))));
  };
  return { first: kept.current, keep };
}
