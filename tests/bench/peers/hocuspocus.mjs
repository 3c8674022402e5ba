// Hocuspocus with its SQLite extension: hocuspocus.mjs PORT FILE [DEBOUNCE_MS]
// The extension asks for better-sqlite3 12, which crashes under Node 24 (12.11 on 24.19); package.json gives it 13.
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, file, debounce] = process.argv.slice(2);
const settings = debounce === undefined ? {} : { debounce: Number(debounce) };

const server = new Server({
  ...settings,
  address: "127.0.0.1",
  extensions: [new SQLite({ database: file })],
  quiet: true,
});
await server.listen(Number(port));
