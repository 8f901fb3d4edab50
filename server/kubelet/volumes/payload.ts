/** The files of configMap, secret, downwardAPI and projected volumes. Pure. */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from "#gen/api/core/v1.ts";
import { ConfigError, fieldText, type NodeFacts, resourceText } from "#kubelet/downward.ts";
import type { SourceNames, Sources } from "#kubelet/env.ts";

export interface PayloadFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** undefined: root. */
  readonly uid?: number | undefined;
}

/** By path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadInput {
  readonly pod: Pod;
  readonly sources: Sources;
  readonly facts: NodeFacts;
  readonly podIps: readonly string[];
  /** Tokens already requested, by tokenKey. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Files of the projections that only the API can fill: trust bundles and certificates. */
  readonly brought?: ReadonlyMap<VolumeProjection, readonly BroughtFile[]> | undefined;
}

export interface BroughtFile {
  readonly path: string;
  readonly text: string;
  /** A key is its owner's alone when the volume has an owner. */
  readonly secret: boolean;
}

const defaultMode = 0o644;
/** A token is its owner's alone when the volume has an owner. */
const ownedTokenMode = 0o600;
const encoder = new TextEncoder();

export function hasPayload(volume: Volume): boolean {
  const { configMap, secret, downwardAPI, projected } = volume;
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

/** Every payload volume as its projections: a configMap volume is a projected one with one source. */
export function projections(volume: Volume): readonly VolumeProjection[] {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return [{ configMap }];
  if (secret !== undefined) {
    const { secretName, items, optional } = secret;
    return [{ secret: { name: secretName, items, optional } }];
  }
  if (downwardAPI !== undefined) return [{ downwardAPI }];
  return projected?.sources ?? [];
}

function modeOf(volume: Volume): number {
  const { configMap, secret, downwardAPI, projected } = volume;
  const source = configMap ?? secret ?? downwardAPI ?? projected;
  return source?.defaultMode ?? defaultMode;
}

export function volumeSources(volumes: readonly Volume[]): SourceNames {
  const all = volumes.flatMap(projections);
  const names = (pick: (projection: VolumeProjection) => string | undefined) =>
    new Set(all.map(pick).filter((name) => name !== undefined));
  return {
    configMaps: names(({ configMap }) => configMap?.name),
    secrets: names(({ secret }) => secret?.name),
  };
}

export interface TokenWanted {
  readonly key: string;
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** One token per audience and lifetime of a pod. */
export function tokensWanted(volumes: readonly Volume[]): readonly TokenWanted[] {
  return volumes
    .flatMap(projections)
    .map(({ serviceAccountToken }) => serviceAccountToken)
    .filter((token) => token !== undefined)
    .map(({ audience, expirationSeconds = 3600 }) => ({
      key: tokenKey(audience, expirationSeconds),
      audience,
      expirationSeconds,
    }));
}

function tokenKey(audience: string | undefined, expirationSeconds: number): string {
  return `${expirationSeconds} ${audience ?? ""}`;
}

type Files = readonly (readonly [path: string, file: PayloadFile])[];

function selectKeys(
  data: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  missing: (key: string) => string | undefined,
): Files {
  if (items === undefined || items.length === 0) {
    return [...data].map(([key, bytes]) => [key, { data: bytes, mode }] as const);
  }
  return items.flatMap((item) => {
    const bytes = data.get(item.key);
    if (bytes !== undefined) {
      return [[item.path, { data: bytes, mode: item.mode ?? mode }] as const];
    }
    const sentence = missing(item.key);
    if (sentence !== undefined) throw new ConfigError(sentence);
    return [];
  });
}

const decode = (encoded: string): Uint8Array => Buffer.from(encoded, "base64");

function configMapData({ data = {}, binaryData = {} }: ConfigMap): Map<string, Uint8Array> {
  const text = Object.entries(data).map(([key, value]) => [key, encoder.encode(value)] as const);
  const binary = Object.entries(binaryData).map(([key, value]) => [key, decode(value)] as const);
  return new Map([...text, ...binary]);
}

function secretData({ data = {} }: Secret): Map<string, Uint8Array> {
  return new Map(Object.entries(data).map(([key, value]) => [key, decode(value)] as const));
}

function downwardFile(
  input: PayloadInput,
  item: DownwardAPIVolumeFile,
  mode: number,
): readonly [string, PayloadFile] {
  const { pod, facts, podIps } = input;
  const text = (): string => {
    if (item.fieldRef !== undefined) return fieldText(pod, item.fieldRef.fieldPath, facts, podIps);
    const selector = item.resourceFieldRef;
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
      ({ name }) => name === selector?.containerName,
    );
    if (selector === undefined || container === undefined) {
      throw new ConfigError(`container ${selector?.containerName} not found`);
    }
    return resourceText(container, selector, facts);
  };
  return [item.path, { data: encoder.encode(text()), mode: item.mode ?? mode }];
}

/** The user that owns the pod's tokens: the one all containers run as, where they agree. */
function tokenOwner(pod: Pod): number | undefined {
  if (pod.spec.securityContext?.fsGroup !== undefined) return undefined;
  const users = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(
    ({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  );
  return new Set(users).size === 1 ? users[0] : undefined;
}

function tokenFile(
  input: PayloadInput,
  source: NonNullable<VolumeProjection["serviceAccountToken"]>,
  mode: number,
): readonly [string, PayloadFile] {
  const token = input.tokens.get(tokenKey(source.audience, source.expirationSeconds ?? 3600));
  if (token === undefined) throw new ConfigError("service account token is not there yet");
  const uid = tokenOwner(input.pod);
  const owned = uid !== undefined || input.pod.spec.securityContext?.fsGroup !== undefined;
  return [source.path, { data: encoder.encode(token), mode: owned ? ownedTokenMode : mode, uid }];
}

function configMapFiles(
  input: PayloadInput,
  source: NonNullable<VolumeProjection["configMap"]>,
  mode: number,
): Files {
  const { name = "", items, optional = false } = source;
  const found = input.sources.configMap(name);
  if (found === undefined && !optional) throw new ConfigError(`configmap "${name}" not found`);
  if (found === undefined) return [];
  return selectKeys(configMapData(found), items, mode, (key) =>
    optional ? undefined : `configmap references non-existent config key: ${key}`,
  );
}

function secretFiles(
  input: PayloadInput,
  source: NonNullable<VolumeProjection["secret"]>,
  mode: number,
): Files {
  const { name = "", items, optional = false } = source;
  const found = input.sources.secret(name);
  if (found === undefined && !optional) throw new ConfigError(`secret "${name}" not found`);
  if (found === undefined) return [];
  return selectKeys(secretData(found), items, mode, (key) =>
    optional ? undefined : `references non-existent secret key: ${key}`,
  );
}

function broughtFiles(
  { pod }: PayloadInput,
  { podCertificate, clusterTrustBundle }: VolumeProjection,
  files: readonly BroughtFile[],
  mode: number,
): Files {
  const uid = podCertificate?.user ?? clusterTrustBundle?.user;
  const owned = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return files.map(({ path, text, secret }) => {
    const own = secret && owned ? ownedTokenMode : mode;
    return [path, { data: encoder.encode(text), mode: own, uid }] as const;
  });
}

function projectionFiles(input: PayloadInput, projection: VolumeProjection, mode: number): Files {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  if (configMap !== undefined) return configMapFiles(input, configMap, mode);
  if (secret !== undefined) return secretFiles(input, secret, mode);
  if (downwardAPI !== undefined) {
    return (downwardAPI.items ?? []).map((item) => downwardFile(input, item, mode));
  }
  if (serviceAccountToken !== undefined) return [tokenFile(input, serviceAccountToken, mode)];
  const brought = input.brought?.get(projection);
  if (brought !== undefined) return broughtFiles(input, projection, brought, mode);
  throw new ConfigError("this kind of projection is not supported by this node");
}

/** Throws ConfigError when something that is not optional is missing. */
export function volumePayload(volume: Volume, input: PayloadInput): Payload {
  const mode = modeOf(volume);
  const files = new Map<string, PayloadFile>();
  for (const projection of projections(volume)) {
    for (const [path, file] of projectionFiles(input, projection, mode)) {
      if (path.startsWith("/") || path.split("/").includes("..")) {
        throw new ConfigError(`path ${path} leaves the volume`);
      }
      files.set(path, file);
    }
  }
  return files;
}
