/** Every verb, in the order of the help text. */
import { agent } from "#cli/agent.ts";
import { bench } from "#cli/bench.ts";
import { doctor } from "#cli/doctor.ts";
import { image } from "#cli/image.ts";
import { scheduler } from "#cli/scheduler.ts";
import { server } from "#cli/server.ts";
import { token } from "#cli/token.ts";
import { up } from "#cli/up.ts";
import type { Verb } from "#cli/verb.ts";
import { version } from "#cli/version.ts";

export const verbs: readonly Verb[] = [
  up,
  server,
  agent,
  scheduler,
  token,
  image,
  bench,
  doctor,
  version,
];
