/** A container's environment: services, envFrom, env, with $(VAR) expanded. Pure. */
import type {
  ConfigMap,
  Container,
  EnvVar,
  EphemeralContainer,
  Pod,
  Secret,
} from "#gen/api/core/v1.ts";
import { ConfigError, fieldText, type NodeFacts, resourceText } from "./downward.ts";

/** ConfigMaps and secrets of the pod's namespace, already fetched; undefined: it does not exist. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

export interface EnvInput {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly serviceEnv: ReadonlyMap<string, string>;
  readonly sources: Sources;
  readonly facts: NodeFacts;
  readonly podIps: readonly string[];
}

export interface SourceNames {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** Which ConfigMaps and secrets the environment reads. */
export function envSources(container: Container | EphemeralContainer): SourceNames {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef?.name !== undefined) configMaps.add(configMapRef.name);
    if (secretRef?.name !== undefined) secrets.add(secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name !== undefined)
      configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name !== undefined) secrets.add(valueFrom.secretKeyRef.name);
  }
  return { configMaps, secrets };
}

/** Upstream's expansion: `$(NAME)` when known, untouched when not, `$$` is a dollar sign. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return values.get(name) ?? whole;
  });
}

/** Secret data is base64 on the wire. */
export function secretText(encoded: string): string {
  return Buffer.from(encoded, "base64").toString("utf8");
}

function fromConfigMap(input: EnvInput, name: string, optional: boolean): Record<string, string> {
  const found = input.sources.configMap(name);
  if (found !== undefined) return found.data ?? {};
  if (optional) return {};
  throw new ConfigError(`configmap "${name}" not found`);
}

function fromSecret(input: EnvInput, name: string, optional: boolean): Record<string, string> {
  const found = input.sources.secret(name);
  if (found === undefined) {
    if (optional) return {};
    throw new ConfigError(`secret "${name}" not found`);
  }
  return Object.fromEntries(
    Object.entries(found.data ?? {}).map(([key, value]) => [key, secretText(value)]),
  );
}

function addEnvFrom(input: EnvInput, values: Map<string, string>): void {
  for (const { prefix = "", configMapRef, secretRef } of input.container.envFrom ?? []) {
    const data =
      configMapRef !== undefined
        ? fromConfigMap(input, configMapRef.name ?? "", configMapRef.optional === true)
        : fromSecret(input, secretRef?.name ?? "", secretRef?.optional === true);
    for (const [key, value] of Object.entries(data)) values.set(`${prefix}${key}`, value);
  }
}

/** undefined: an optional reference to nothing, the variable is left out. */
function variableValue(
  input: EnvInput,
  { value, valueFrom }: EnvVar,
  values: Map<string, string>,
): string | undefined {
  if (valueFrom === undefined) return expand(value ?? "", values);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const { pod } = input;
  if (fieldRef !== undefined) return fieldText(pod, fieldRef.fieldPath, input.facts, input.podIps);
  if (resourceFieldRef !== undefined) {
    const named = pod.spec.containers.find(({ name }) => name === resourceFieldRef.containerName);
    return resourceText(named ?? input.container, resourceFieldRef, input.facts);
  }
  if (configMapKeyRef !== undefined) {
    const { key, name = "", optional = false } = configMapKeyRef;
    const found = fromConfigMap(input, name, optional)[key];
    if (found === undefined && !optional) {
      throw new ConfigError(
        `couldn't find key ${key} in ConfigMap ${pod.metadata.namespace}/${name}`,
      );
    }
    return found;
  }
  if (secretKeyRef !== undefined) {
    const { key, name = "", optional = false } = secretKeyRef;
    const found = fromSecret(input, name, optional)[key];
    if (found === undefined && !optional) {
      throw new ConfigError(`couldn't find key ${key} in Secret ${pod.metadata.namespace}/${name}`);
    }
    return found;
  }
  throw new ConfigError("fileKeyRef is not supported by this node");
}

/** Later wins over earlier: services, envFrom, env. Throws ConfigError. */
export function containerEnv(input: EnvInput): ReadonlyMap<string, string> {
  const values = new Map(input.serviceEnv);
  addEnvFrom(input, values);
  for (const variable of input.container.env ?? []) {
    const value = variableValue(input, variable, values);
    if (value !== undefined) values.set(variable.name, value);
  }
  return values;
}
