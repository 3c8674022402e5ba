// ShareDB with json0, in memory or on SQLite: sharedb.mjs PORT [FILE]
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import ShareDB from "sharedb";
import { WebSocketServer } from "ws";
import { SqliteDB } from "./sharedb_sqlite.mjs";

const [port, file] = process.argv.slice(2);
const backend = new ShareDB(file ? { db: new SqliteDB(file) } : {});
const http = createServer();

new WebSocketServer({ server: http }).on("connection", (socket) => {
  const stream = new Duplex({
    objectMode: true,
    read() {},
    write(message, _encoding, done) {
      socket.send(JSON.stringify(message));
      done();
    },
  });
  socket.on("message", (text) => stream.push(JSON.parse(text)));
  socket.on("close", () => stream.push(null));
  stream.on("error", () => socket.terminate());
  backend.listen(stream);
});

http.listen(Number(port), "127.0.0.1");
