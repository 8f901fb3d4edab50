/** What controllers are for, asked of an API server through kubectl, whoever's they are. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubectl, temporaryDataDir, waitFor } from "#tests/support/cluster.ts";

const patienceMs = 60_000;

export interface Kubectl {
  /** Throws with what the processes said. */
  run(...args: readonly string[]): string;
  /** The trimmed answer, "" when it was refused. */
  ask(...args: readonly string[]): string;
  apply(manifest: string): void;
  until(what: string, expected: string, ...args: readonly string[]): Promise<void>;
}

export function kubectlOf(kubeconfig: string, said: () => string): Kubectl {
  const folder = temporaryDataDir();
  const run = (...args: readonly string[]): string => {
    const { code, out, err } = kubectl(kubeconfig, args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${err}\n${said()}`);
    return out;
  };
  const ask = (...args: readonly string[]): string => kubectl(kubeconfig, args).out.trim();
  return {
    run,
    ask,
    apply(manifest) {
      const file = join(folder, "manifest.yaml");
      writeFileSync(file, manifest);
      run("apply", "-f", file);
    },
    until: (what, expected, ...args) =>
      waitFor(
        what,
        () => ask(...args) === expected,
        () => `saw: ${ask(...args)}\n${said()}`,
        patienceMs,
      ),
  };
}

const pod = (app: string, more = ""): string => `
    metadata: {labels: {app: ${app}}}
    spec: {${more} containers: [{name: c, image: "example.test/c:1"}]}`;

export type Scenario = (kubectl: Kubectl) => Promise<void>;

async function deployment({ apply, run, until }: Kubectl): Promise<void> {
  apply(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: ${pod("web")}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`);
  run("rollout", "status", "deploy/web", "--timeout=60s");
  run("set", "image", "deploy/web", "c=example.test/c:2");
  run("rollout", "status", "deploy/web", "--timeout=60s");
  const slices = ["get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o"];
  const addresses = "jsonpath={.items[*].endpoints[*].addresses[0]}";
  await waitFor(
    "endpoints",
    () =>
      run(...slices, addresses)
        .split(" ")
        .filter(Boolean).length === 3,
    () => "",
    patienceMs,
  );
  run("delete", "deploy", "web");
  // The garbage collector's work.
  await until("the pods to go", "", "get", "pods", "-l", "app=web", "-o", "name");
}

async function statefulSet({ apply, run, until }: Kubectl): Promise<void> {
  apply(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template: ${pod("db")}
`);
  run("rollout", "status", "sts/db", "--timeout=60s");
  run("scale", "sts/db", "--replicas=3");
  await until("three members", "3", "get", "sts", "db", "-o", "jsonpath={.status.readyReplicas}");
  run("delete", "sts", "db");
}

async function daemonSet({ apply, run }: Kubectl): Promise<void> {
  apply(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: ${pod("agent")}
`);
  run("rollout", "status", "ds/agent", "--timeout=60s");
  expect(run("get", "ds", "agent", "-o", "jsonpath={.status.numberReady}")).toBe("3");
  run("delete", "ds", "agent");
}

/** Simulated pods of a Job run for ever or are done at once: what counts is that it has them, and a CronJob its Jobs. */
async function jobs({ apply, run }: Kubectl): Promise<void> {
  apply(`
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  completions: 2
  parallelism: 2
  template: ${pod("once", "restartPolicy: Never,")}
`);
  const podsOf = (job: string): number =>
    run("get", "pods", "-l", `job-name=${job}`, "-o", "name").split("\n").filter(Boolean).length;
  await waitFor("the Job's pods", () => podsOf("once") === 2, undefined, patienceMs);
  apply(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: often}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: often}}
        spec: {restartPolicy: Never, containers: [{name: c, image: "example.test/c:1"}]}
`);
  run("create", "job", "--from=cronjob/often", "by-hand");
  await waitFor("the pod of the Job by hand", () => podsOf("by-hand") === 1, undefined, patienceMs);
  run("delete", "job", "once", "by-hand");
  run("delete", "cronjob", "often");
}

async function quota({ apply, run, until }: Kubectl): Promise<void> {
  run("create", "namespace", "bounded");
  apply(`
apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: bounded}
spec: {hard: {configmaps: "3"}}
`);
  // kube-root-ca.crt is one.
  await until(
    "the count",
    "1",
    "get",
    "quota",
    "few",
    "-n",
    "bounded",
    "-o",
    "jsonpath={.status.used.configmaps}",
  );
  run("create", "configmap", "a", "-n", "bounded");
  await until(
    "two",
    "2",
    "get",
    "quota",
    "few",
    "-n",
    "bounded",
    "-o",
    "jsonpath={.status.used.configmaps}",
  );
}

async function namespaces({ run, until }: Kubectl): Promise<void> {
  run("create", "namespace", "short");
  run("create", "deployment", "web", "--image=example.test/c:1", "--replicas=2", "-n", "short");
  run("rollout", "status", "deploy/web", "-n", "short", "--timeout=60s");
  run("delete", "namespace", "short", "--wait=false");
  await until(
    "the namespace to go",
    "",
    "get",
    "namespace",
    "short",
    "--ignore-not-found",
    "-o",
    "name",
  );
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  "a Deployment, its Service and garbage collection": deployment,
  "a StatefulSet": statefulSet,
  "a DaemonSet": daemonSet,
  "Jobs and CronJobs": jobs,
  "a ResourceQuota": quota,
  "a namespace's end": namespaces,
};
