import type { ReactNode } from "react";
import type { Content, Document, Rest } from "../react";

export function History(_: { content: Content; document: Document; rest: Rest; isReadOnly: boolean; onClose: () => void }): ReactNode {
  return null;
}
