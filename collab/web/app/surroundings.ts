/** The band around a content, for what goes from one of its contents to another. */

import { createContext, useContext } from "react";
import type { Band, Rest, Summary } from "../react";

export interface Surroundings {
  band: Band;
  contents: readonly Summary[];
  rest: Rest;
  /** Where the list of a kind's contents is kept on the device. */
  listKey: (kind: string) => string;
}

const SurroundingsContext = createContext<Surroundings | null>(null);
export const SurroundingsProvider = SurroundingsContext.Provider;

export const useSurroundings = (): Surroundings => useContext(SurroundingsContext)!;
