/** What fields are likely to hold: values that stand in OpenAPI's enums and in recorded objects, by the field's name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const documents = join(import.meta.dirname, "../../server/gen/openapi/v3");

export class Words {
  readonly #known = new Map<string, Set<string>>();

  /** Plain text of that field elsewhere. */
  of(field: string): readonly string[] {
    return [...(this.#known.get(field) ?? []), ...(byHand[field] ?? [])];
  }

  learn(value: unknown, field = ""): void {
    if (typeof value === "string") this.#add(field, value);
    else if (Array.isArray(value)) for (const item of value) this.learn(item, field);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) this.learn(item, key);
  }

  /** Enums of a document: `properties.NAME.enum`, of a list in its items. */
  learnEnums(schema: unknown, field = ""): void {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === "enum" && Array.isArray(value))
        for (const word of value) this.#add(field, String(word));
      else this.learnEnums(value, keywords.has(key) ? field : key);
    }
  }

  #add(field: string, word: string): void {
    const known = this.#known.get(field) ?? new Set();
    this.#known.set(field, known);
    // The first ones say enough: long lists of signals would hide the rest.
    if (known.size < 12) known.add(word);
  }
}

const keywords = new Set(["items", "properties", "additionalProperties", "allOf", "oneOf"]);

const byHand: Readonly<Record<string, readonly string[]>> = {
  expression: ["true", "object.metadata.name == 'a'", "1", "x +"],
  fieldPath: ["metadata.name", "spec.nodeName", "status.podIP", "metadata.labels['a']"],
  resource: ["limits.cpu", "requests.memory", "pods", "*"],
  finalizers: ["example.com/f", "kubernetes", "foregroundDeletion", "orphan"],
  add: ["NET_ADMIN", "ALL"],
  drop: ["ALL", "CHOWN"],
  schedule: ["0 0 * * *", "@daily", "TZ=UTC 0 0 * * *", "61 * * * *"],
  timeZone: ["Etc/UTC", "Nowhere/City", "Local"],
  type: ["Opaque", "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "Utilization", "Pods"],
  key: ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "a"],
  topologyKey: ["kubernetes.io/hostname", ""],
  cidr: ["10.1.0.0/16", "2001:db8::/64", "10.1.0.1/16"],
  ip: ["10.1.2.3", "2001:db8::1", "127.0.0.1"],
  podIP: ["10.1.2.3"],
  path: ["/", "/a/../b", "a", "~1"],
  mountPath: ["/data", "data", "/a:b"],
  host: ["example.com", "*.example.com", "10.0.0.1"],
  image: ["nginx", " nginx", "nginx:1.27@sha256:00"],
  signerName: ["example.com/signer", "kubernetes.io/kube-apiserver-client", "bad"],
  sysctls: ["kernel.shm_rmid_forced"],
  name: ["net.ipv4.ip_unprivileged_port_start", "kernel.shm_rmid_forced", "x"],
};

/** Of OpenAPI and of these objects. */
export function wordsOf(objects: readonly unknown[]): Words {
  const words = new Words();
  for (const file of readdirSync(documents)) {
    const { components } = JSON.parse(readFileSync(join(documents, file), "utf8"));
    words.learnEnums(components?.schemas);
  }
  for (const object of objects) words.learn(object);
  return words;
}
