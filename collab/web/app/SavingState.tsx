/** Whether what was edited here is safe. It says "saved" only of what the server has confirmed. */

import type { ReactNode } from "react";
import { type ContentState, useConnection } from "../react";
import { Icon, type IconName } from "./ui";

export function SavingState({ state }: { state: Pick<ContentState, "saving" | "pending"> }): ReactNode {
  const { saving, pending } = state;
  const { link } = useConnection();
  const away = link.state === "connecting" || link.state === "online" ? "Connecting" : "Offline";
  const edits = pending === 1 ? "1 edit" : `${pending} edits`;
  const [icon, words]: [IconName, string] = {
    saved: ["check", "Saved"] as [IconName, string],
    saving: ["cloud", "Saving…"] as [IconName, string],
    offline: ["off", pending ? `${away}, ${edits} waiting` : away] as [IconName, string],
    unsafe: ["off", `${away}, ${edits} in this tab only`] as [IconName, string],
  }[saving];
  return (
    <span className={`saving is-${saving}`} role="status" data-saving={saving} data-pending={pending}>
      <Icon name={icon} /> {words}
    </span>
  );
}
