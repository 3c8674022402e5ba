/** React hooks over the SDK: a band, a content, and who is there. */

export * from "../sdk";
export { CollabProvider, type CollabProviderProps, useAdmitted, useBeforeLeave, useCollab, useConnection, useHostEvents, useSignOut } from "./collab";
export { useContent } from "./content";
export { useBand, usePresence } from "./rooms";
