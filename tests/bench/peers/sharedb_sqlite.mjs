// The least that makes ShareDB durable: each op and the snapshot after it in one transaction of SQLite.
import Database from "better-sqlite3";
import ShareDB from "sharedb";

export class SqliteDB extends ShareDB.DB {
  constructor(file) {
    super();
    const sqlite = new Database(file);
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    sqlite.exec(`
      CREATE TABLE IF NOT EXISTS ops (doc TEXT, v INTEGER, op TEXT NOT NULL, PRIMARY KEY (doc, v)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS snapshots (doc TEXT PRIMARY KEY, v INTEGER NOT NULL, type TEXT, data TEXT, m TEXT);
    `);
    const head = sqlite.prepare("SELECT v FROM snapshots WHERE doc = ?").pluck();
    const addOp = sqlite.prepare("INSERT INTO ops VALUES (?, ?, ?)");
    const putSnapshot = sqlite.prepare("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)");
    this.findSnapshot = sqlite.prepare("SELECT v, type, data, m FROM snapshots WHERE doc = ?");
    this.findOps = sqlite.prepare("SELECT op FROM ops WHERE doc = ? AND v >= ? AND v < ? ORDER BY v").pluck();
    this.write = sqlite.transaction((doc, op, snapshot) => {
      if ((head.get(doc) ?? 0) !== snapshot.v - 1) return false;
      addOp.run(doc, op.v, JSON.stringify(op));
      const { v, type, data, m } = snapshot;
      putSnapshot.run(doc, v, type, JSON.stringify(data) ?? null, JSON.stringify(m) ?? null);
      return true;
    }).immediate;
  }

  commit(collection, id, op, snapshot, _options, callback) {
    answer(callback, () => this.write(`${collection}/${id}`, op, snapshot));
  }

  getSnapshot(collection, id, fields, options, callback) {
    answer(callback, () => {
      const row = this.findSnapshot.get(`${collection}/${id}`);
      if (!row) return new Snapshot(id, 0, null, undefined, null);
      const hasMeta = fields?.$submit || options?.metadata;
      return new Snapshot(id, row.v, row.type, parsed(row.data), hasMeta ? parsed(row.m) : null);
    });
  }

  getOps(collection, id, from, to, options, callback) {
    answer(callback, () =>
      this.findOps.all(`${collection}/${id}`, from ?? 0, to ?? Number.MAX_SAFE_INTEGER).map((text) => {
        const op = JSON.parse(text);
        if (!options?.metadata) delete op.m;
        return op;
      }),
    );
  }
}

class Snapshot {
  constructor(id, v, type, data, m) {
    Object.assign(this, { id, v, type, data, m });
  }
}

function parsed(text) {
  return text === null ? undefined : JSON.parse(text);
}

// ShareDB expects that no callback is called before its method has returned.
function answer(callback, work) {
  process.nextTick(() => {
    let result;
    try {
      result = work();
    } catch (error) {
      return callback(error);
    }
    callback(null, result);
  });
}
