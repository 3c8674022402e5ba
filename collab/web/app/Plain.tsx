import type { ReactNode } from "react";

/** A page that says one thing. */
export function Plain({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <main className="plain">
      <h1>{title}</h1>
      {children}
    </main>
  );
}
