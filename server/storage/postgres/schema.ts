/**
 * The tables. The hot path's SQL stands in the migrations (commit_batch) and in postgres-database.ts;
 * this is what drizzle-kit makes migrations from and what cold queries are typed by.
 */
import { sql } from "drizzle-orm";
import { bigint, check, customType, integer, pgSchema, text } from "drizzle-orm/pg-core";

export const kubun = pgSchema("kubun");

/** Compared as bytes: a server's locale must not change the order of keys, and bytes are fast. */
const bytewise = customType<{ data: string }>({ dataType: () => 'text collate "C"' });
const revision = (name: string) => bigint(name, { mode: "number" });

/** "group/resource/namespace/name"; one column, since every write compares it. People read the views. */
const key = () => bytewise("key").notNull();

/** What stands now. `value` is the object as JSON, without its resourceVersion, which is `revision`. */
export const objects = kubun.table("objects", {
  key: key().primaryKey(),
  createRevision: revision("create_revision").notNull(),
  revision: revision("revision").notNull(),
  value: text("value").notNull(),
});

/** The log: one row a revision, without a gap. Partitioned by range of revision in the migration. */
export const changes = kubun.table("changes", {
  revision: revision("revision").primaryKey(),
  op: text("op").$type<"create" | "update" | "delete">().notNull(),
  key: key(),
  createRevision: revision("create_revision").notNull(),
  value: text("value").notNull(),
  previousRevision: revision("previous_revision"),
  previousValue: text("previous_value"),
});

/** One row, locked by each batch: what gives all writes one order. */
export const head = kubun.table(
  "head",
  {
    id: integer("id").primaryKey(),
    revision: revision("revision").notNull(),
    compacted: revision("compacted").notNull(),
    epoch: integer("epoch").notNull(),
    /** Batches so far. */
    batch: revision("batch").notNull(),
    /** Changes below it have a partition. */
    partitioned: revision("partitioned").notNull(),
    /** The server's WAL timeline when the epoch began; another one: a standby was promoted. */
    timeline: integer("timeline").notNull(),
  },
  (table) => [check("one_head", sql`${table.id} = 1`)],
);

/** The last batches and what became of them, for those whose connection broke in the commit. */
export const batches = kubun.table("batches", {
  slot: integer("slot").primaryKey(),
  number: revision("number").notNull(),
  id: text("id").notNull(),
  head: revision("head").notNull(),
  created: text("created").notNull(),
});
