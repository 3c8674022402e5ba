/** What changes with every letter that somebody types, once they pause. */

import { useEffect, useState } from "react";

const PAUSE_MS = 1_000;

/** The value, or the one before it until it has been the same for a while. Coming from nothing it is there at once. */
export function useRested(value: string): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested === "" ? value : rested;
}
