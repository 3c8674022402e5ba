/** The calls about people: members, invitations and devices. */

import type { Band, Rest, Role, User } from "../react";

export interface Member {
  user: User;
  role: Role;
}

export interface Invitation {
  id: string;
  role: Role;
  uses: number;
  max_uses: number;
  expires_at: string;
}

export interface Device {
  id: string;
  label: string;
  last_seen: string;
  is_this: boolean;
}

export interface OpenedLink {
  purpose: "first" | "band" | "device";
  band: string | null;
  role: Role | null;
  user: User | null;
}

/** A link's secret, which the server tells once. */
export interface Secret {
  secret: string;
  expires_at: string;
}

const ofBand = (bandId: string): string => `/api/bands/${encodeURIComponent(bandId)}`;
const DAY_S = 86_400;

export class People {
  constructor(
    readonly rest: Rest,
    readonly bandId: string,
  ) {}

  async members(): Promise<Member[]> {
    return (await this.rest.call<{ members: Member[] }>("GET", `${ofBand(this.bandId)}/members`)).members;
  }

  put(userId: string, role: Role): Promise<Member> {
    return this.rest.call("PUT", `${ofBand(this.bandId)}/members/${encodeURIComponent(userId)}`, { role });
  }

  remove(userId: string): Promise<null> {
    return this.rest.call("DELETE", `${ofBand(this.bandId)}/members/${encodeURIComponent(userId)}`);
  }

  async invitations(): Promise<Invitation[]> {
    return (await this.rest.call<{ invitations: Invitation[] }>("GET", `${ofBand(this.bandId)}/invitations`)).invitations;
  }

  invite(role: Role, uses: number, days: number): Promise<Secret> {
    return this.rest.call("POST", `${ofBand(this.bandId)}/invitations`, { role, max_uses: uses, lasts_s: days * DAY_S });
  }

  takeBack(invitationId: string): Promise<null> {
    return this.rest.call("DELETE", `${ofBand(this.bandId)}/invitations/${invitationId}`);
  }

  async devices(): Promise<Device[]> {
    return (await this.rest.call<{ devices: Device[] }>("GET", "/api/me/devices")).devices;
  }

  signOut(deviceId: string): Promise<null> {
    return this.rest.call("DELETE", `/api/me/devices/${deviceId}`);
  }

  otherDevice(): Promise<Secret> {
    return this.rest.call("POST", "/api/me/device-links");
  }
}

/** The link that a secret is shared by: it stands in the fragment, which no server and no log is sent. */
export const linkOf = ({ secret }: Secret): string => `${location.origin}${location.pathname}#join=${secret}`;

export const look = (rest: Rest, secret: string): Promise<OpenedLink> => rest.call("POST", "/api/join/look", { secret });

export const join = (rest: Rest, secret: string, name?: string): Promise<{ user: User; band: Band | null }> =>
  rest.call("POST", "/api/join", { secret, ...(name === undefined ? {} : { name }) });
