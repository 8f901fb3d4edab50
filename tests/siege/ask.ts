/** Whole HTTP/1.1 requests over connections that are kept, as most hostile clients send them. */
import { Agent, request } from "node:https";
import type { Siege } from "./attack.ts";

const connectionsMax = 64;
const answerMsMax = 30_000;
/** A version that is no number: upstream answers 500, and so do we; any other 500 is a fault. */
const asUpstream = /resourceVersion: Invalid value/;
const agents = new WeakMap<Siege, Agent>();

function agentOf(siege: Siege): Agent {
  const known = agents.get(siege);
  if (known !== undefined) return known;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connectionsMax,
    maxFreeSockets: connectionsMax,
  });
  agents.set(siege, agent);
  return agent;
}

/** The attack is over: its connections go. */
export function hangUp(siege: Siege): void {
  agents.get(siege)?.destroy();
}

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly fields?: Readonly<Record<string, string>>;
  /** Default: true. */
  readonly withCertificate?: boolean;
}

/** Counts the answer; throws never. */
export function ask(siege: Siege, question: Question): Promise<void> {
  const { target, tally } = siege;
  const { certificate: cert, privateKey: key } = target.kubeconfig;
  const identity = question.withCertificate === false ? {} : { cert, key };
  const { method = "GET", path, type, body, fields } = question;
  tally.asked();
  return new Promise((resolve) => {
    const done = (how: string): void => {
      tally.answered(how);
      resolve();
    };
    const options = {
      host: target.host,
      port: target.port,
      method,
      path,
      agent: agentOf(siege),
      rejectUnauthorized: false,
      timeout: answerMsMax,
      headers: { ...(type === undefined ? {} : { "content-type": type }), ...fields },
      ...identity,
    };
    const asked = request(options, (answer) => {
      const { statusCode } = answer;
      let said = "";
      answer.on("data", (chunk: Buffer) => {
        if (statusCode === 500) said += chunk.toString("latin1");
      });
      answer.once("close", () => done(asUpstream.test(said) ? "500 as upstream" : `${statusCode}`));
    });
    asked.once("timeout", () => asked.destroy(new Error("silent")));
    asked.once("error", (error: Error) => done(error.message === "silent" ? "silent" : "closed"));
    asked.end(body);
  });
}
