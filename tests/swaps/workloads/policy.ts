import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createSigningRequest } from "#apimachinery/pki.ts";
import { deployments } from "#gen/api/apps/v1.ts";
import { horizontalpodautoscalers } from "#gen/api/autoscaling/v2.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { configmaps, resourcequotas, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import { until } from "../until.ts";
import { isGone, podsOf, type Scenario, template } from "./place.ts";

/**
 * Where the quota's event comes before that of the ConfigMap that is there already, the first count lacks it, and
 * the next one comes with the controllers' resync, five minutes later.
 */
const recountMs = 6 * 60_000;

export const quota: Scenario = async (place) => {
  const { client, namespace } = place;
  // kube-root-ca.crt is one of them.
  const spec = { hard: { configmaps: "3", pods: "2" } };
  await client.create(resourcequotas, namespace, { metadata: { name: "few" }, spec });
  const used = async (): Promise<string> => {
    const { status } = await client.get(resourcequotas, namespace, "few");
    return `${status?.used?.["configmaps"]} ${status?.used?.["pods"]}`;
  };
  await until("the first count", "1 0", used, recountMs);
  const selector = { matchLabels: { app: "many" } };
  const many = { replicas: 4, selector, template: template("many", "example.test/c:1") };
  await client.create(deployments, namespace, { metadata: { name: "many" }, spec: many });
  for (const name of ["a", "b"]) await client.create(configmaps, namespace, { metadata: { name } });
  await until("the count of what is there", "3 2", used);
  const beyond = client.create(configmaps, namespace, { metadata: { name: "c" } });
  await assert.rejects(beyond, /exceeded quota: few/);
  await until("the pods", "2", async () => `${(await podsOf(place, "many")).length}`);
  await client.delete(configmaps, namespace, "a");
  await until("the count after a delete", "2 2", used);
  const again = () => client.create(configmaps, namespace, { metadata: { name: "c" } });
  // The stock API server reads the count by a watch of its own, which may come later than ours.
  await until("room for another", "let in", () => again().then(() => "let in", String));
  return "3 ConfigMaps and 2 of 4 pods let in, more refused, room again after a delete";
};

export const certificateSigning: Scenario = async ({ client, namespace }) => {
  const subject = { commonName: `user-of-${namespace}`, organizations: ["swaps"] };
  const { request } = await createSigningRequest(subject);
  const name = namespace;
  const made = await client.create(certificatesigningrequests, "", {
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    },
  });
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const approved = { type: "Approved", status: "True", reason: "Asked", message: "by the test" };
  const conditions = [{ ...approved, status: "True" as const, lastUpdateTime: now }];
  await client.updateSubresource(certificatesigningrequests, "approval", {
    ...made,
    status: { conditions },
  });
  await until("its certificate", "true", async () => {
    const { status } = await client.get(certificatesigningrequests, "", name);
    return `${(status?.certificate ?? "") !== ""}`;
  });
  const { status } = await client.get(certificatesigningrequests, "", name);
  const pem = Buffer.from(status?.certificate ?? "", "base64").toString();
  const certificate = new X509Certificate(pem);
  assert.match(certificate.subject, new RegExp(`CN=${subject.commonName}`));
  await client.delete(certificatesigningrequests, "", name);
  return `a client certificate for ${subject.commonName}, issued by ${certificate.issuer}`;
};

/** Without a metrics server: the target is found, its load is not. */
export const autoscaler: Scenario = async ({ client, namespace }) => {
  const selector = { matchLabels: { app: "scaled" } };
  const spec = { replicas: 1, selector, template: template("scaled", "example.test/c:1") };
  await client.create(deployments, namespace, { metadata: { name: "scaled" }, spec });
  await client.create(horizontalpodautoscalers, namespace, {
    metadata: { name: "scaled" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
        },
      ],
    },
  });
  const reasonOf = async (wanted: string): Promise<string> => {
    const { status } = await client.get(horizontalpodautoscalers, namespace, "scaled");
    const found = status?.conditions?.find(({ type }) => type === wanted);
    return `${found?.status} ${found?.reason}`;
  };
  await until("its scale to be found", "True SucceededGetScale", () => reasonOf("AbleToScale"));
  await until("its metrics to be missed", "False FailedGetResourceMetric", () =>
    reasonOf("ScalingActive"),
  );
  return "scale subresource read, conditions written";
};

/** Its controller alone knows the key that signs; whether the API server does is no matter here. */
export const accountTokens: Scenario = async ({ client, namespace }) => {
  const annotations = { "kubernetes.io/service-account.name": "robot" };
  await client.create(serviceaccounts, namespace, { metadata: { name: "robot" } });
  await client.create(secrets, namespace, {
    metadata: { name: "robot", annotations },
    type: "kubernetes.io/service-account-token",
  });
  const filled = async (): Promise<string> => {
    const { data = {} } = await client.get(secrets, namespace, "robot");
    return Object.keys(data).toSorted().join();
  };
  await until("its data", "ca.crt,namespace,token", filled);
  await client.delete(serviceaccounts, namespace, "robot");
  await until("its end", "true", () => isGone(client, secrets, namespace, "robot"));
  return "a token, its authority and namespace; gone with the account";
};
