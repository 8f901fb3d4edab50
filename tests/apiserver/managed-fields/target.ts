/** The objects that sequences write, each one its own, and the ways to write them. */
import type { Sequence, Step } from "./play.ts";

export const namespace = "managed-fields";
export type Body = Readonly<Record<string, unknown>>;

const types = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** The writes of one object. */
export class Target {
  readonly #kind: Body;
  readonly #home: string;
  readonly #name: string;

  constructor(apiVersion: string, kind: string, plural: string, name: string, scoped = true) {
    this.#kind = { apiVersion, kind };
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    this.#home = scoped ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
    this.#name = name;
  }

  /** The object of these fields; metadata gets its name. */
  of(fields: Body): Body {
    const metadata = { name: this.#name, ...(fields["metadata"] as Body | undefined) };
    return { ...this.#kind, ...fields, metadata };
  }

  create(manager: string, fields: Body): Step {
    const path = `${this.#home}?fieldManager=${manager}`;
    return { method: "POST", path, type: "application/json", body: this.of(fields) };
  }

  agent(userAgent: string, fields: Body): Step {
    return { ...this.create("", fields), userAgent };
  }

  #at(sub: string, query: string): string {
    return `${this.#home}/${this.#name}${sub === "" ? "" : `/${sub}`}?${query}`;
  }

  update(manager: string, fields: Body, sub = ""): Step {
    const path = this.#at(sub, `fieldManager=${manager}`);
    return { method: "PUT", path, type: "application/json", body: this.of(fields) };
  }

  /** The last object, changed. */
  edit(manager: string, edit: Body, sub = ""): Step {
    const path = this.#at(sub, `fieldManager=${manager}`);
    return { method: "PUT", path, type: "application/json", edit };
  }

  patch(manager: string, type: keyof typeof types, body: unknown, sub = ""): Step {
    const path = this.#at(sub, `fieldManager=${manager}`);
    return { method: "PATCH", path, type: types[type], body };
  }

  apply(manager: string, fields: Body, sub = ""): Step {
    return this.raw(manager, this.of(fields), sub);
  }

  force(manager: string, fields: Body, sub = ""): Step {
    const path = this.#at(sub, `fieldManager=${manager}&force=true`);
    return { method: "PATCH", path, type: types.apply, body: this.of(fields) };
  }

  raw(manager: string, body: unknown, sub = ""): Step {
    return {
      method: "PATCH",
      path: this.#at(sub, `fieldManager=${manager}`),
      type: types.apply,
      body,
    };
  }
}

let count = 0;
const nextName = (): string => `o${++count}`;
export const configMap = () => new Target("v1", "ConfigMap", "configmaps", nextName());
export const deployment = () => new Target("apps/v1", "Deployment", "deployments", nextName());
export const service = () => new Target("v1", "Service", "services", nextName());
export const template = () => new Target("v1", "PodTemplate", "podtemplates", nextName());
export const pod = () => new Target("v1", "Pod", "pods", nextName());
export const other = (apiVersion: string, kind: string, plural: string, scoped = true) =>
  new Target(apiVersion, kind, plural, `managed-fields-${nextName()}`, scoped);

export const one = (
  name: string,
  target: Target,
  steps: (target: Target) => readonly Step[],
): Sequence => ({
  name,
  steps: steps(target),
});

export const container = { name: "c", image: "i" };
export const labels = { app: "a" };
export const podSpec = { containers: [container] };
export const podTemplate = { metadata: { labels }, spec: podSpec };
export const workload = { spec: { selector: { matchLabels: labels }, template: podTemplate } };
export const containers = (...list: readonly Body[]) => ({
  template: { metadata: { labels }, spec: { containers: list } },
});
export const ports = (...list: readonly Body[]) => ({ spec: { ports: list } });
