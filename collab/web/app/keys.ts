/** Under which keys the device keeps what is a user's. */

/** Where it is kept which band a user had open last. */
export const lastBandKey = (userId: string): string => `collab-band ${userId}`;

/** Where it is kept how a user reads charts. */
export const playerKey = (userId: string): string => `collab-player ${userId}`;

/** Where it is kept how far a user has come with a setlist on stage. */
export const stageKey = (userId: string, contentId: string): string => `collab-stage ${userId} ${contentId}`;

/** Where the list of a band's contents is kept, as its member saw it last. */
export const contentsKey = (userId: string, bandId: string): string => `collab-contents ${userId} ${bandId}`;
