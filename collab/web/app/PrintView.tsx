import type { ReactNode } from "react";
import type { Band, Document } from "../react";

export function PrintView(_: { document: Document; band: Band }): ReactNode {
  return null;
}
