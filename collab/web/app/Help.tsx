/** The list of keys, by `?`. */

import { type ReactNode, useState } from "react";
import { isCovered, isField, useKey } from "./keyboard";
import { part } from "./part";

export const Shortcuts = part(async () => (await import("./Shortcuts")).Shortcuts);

export function Help(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  useKey((event) => {
    if (event.key !== "?" || isField(event.target) || isCovered()) return;
    event.preventDefault();
    setOpen(true);
  });
  return isOpen ? <Shortcuts onClose={() => setOpen(false)} waiting={null} /> : null;
}
