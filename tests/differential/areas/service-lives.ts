/**
 * Lives of services: types that come and go, addresses and ports that are asked for, kept, taken and given back, families,
 * and the IPAddress objects beside them. What a server hands out is told by where it was seen first.
 */
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Asked } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove, update } from "./questions.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Addresses and ports of the band that is never handed out, so that no two parts ask for one. */
class Band {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];

  constructor(part: number) {
    const first = 10 + part * 12;
    this.addresses = [0, 1, 2].map((at) => `10.0.0.${first + at}`);
    this.ports = [0, 1, 2, 3].map((at) => 30_000 + part * 10 + at);
  }
}

const types = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

function portsOf(choices: Choices, band: Band): unknown {
  const one = (name?: string): object => ({
    ...(name === undefined ? {} : { name }),
    port: choices.of([80, 80, 81, 443]),
    ...(choices.fraction() < 0.3 ? { protocol: choices.of(["TCP", "UDP", "SCTP"]) } : {}),
    ...(choices.fraction() < 0.3 ? { targetPort: choices.of([8080, "http", 0, ""]) } : {}),
    ...(choices.fraction() < 0.25 ? { nodePort: choices.of([...band.ports, 0, 80, 40_000]) } : {}),
    ...(choices.fraction() < 0.1 ? { appProtocol: choices.of(["http", "a/b", ""]) } : {}),
  });
  const dice = choices.fraction();
  if (dice < 0.5) return [one()];
  if (dice < 0.9) return [one("a"), one("b")];
  return choices.of([[], null, [one("a"), one("a")], [one(), one()]]);
}

const families = [
  ...[["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"], []],
  ...[["IPv4", "IPv4"], ["x"], null],
];

/** What a client may set, by field. */
const values: Readonly<Record<string, (choices: Choices, band: Band) => unknown>> = {
  type: (choices) => choices.of([...types, ...types, ...types, "", "x"]),
  ports: portsOf,
  clusterIP: (choices, { addresses }) =>
    choices.of([...addresses, ...addresses, "", "None", null, "10.9.0.1", "x", "fd00:10::5"]),
  clusterIPs: (choices, { addresses: [one = "", two = ""] }) =>
    choices.of([
      ...[[], null, ["None"], [one], [two], [one, "fd00:10::9"], ["fd00:10::9", one]],
      ...[["fd00:10::a"], [one, two], ["None", one], [one, "x"], [""]],
    ]),
  ipFamilies: (choices) => choices.of(families),
  ipFamilyPolicy: (choices) =>
    choices.of(["SingleStack", "PreferDualStack", "RequireDualStack", null, "x"]),
  sessionAffinity: (choices) => choices.of(["None", "ClientIP", "", "x"]),
  sessionAffinityConfig: (choices) =>
    choices.of([null, { clientIP: { timeoutSeconds: choices.of([1, 0, 86_400, 86_401]) } }, {}]),
  externalTrafficPolicy: (choices) => choices.of(["Local", "Local", "Cluster", "", null, "x"]),
  internalTrafficPolicy: (choices) => choices.of(["Local", "Cluster", null, "x"]),
  healthCheckNodePort: (choices, { ports }) => choices.of<unknown>([...ports, 0, null, 70_000]),
  allocateLoadBalancerNodePorts: (choices) => choices.of([true, false, false, null]),
  loadBalancerClass: (choices) => choices.of(["a.b/c", "d", null, ""]),
  loadBalancerIP: (choices) => choices.of(["1.2.3.4", "x", null]),
  loadBalancerSourceRanges: (choices) => choices.of([["10.0.0.0/8"], ["x"], null]),
  externalName: (choices) => choices.of(["a.example.com", "", "A_", null]),
  externalIPs: (choices) => choices.of([["1.2.3.4"], ["127.0.0.1"], null, []]),
  selector: (choices) => choices.of([{ a: "b" }, {}, null]),
  publishNotReadyAddresses: (choices) => choices.of([true, null]),
  trafficDistribution: (choices) => choices.of(["PreferClose", "PreferSameNode", null, "x"]),
};

/** Fields that a service mostly has, and those that a change mostly is about. */
const frequent = [
  ...["type", "type", "ports", "ports", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"],
  ...["externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts"],
];

function changed(choices: Choices, band: Band, most: number): Fields {
  const names = Object.keys(values);
  const chosen = Array.from({ length: 1 + choices.below(most) }, () =>
    choices.of(choices.fraction() < 0.7 ? frequent : names),
  );
  return Object.fromEntries(chosen.map((name) => [name, values[name]?.(choices, band)]));
}

function specOf(choices: Choices, band: Band): Fields {
  const type = choices.of(types);
  const fitting: Fields = {
    type,
    ...(type === "ExternalName"
      ? { externalName: "a.example.com" }
      : { ports: portsOf(choices, band) }),
    ...(type === "LoadBalancer" && choices.fraction() < 0.5
      ? { externalTrafficPolicy: "Local" }
      : {}),
    ...(choices.fraction() < 0.7 ? { selector: { a: "b" } } : {}),
  };
  return choices.fraction() < 0.4 ? fitting : { ...fitting, ...changed(choices, band, 3) };
}

const statuses = [
  { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } },
  { loadBalancer: { ingress: [{ ip: "1.2.3.4", ipMode: "Proxy" }, { hostname: "a.b" }] } },
  { loadBalancer: { ingress: [{ ip: "x" }] } },
  { loadBalancer: null },
  {
    conditions: [
      {
        type: "a",
        status: "True",
        reason: "R",
        message: "",
        lastTransitionTime: "2026-01-02T03:04:05Z",
      },
    ],
  },
];

