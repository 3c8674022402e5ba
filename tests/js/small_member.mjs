// Lets a test drive the small client. Each line of stdin is `[command, ...arguments]` in JSON; each answer is a line.
import { createInterface } from "node:readline";
import { Client } from "./small_client.mjs";

const [url, token, contentId] = process.argv.slice(2);
const notices = [];
const client = new Client(url, token, contentId, (notice) => notices.push(notice));

// A generator of pseudo-random numbers (mulberry32), so that a run can be repeated.
function generator(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomOp(random, view) {
  const item = view.items[random(view.items.length)]?.id ?? null;
  const notes = [...(view.fields.notes ?? "")].length;
  const at = random(notes + 1);
  const place = at ? [at] : [];
  switch (random(6)) {
    case 0:
      return { op: "set", item, field: "title", value: `title ${random(100)}` };
    case 1:
      return { op: "move", item, position: `a${random(10)}` };
    case 2:
      if (random(3) === 0 && view.items.length > 1) return { op: "remove", item };
      return { op: "set", item: null, field: random(3) ? "venue" : "notes", value: `words ${random(100)}` };
    case 3: {
      const id = crypto.randomUUID();
      return { op: "insert", item: { id, type: "song", position: `a${random(10)}`, fields: { title: "New" } } };
    }
    case 4:
      return notes > at ? { op: "text", item: null, field: "notes", delta: [...place, { d: 1 }] } : randomOp(random, view);
    default:
      return { op: "text", item: null, field: "notes", delta: [...place, ["a", "ñ", "🎺"][random(3)]] };
  }
}

const commands = {
  edit: (...ops) => void client.edit(...ops),
  state: () => ({
    document: client.document,
    view: client.document && client.view(),
    pending: client.pending.length,
    notices,
  }),
  // A socket that is still opening would be missed by nobody until its time to connect is over.
  cut: () => void (client.socket.connected && client.socket.io.engine.close()),
  leave: () => void client.socket.disconnect(),
  come: () => void client.socket.connect(),
  async random(seed, count) {
    const random = generator(seed);
    for (let made = 0; made < count; made += 1) {
      client.edit(randomOp(random, client.view()));
      await new Promise((resolve) => setTimeout(resolve, random(8)));
      if (random(10) === 0) commands.cut();
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = JSON.parse(line);
  console.log(JSON.stringify((await commands[command](...args)) ?? null));
}
process.exit(0);
