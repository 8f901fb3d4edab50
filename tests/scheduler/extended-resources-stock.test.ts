/** Extended resources that a class of devices stands for, on a stock scheduler and on ours: the same claims and words. */
import { type Container, nodes, type PodSpec, pods } from "#gen/api/core/v1.ts";
import { deviceclasses, resourceclaims, resourceslices } from "#gen/api/resource/v1.ts";
import { eventually } from "#tests/controllers/plane.ts";
import { testBesideStock, type World } from "./beside-stock.ts";
import { addNode, addPod } from "./plane.ts";

const driver = "gpu.example.com";
const resource = "example.com/gpu";
const implicit = "deviceclass.resource.kubernetes.io/gpu";

type Asked = Readonly<Record<string, string>>;

function container(name: string, asked: Asked, more: Partial<Container> = {}): Container {
  return { name, image: "x", resources: { requests: { ...asked }, limits: { ...asked } }, ...more };
}

const on = (node: string): Partial<PodSpec> => ({ nodeSelector: { on: node } });
const one = (asked: Asked, node: string): Partial<PodSpec> => ({
  containers: [container("c", asked)],
  ...on(node),
});
const several: Partial<PodSpec> = {
  initContainers: [
    container("first", { [resource]: "2" }),
    container("side", { [resource]: "1" }, { restartPolicy: "Always" }),
    container("second", { [resource]: "4", cpu: "10m" }),
  ],
  containers: [container("main", { cpu: "10m", [resource]: "1" }), container("none", {})],
  ...on("many"),
};
const claimed = { resourceClaims: [{ name: "own", resourceClaimName: "own" }] };

/** In this order: each has what those before have left. */
const cases: Readonly<Record<string, Partial<PodSpec>>> = {
  "by-device": one({ [resource]: "1" }, "few"),
  "by-plugin": one({ [resource]: "2" }, "plugin"),
  "plugin-is-full": one({ [resource]: "1" }, "plugin"),
  "by-its-class": one({ [implicit]: "1" }, "few"),
  "no-more-left": one({ [resource]: "1" }, "few"),
  "of-several-containers": several,
  "with-a-claim": { ...one({ [resource]: "1" }, "many"), ...claimed },
  "both-names": one({ [resource]: "1", [implicit]: "1" }, "many"),
  "too-many": one({ [resource]: "40" }, "many"),
  "nobody-serves": one({ "example.com/other": "1" }, "many"),
};

const pairs = { few: 2, many: 12, plugin: 0 } as const;

async function open({ client }: World): Promise<void> {
  for (const [name, count] of Object.entries(pairs)) {
    await addNode({ client }, name, { on: name });
    if (count === 0) {
      const target = { namespace: "", name, subresource: "status" };
      const served = { [resource]: "2" };
      await client.patch(nodes, target, "application/merge-patch+json", {
        status: { allocatable: served, capacity: served },
      });
      continue;
    }
    await client.create(resourceslices, "", {
      metadata: { name },
      spec: {
        driver,
        nodeName: name,
        pool: { name, generation: 1, resourceSliceCount: 1 },
        devices: Array.from({ length: count }, (_, index) => ({ name: `gpu-${index}` })),
      },
    });
  }
  const selectors = [{ cel: { expression: `device.driver == "${driver}"` } }];
  await client.create(deviceclasses, "", {
    metadata: { name: "gpu" },
    spec: { selectors, extendedResourceName: resource },
  });
  await client.create(resourceclaims, "default", {
    metadata: { name: "own", namespace: "default" },
    spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu" } }] } },
    status: {},
  });
}

async function outcomeOf({ client }: World, name: string): Promise<unknown> {
  const pod = await eventually(
    `${name} is settled`,
    () => client.get(pods, "default", name),
    ({ spec, status }) =>
      Boolean(spec.nodeName) ||
      status.conditions?.some(({ type }) => type === "PodScheduled") === true,
  );
  const told = pod.status.conditions?.find(
    ({ type, status: is }) => type === "PodScheduled" && is === "False",
  );
  const { items } = await client.list(resourceclaims, { namespace: "default" });
  const made = items.find(
    ({ metadata }) => metadata.ownerReferences?.[0]?.uid === pod.metadata.uid,
  );
  const status = pod.status.extendedResourceClaimStatus;
  const [owner] = made?.metadata.ownerReferences ?? [];
  return {
    node: pod.spec.nodeName,
    message: told?.message,
    mappings: status?.requestMappings,
    isNamed: status?.resourceClaimName === made?.metadata.name,
    claim: made && {
      base: made.metadata.generateName,
      annotations: made.metadata.annotations,
      finalizers: made.metadata.finalizers,
      owner: { ...owner, uid: "" },
      spec: made.spec,
      devices: made.status.allocation?.devices,
      selector: made.status.allocation?.nodeSelector,
      users: made.status.reservedFor?.map(({ resource: kind, name: user }) => [kind, user]),
    },
  };
}

async function play(world: World): Promise<Record<string, unknown>> {
  await open(world);
  const outcomes: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(cases)) {
    await addPod(world, name, spec);
    outcomes[name] = await outcomeOf(world, name);
  }
  const { client } = world;
  // A class that comes to stand for it lets the pod in that nobody served.
  await client.create(deviceclasses, "", {
    metadata: { name: "other" },
    spec: { extendedResourceName: "example.com/other" },
  });
  await eventually(
    "the pod is let in",
    () => client.get(pods, "default", "nobody-serves"),
    ({ spec }) => Boolean(spec.nodeName),
  );
  outcomes["served-at-last"] = await outcomeOf(world, "nobody-serves");
  return outcomes;
}

testBesideStock("a stock scheduler and ours make the same claims for extended resources", play, {
  "by-device": { node: "few" },
  "with-a-claim": { node: "many" },
});
