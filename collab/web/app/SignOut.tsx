/** Signing out: nothing of the user stays on this device, in any tab. */

import { type ReactNode, useCallback, useEffect } from "react";
import { admissionKey, useCollab, useSignOut } from "../react";
import { DEVICE_KEY } from "./device";
import { dropToken } from "./session";
import { useForgetSongs } from "./songs";
import { useToasts } from "./toasts";
import { IconButton } from "./ui";

/** Forgets all that is kept here of the user, and begins anew. Of whom the server has not said it is, no more than the token. */
function useLeaving(): (isDone?: boolean) => Promise<void> {
  const { admission, userId } = useCollab();
  const forgetAll = useSignOut();
  const forgetSongs = useForgetSongs();
  return useCallback(async (isDone = false) => {
    const isUser = admission.getState();
    if (isUser) await Promise.allSettled([forgetAll(), forgetSongs()]);
    await dropToken(isUser ? userId : null, isDone);
  }, [admission, forgetAll, forgetSongs, userId]);
}

/** Signs out; asks once more where edits would be lost. */
export function useSigningOut(): () => void {
  const { admission, store } = useCollab();
  const leave = useLeaving();
  const say = useToasts();
  return useCallback(() => {
    const begin = async (): Promise<void> => {
      const count = admission.getState() ? await store.unsent().catch(() => 0) : 0;
      if (count === 0) return leave();
      const edits = count === 1 ? "One edit that is not sent yet is" : `${count} edits that are not sent yet are`;
      const action = { label: "Sign out", run: () => void leave() };
      return say({ text: `${edits} lost if you sign out now.`, action, isImportant: true });
    };
    void begin();
  }, [admission, store, leave, say]);
}

export function SignOutButton(): ReactNode {
  return <IconButton icon="leave" label="Sign out" onClick={useSigningOut()} />;
}

/** Who signs out in one tab is signed out in all. */
export function useSignedOutElsewhere(): void {
  const { userId } = useCollab();
  const leave = useLeaving();
  useEffect(() => {
    const changed = (event: StorageEvent): void => {
      const isGone = event.key === admissionKey(userId) || event.key === DEVICE_KEY;
      if (isGone && event.newValue === null) void leave(true);
    };
    addEventListener("storage", changed);
    return () => removeEventListener("storage", changed);
  }, [leave, userId]);
}