interface Turned {
  readonly title: string;
  readonly question: Asked;
}

/** The last that was said of the service of that name. */
const lastOf = (answers: readonly Answer[], name: string) =>
  answers.findLast(
    ({ code, body }) => code < 300 && body?.kind === "Service" && body.metadata.name === name,
  )?.body ?? { metadata: { name }, spec: {} };

class Life {
  readonly #choices: Choices;
  readonly #band: Band;
  readonly #collection: string;

  constructor({ choices, namespace }: Setting, band: Band) {
    this.#choices = choices;
    this.#band = band;
    this.#collection = `/api/v1/namespaces/${namespace}/services`;
  }

  turn(name: string): Turned {
    const choices = this.#choices;
    const path = `${this.#collection}/${name}`;
    const dry = choices.fraction() < 0.15 ? "?dryRun=All" : "";
    const dice = choices.fraction();
    if (dice < 0.2) {
      const body = { metadata: { name }, spec: specOf(choices, this.#band) };
      return {
        title: `create${dry} ${JSON.stringify(body)}`,
        question: create(`${this.#collection}${dry}`, body),
      };
    }
    if (dice < 0.45) return this.#writtenBack(name, `${path}${dry}`);
    if (dice < 0.75) return this.#patched(`${path}${dry}`);
    if (dice < 0.82) {
      const body = { status: choices.of(statuses) };
      return {
        title: `status ${name} ${JSON.stringify(body)}`,
        question: patch("merge", `${path}/status${dry}`, body),
      };
    }
    if (dice < 0.9) return { title: `delete ${name}${dry}`, question: remove(`${path}${dry}`) };
    return this.#address(name);
  }

  /** As clients do that read, change and write. */
  #writtenBack(name: string, to: string): Turned {
    const whole = this.#choices.fraction() < 0.3;
    const fresh = this.#choices.fraction() < 0.2;
    const fields = whole
      ? specOf(this.#choices, this.#band)
      : changed(this.#choices, this.#band, 2);
    const question = (answers: readonly Answer[]): Question => {
      const { metadata, spec, ...rest } = lastOf(answers, name);
      const { resourceVersion: _, ...unversioned } = metadata;
      return update(to, {
        ...rest,
        metadata: fresh ? { name } : unversioned,
        spec: whole ? fields : { ...spec, ...fields },
      });
    };
    return { title: `update ${to} ${whole} ${JSON.stringify(fields)}`, question };
  }

  #patched(to: string): Turned {
    const choices = this.#choices;
    const type = choices.of(["merge", "merge", "strategic", "json", "apply"] as const);
    const fields = changed(choices, this.#band, 2);
    if (type === "json") {
      const body = Object.entries(fields).map(([name, value]) =>
        value === null
          ? { op: "remove", path: `/spec/${name}` }
          : { op: "add", path: `/spec/${name}`, value },
      );
      return { title: `json ${to} ${JSON.stringify(body)}`, question: patch(type, to, body) };
    }
    if (type === "apply") {
      const separator = to.includes("?") ? "&" : "?";
      const where = `${to}${separator}fieldManager=m${choices.below(2)}&force=true`;
      const body = { apiVersion: "v1", kind: "Service", spec: fields };
      return {
        title: `apply ${where} ${JSON.stringify(body)}`,
        question: patch(type, where, body),
      };
    }
    const body = { spec: fields };
    return { title: `${type} ${to} ${JSON.stringify(body)}`, question: patch(type, to, body) };
  }

  /** The object that holds an address, which outlives no service. */
  #address(name: string): Turned {
    const at = this.#choices.below(2);
    const question = (answers: readonly Answer[]): Question => {
      const address = lastOf(answers, name).spec.clusterIPs?.[at] ?? "10.0.0.250";
      return read(`/apis/networking.k8s.io/v1/ipaddresses/${address}`);
    };
    return { title: `address ${at} of ${name}`, question };
  }
}

const names = ["s0", "s1", "s2"];
const turnsPerLife = 20;

async function lives(setting: Setting, part: number): Promise<void> {
  const band = new Band(part);
  const life = new Life(setting, band);
  const collection = `/api/v1/namespaces/${setting.namespace}/services`;
  for (let asked = 0; asked < setting.budget; asked += turnsPerLife + names.length + 1) {
    const scenario = setting.scenario();
    for (let turn = 0; turn < turnsPerLife; turn++) {
      const { title, question } = life.turn(setting.choices.of(names));
      await scenario.ask(title, question);
    }
    await scenario.ask("list at last", read(collection));
    for (const name of names) await scenario.ask(`end ${name}`, remove(`${collection}/${name}`));
  }
}

export const serviceLives: Area = {
  name: "services",
  weight: 2,
  parts: ["one", "two", "three", "four"].map((title, part) => ({
    title,
    run: (setting) => lives(setting, part),
  })),
};
