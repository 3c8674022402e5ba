// A relay of Node's socket.io: what is sent to a room goes to the others in it. Nothing is kept.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const versions = new Map();

io.on("connection", (socket) => {
  socket.on("join_room", (room, answer) => {
    socket.join(room);
    answer({ ok: true });
  });
  socket.on("edit_content", (edit, answer) => {
    const version = (versions.get(edit.room_id) ?? 0) + 1;
    versions.set(edit.room_id, version);
    socket.to(edit.room_id).emit("content_edited", { ...edit, version, session_id: socket.id });
    answer({ ok: true, version });
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1");
