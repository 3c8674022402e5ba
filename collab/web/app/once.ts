/** What a double click asks for twice is done once. */

import { useCallback, useRef } from "react";

/** A double click may take so long, and the server may have answered meanwhile. */
const DOUBLE_CLICK_MS = 500;

/** Has work done unless some is going on, or was just now. */
export function useOnce(): (work: () => Promise<void>) => void {
  const isBusy = useRef(false);
  return useCallback((work) => {
    if (isBusy.current) return;
    isBusy.current = true;
    const free = (): void => void setTimeout(() => (isBusy.current = false), DOUBLE_CLICK_MS);
    void work().finally(free);
  }, []);
}
