import type { ReactNode } from "react";
import type { Content, Document, Presence } from "../react";

export function StageView(_: { document: Document; content: Content; sessions: readonly Presence[]; onLeave: () => void }): ReactNode {
  return null;
}
