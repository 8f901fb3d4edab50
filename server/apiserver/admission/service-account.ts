/** Gives every pod a service account, its image pull secrets, and a mounted, projected token. */
import { setTimeout } from "node:timers/promises";
import { goQuoted } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import type { Randomness } from "#apiserver/call.ts";
import { getObject } from "#apiserver/object-reads.ts";
import {
  type Container,
  type Pod,
  pods,
  type ServiceAccount,
  serviceaccounts,
  type Volume,
} from "#gen/api/core/v1.ts";
import { type AdmissionParts, draftOf, refused } from "./admission-parts.ts";

const volumePrefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const mirrorAnnotation = "kubernetes.io/config.mirror";
/** A little over an hour: upstream's mark of a token that the server chose the duration of. */
const tokenSeconds = 3607;
/** The controller makes a namespace's default account a moment after the namespace. */
const defaultAccountAttempts = 10;
const defaultAccountWaitMs = 100;
/** Upstream's alphabet of generated names: no vowels, nothing alike. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

function suffix({ fraction }: Randomness): string {
  const letter = () => suffixAlphabet.charAt(Math.floor(fraction() * suffixAlphabet.length));
  return Array.from({ length: 5 }, letter).join("");
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
    },
  };
}

function mountsToken(container: Container): boolean {
  return container.volumeMounts?.some((mount) => mount.mountPath === mountPath) === true;
}

/** Into every container that does not mount something there itself. */
function mountToken({ spec }: Pod, randomness: Randomness): void {
  const present = spec.volumes?.find((volume) => volume.name.startsWith(volumePrefix));
  const name = present?.name ?? `${volumePrefix}${suffix(randomness)}`;
  const without = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    (container) => !mountsToken(container),
  );
  for (const container of without) {
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath },
    ];
  }
  if (without.length > 0 && present === undefined) {
    spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  }
}

/** A mirror pod is its node's own; it has no rights. */
function mirrorFault({ spec }: Pod): string | undefined {
  if (spec.serviceAccountName) return "a mirror pod may not reference service accounts";
  const projectsToken = spec.volumes?.some((volume) =>
    volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
  );
  if (projectsToken) {
    return "a mirror pod may not use ServiceAccountToken volume projections";
  }
  const secrets = spec.volumes?.some((volume) => volume.secret !== undefined);
  return secrets ? "a mirror pod may not reference secrets" : undefined;
}

function refuseMirror(attributes: AdmissionAttributes, pod: Pod): void {
  const fault = mirrorFault(pod);
  if (fault !== undefined) throw refused(attributes, fault);
}

export function serviceAccount({ cache, randomness }: AdmissionParts): AdmissionPlugin {
  const accountOf = async (
    namespace: string,
    name: string,
  ): Promise<ServiceAccount | undefined> => {
    const attempts = name === "default" ? defaultAccountAttempts : 1;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const known = getObject(cache, serviceaccounts, { namespace, name });
      if (known !== undefined) return known;
      await (attempt === 0 ? cache.fresh() : setTimeout(defaultAccountWaitMs));
    }
    return getObject(cache, serviceaccounts, { namespace, name });
  };
  const mutate = async (attributes: AdmissionAttributes): Promise<void> => {
    const pod = attributes.operation === "CREATE" ? draftOf(attributes, pods) : undefined;
    if (pod === undefined) return;
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) {
      refuseMirror(attributes, pod);
      return;
    }
    const name = pod.spec.serviceAccountName || "default";
    pod.spec.serviceAccountName = name;
    pod.spec.serviceAccount = name;
    const account = await accountOf(attributes.namespace, name);
    if (account === undefined) {
      const faults = isPathSegmentName(name);
      const missing =
        faults.length > 0
          ? `invalid resource name ${goQuoted(name)}: [${faults.join(", ")}]`
          : `serviceaccount ${goQuoted(name)} not found`;
      const whose = `${attributes.namespace}/${name}`;
      throw refused(attributes, `error looking up service account ${whose}: ${missing}`);
    }
    const automount =
      pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (automount) mountToken(pod, randomness);
    if ((pod.spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets?.length) {
      pod.spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
    }
  };
  return {
    name: "ServiceAccount",
    concerns: [pods],
    mutate,
    validate(attributes) {
      const pod = attributes.operation === "CREATE" ? draftOf(attributes, pods) : undefined;
      if (pod?.metadata.annotations?.[mirrorAnnotation] !== undefined)
        refuseMirror(attributes, pod);
    },
  };
}
