/** The front end of a band platform as its guide to Socket.IO has it, but for where it says what it heard. */

import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

const { url, token, song } = JSON.parse(readFileSync(0, "utf8"));
const heard = {};
const hear = (what, told) => ((heard[what] ??= []).push(told), told);
const once = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const ask = (socket, event, ...payload) => socket.timeout(10_000).emitWithAck(event, ...payload);

const socket = io(url, {
  path: "/socket.io/",
  transports: ["websocket", "polling"],
  reconnection: true,
  reconnectionAttempts: 5,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
});
socket.on("content_updated", (data) => hear("content_updated", data));
socket.on("sync_status", (status) => hear("sync_status", status));
socket.on("progress", (told) => hear("progress", told));
socket.onAny((eventName) => hear("any", eventName));
socket.on("disconnect", (reason) => {
  hear("disconnect", reason);
  if (reason === "io server disconnect") socket.connect();
});
await once(socket, "connect");
hear("authenticate", await ask(socket, "authenticate", { token }));
const [band] = (await (await fetch(`${url}/api/bands`, { headers: { Authorization: `Bearer ${token}` } })).json()).bands;
hear("join_room", await ask(socket, "join_room", `band_${band.id}`));
const update = once(socket, "content_updated");
hear("request_update", await ask(socket, "request_update"));
await update;
const complete = once(socket, "complete");
await fetch(`${url}/songs`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user_id: "ada", song }) });
await fetch(`${url}/sync/ada`, { method: "POST" });
hear("complete", await complete);
hear("test_event", await ask(socket, "test_event", { data: "test" }));
hear("leave_room", await ask(socket, "leave_room", `band_${band.id}`));
socket.disconnect();

// On connection, with a token that is none.
const refused = io(url, { auth: { token: "test_token" }, reconnection: false });
hear("connect_error", (await once(refused, "connect_error")).message);
console.log(JSON.stringify(heard));
