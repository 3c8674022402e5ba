/** Puts the page into the document. */

import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Fallback } from "./Fallback";
import type { Entered } from "./entered";
import type { Identity } from "./session";

/** `link` is the secret of a link that somebody opens. */
export function show(root: HTMLElement, entered: Entered | null, link: string | null, identity: Identity | null): void {
  createRoot(root).render(
    <Fallback>
      <App entered={entered} link={link} identity={identity} />
    </Fallback>,
  );
}
