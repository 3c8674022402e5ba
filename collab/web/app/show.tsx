/** Puts the page into the document. */

import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Fallback } from "./Fallback";
import type { Entered } from "./entered";

export function show(root: HTMLElement, entered: Entered | null): void {
  createRoot(root).render(
    <Fallback>
      <App entered={entered} />
    </Fallback>,
  );
}
