/** What is done to the processes, each for a while, and undone before the next. */
import process from "node:process";
import type { Revision } from "#storage/storage.ts";
import { pause } from "./clients.ts";
import type { ApiServer, World } from "./world.ts";

export interface Fault {
  readonly name: string;
  /** Resolves when it is over. */
  run(
    world: World,
    parts: { readonly server: ApiServer; readonly random: () => number; readonly newest: Revision },
  ): Promise<void>;
  /** What the machine must allow. */
  possible?(world: World): boolean;
}

/** Changes that stay readable behind the newest when the log is compacted: few, so that slow watchers meet it. */
const keptByCompaction = 300;

export const faults: readonly Fault[] = [
  {
    name: "server killed",
    async run(_, { server }) {
      await server.process.end("SIGKILL");
      await server.start();
    },
  },
  {
    name: "server stopped and continued",
    async run(_, { server, random }) {
      server.signal("SIGSTOP");
      await pause(1_000 + random() * 4_000);
      server.signal("SIGCONT");
    },
  },
  {
    name: "Postgres stopped immediately",
    async run({ postgres }) {
      await postgres.primary().stop("SIGQUIT");
      await pause(300);
      await postgres.primary().start();
    },
  },
  {
    name: "Postgres backends ended",
    async run({ postgres }) {
      await postgres.sql(
        (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'kubun' and pid <> pg_backend_pid()`,
      );
    },
  },
  {
    name: "a Postgres backend killed",
    async run({ postgres }) {
      const [backend] = await postgres.sql(
        (sql) => sql<{ pid: number }[]>`select pid from pg_stat_activity
          where application_name = 'kubun' and pid <> pg_backend_pid() limit 1`,
      );
      // As when memory runs out: all the others are ended too, and the log is recovered.
      if (backend !== undefined) process.kill(backend.pid, "SIGKILL");
      await pause(500);
      await postgres.recover();
    },
  },
  {
    name: "head held by somebody",
    async run({ postgres }, { random }) {
      await postgres.sql(async (sql) => {
        await sql.begin(async (within) => {
          await within`select 1 from kubun.head for update`;
          await pause(1_000 + random() * 2_000);
        });
        return [];
      });
    },
  },
  {
    name: "connections to Postgres cut",
    async run(_, { server }) {
      for (let round = 0; round < 5; round++) {
        for (const proxy of server.proxies) proxy.cut();
        await pause(100);
      }
    },
  },
  {
    name: "connections to Postgres silent",
    async run(_, { server, random }) {
      for (const { faults: each } of server.proxies) each.silent = true;
      await pause(1_000 + random() * 2_000);
      // What was swallowed is gone: like a machine that comes back with another network.
      for (const proxy of server.proxies) {
        proxy.cut();
        proxy.faults.silent = false;
      }
    },
  },
  {
    name: "connections to Postgres slow",
    async run(_, { server, random }) {
      for (const { faults: each } of server.proxies) each.delayMs = 20 + random() * 80;
      await pause(2_000);
      for (const { faults: each } of server.proxies) each.delayMs = 0;
    },
  },
  ...(["lose", "double"] as const).map((notices) => ({
    name: `notices ${notices === "lose" ? "lost" : "doubled"}`,
    async run({ servers }: World) {
      const all = servers.flatMap(({ proxies }) => proxies);
      for (const { faults: each } of all) each.notices = notices;
      await pause(1_500);
      for (const { faults: each } of all) each.notices = "pass";
    },
  })),
  {
    name: "clients' connections cut",
    async run({ front }) {
      front.cut();
      await pause(300);
    },
  },
  {
    name: "clock stepped an hour and back",
    async run(_, { server }) {
      server.signal("SIGUSR2");
      await pause(1_500);
      server.signal("SIGUSR2");
    },
  },
  {
    name: "log compacted",
    async run({ postgres }, { newest }) {
      await postgres.sql(
        (sql) => sql`select kubun.compact(${Math.max(newest - keptByCompaction, 0)})`,
      );
    },
  },
  {
    name: "disk full",
    possible: ({ postgres }) => postgres.fillDisk !== undefined,
    async run({ postgres }) {
      const empty = postgres.fillDisk?.();
      await pause(1_500);
      empty?.();
      await postgres.recover();
    },
  },
];
