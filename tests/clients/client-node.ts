/**
 * `@kubernetes/client-node` as its users write with it, run by Node: Bun puts a fetch of its own in place of the
 * client's, which knows no client certificates. Arguments: kubeconfig, namespace. Prints a line of JSON for each step.
 */
import { PassThrough, Writable } from "node:stream";
import {
  ApiException,
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  Metrics,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
} from "@kubernetes/client-node";

const [kubeconfig = "", namespace = ""] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const leases = config.makeApiClient(CoordinationV1Api);
const objects = KubernetesObjectApi.makeApiClient(config);

function report(step: string, facts: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ step, ...facts }));
}

/** Code and reason of what must be refused. */
async function refused(asking: Promise<unknown>): Promise<unknown> {
  try {
    await asking;
    return "was granted";
  } catch (error) {
    if (!(error instanceof ApiException)) return `${error}`;
    // The status of the answer comes as the text or as the object, depending on the call.
    const status = typeof error.body === "string" ? JSON.parse(error.body) : error.body;
    return { code: error.code, ...(status?.reason === undefined ? {} : { reason: status.reason }) };
  }
}

async function lists(): Promise<void> {
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  for (const name of ["a", "b", "c"]) {
    const body = { metadata: { name, labels: { letter: name } }, data: { is: name } };
    await core.createNamespacedConfigMap({ namespace, body });
  }
  const first = await core.listNamespacedConfigMap({
    namespace,
    limit: 2,
    labelSelector: "letter",
  });
  const rest = await core.listNamespacedConfigMap({
    namespace,
    limit: 2,
    labelSelector: "letter",
    _continue: first.metadata?._continue ?? "",
  });
  report("lists", {
    names: [first, rest].map(({ items }) => items.map(({ metadata }) => metadata?.name)),
    created: first.items[0]?.metadata?.creationTimestamp instanceof Date,
    missing: await refused(core.readNamespacedConfigMap({ namespace, name: "none" })),
    taken: await refused(
      core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" } } }),
    ),
  });
}

const deployment = (replicas: number): V1Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "example.test/web:1" }] },
    },
  },
});

async function patches(): Promise<void> {
  await apps.createNamespacedDeployment({ namespace, body: deployment(0) });
  const patch = (how: PatchStrategy, body: unknown): Promise<V1Deployment> =>
    apps.patchNamespacedDeployment(
      { namespace, name: "web", body },
      setHeaderOptions("Content-Type", how),
    );
  const added = { name: "beside", image: "example.test/beside:1" };
  const strategic = await patch(PatchStrategy.StrategicMergePatch, {
    spec: { template: { spec: { containers: [added] } } },
  });
  const json = await patch(PatchStrategy.JsonPatch, [
    { op: "test", path: "/spec/replicas", value: 0 },
    { op: "replace", path: "/spec/replicas", value: 1 },
  ]);
  const merge = await patch(PatchStrategy.MergePatch, {
    spec: { template: { spec: { containers: [added] } } },
  });
  const applied: V1Deployment = await objects.patch<
    V1Deployment & { metadata: { name: string; namespace: string } }
  >(
    { ...deployment(2), metadata: { name: "web", namespace } },
    undefined,
    undefined,
    "client-node",
    true,
    PatchStrategy.ServerSideApply,
  );
  const names = (of: V1Deployment) => of.spec?.template.spec?.containers.map(({ name }) => name);
  report("patches", {
    strategic: names(strategic),
    json: json.spec?.replicas,
    merge: names(merge),
    applied: [names(applied), applied.spec?.replicas],
    managers: applied.metadata?.managedFields
      ?.filter(({ operation }) => operation === "Apply")
      .map(({ manager }) => manager),
    wrong: await refused(patch(PatchStrategy.JsonPatch, [{ op: "remove", path: "/spec/none" }])),
  });
}

/** What the client has of an election: leases, and writes that fail when another was there before. */
async function elects(): Promise<void> {
  const lease = { metadata: { name: "leader" }, spec: { holderIdentity: "first" } };
  const held = await leases.createNamespacedLease({ namespace, body: lease });
  const take = (holderIdentity: string) =>
    leases.replaceNamespacedLease({
      namespace,
      name: "leader",
      body: { ...held, spec: { holderIdentity, leaseTransitions: 1 } },
    });
  const taken = await take("second");
  report("elects", { holder: taken.spec?.holderIdentity, late: await refused(take("third")) });
}

function collector(): { readonly sink: Writable; text(): string } {
  let text = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { sink, text: () => text };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function streams(): Promise<void> {
  const spec = { containers: [{ name: "c", image: "example.test/c:1" }] };
  await core.createNamespacedPod({ namespace, body: { metadata: { name: "talks" }, spec } });
  for (let phase: string | undefined; phase !== "Running"; ) {
    phase = (await core.readNamespacedPod({ namespace, name: "talks" })).status?.phase;
  }
  const ran = collector();
  const ended = await new Promise<unknown>((resolve, reject) => {
    const command = ["echo", "hello"];
    new Exec(config)
      .exec(namespace, "talks", "c", command, ran.sink, null, null, false, resolve)
      .catch(reject);
  });
  const followed = collector();
  const following = await new Log(config).log(namespace, "talks", "c", followed.sink, {
    follow: true,
  });
  await until(() => followed.text().includes("\n"));
  following.abort();
  const answered = collector();
  const input = new PassThrough();
  const forward = new PortForward(config);
  await forward.portForward(namespace, "talks", [80], answered.sink, null, input);
  input.write("GET / HTTP/1.1\r\nhost: talks\r\n\r\n");
  await until(() => answered.text().includes("port 80"));
  report("streams", {
    ran: ran.text(),
    ended,
    followed: followed.text(),
    answered: answered.text(),
  });
}

async function metrics(): Promise<void> {
  report("metrics", { nodes: await refused(new Metrics(config).getNodeMetrics()) });
}

/** The server is restarted under this one: an informer sees what was written behind that, and nothing twice. */
async function watches(): Promise<void> {
  const list = () => core.listNamespacedConfigMap({ namespace });
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
  const seen: string[] = [];
  const note = (event: string) => (map: V1ConfigMap) => {
    seen.push(`${event} ${map.metadata?.name}`);
    if (map.metadata?.name === "after") void informer.stop();
  };
  informer.on("add", note("add"));
  informer.on("update", note("update"));
  informer.on("delete", note("delete"));
  let errors = 0;
  // As its documentation says: who wants to go on starts it again.
  informer.on("error", () => {
    errors += 1;
    setTimeout(() => void informer.start(), 500);
  });
  await informer.start();
  await core.deleteNamespacedConfigMap({ namespace, name: "c" });
  await until(() => seen.includes("delete c"));
  report("watches", { seen: seen.filter((what) => !what.includes("kube-root-ca")) });
  await until(() => seen.includes("add after"));
  const later = seen.slice(seen.indexOf("delete c") + 1);
  report("watches on", { later, errors: errors > 0, kept: informer.list().length });
}

await lists();
await patches();
await elects();
await streams();
await metrics();
await watches();
process.exit(0);
