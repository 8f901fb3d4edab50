/** Components of this process act under upstream's identities, with upstream's rights and no more. */
import type { App } from "#apiserver/app.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import { inProcessTransport } from "#apiserver/in-process.ts";
import type { Client } from "#client/client.ts";
import { createClient } from "#client/create-client.ts";

export function componentUser(name: string, ...groups: readonly string[]): UserInfo {
  return { name, uid: "", groups, extra: {} };
}

/** Upstream's service accounts where they are not called like the controller; RBAC's start objects name them. */
const serviceAccountOf: Readonly<Record<string, string>> = {
  "certificatesigningrequest-approving-controller": "certificate-controller",
  "certificatesigningrequest-cleaner-controller": "certificate-controller",
  "certificatesigningrequest-signing-controller": "certificate-controller",
  ephemeral_volume: "ephemeral-volume-controller",
  "endpoint-slice-controller": "endpointslice-controller",
  "endpointslice-controller": "endpointslice-controller",
  "garbage-collector-controller": "generic-garbage-collector",
  "node-ipam-controller": "node-controller",
  "node-lifecycle-controller": "node-controller",
  "persistentvolume-controller": "persistent-volume-binder",
  "pod-garbage-collector-controller": "pod-garbage-collector",
  "root-ca-certificate-publisher": "root-ca-cert-publisher",
  "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
  "service-cidr-controller": "service-cidrs-controller",
  "taint-eviction-controller": "node-controller",
  volume_expand: "expand-controller",
};

export function controllerUser(controller: string): UserInfo {
  const account = serviceAccountOf[controller] ?? controller;
  const name = `system:serviceaccount:kube-system:${account}`;
  return componentUser(name, "system:serviceaccounts", "system:serviceaccounts:kube-system");
}

export function inProcessClient(
  app: Pick<App, "fetch">,
  user: UserInfo,
  userAgent: string,
): Client {
  const transport = inProcessTransport(app, user, { sharesObjects: true });
  return createClient({ transport, baseUrl: "https://in-process", userAgent });
}
