import assert from "node:assert/strict";
import { cronjobs, type Job, jobs } from "#gen/api/batch/v1.ts";
import { until } from "../until.ts";
import { isGone, type Scenario, template } from "./place.ts";

const isComplete = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Complete" && is === "True") ?? false;

const image = "example.test/c:1";

export const job: Scenario = async ({ client, namespace }) => {
  const spec = { completions: 4, parallelism: 2, template: template("once", image, 0) };
  await client.create(jobs, namespace, { metadata: { name: "once" }, spec });
  await until("the Job", "4 true", async () => {
    const seen = await client.get(jobs, namespace, "once");
    return `${seen.status?.succeeded ?? 0} ${isComplete(seen)}`;
  });
  const brief = { ...spec, ttlSecondsAfterFinished: 0 };
  await client.create(jobs, namespace, { metadata: { name: "brief" }, spec: brief });
  await until("the finished Job to go", "true", () => isGone(client, jobs, namespace, "brief"));
  return "4 of 4 completions, one removed after its end";
};

/** Waits for the next full minute. */
export const cronJob: Scenario = async ({ client, namespace }) => {
  const spec = {
    schedule: "* * * * *",
    jobTemplate: { spec: { template: template("often", image, 0) } },
  };
  const made = await client.create(cronjobs, namespace, { metadata: { name: "often" }, spec });
  const fired = async (): Promise<readonly Job[]> =>
    (await client.list(jobs, { namespace })).items.filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === made.metadata.uid),
    );
  await until("its Job to be complete", "true", async () => `${(await fired()).some(isComplete)}`);
  await until("its time to be noted", "true", async () => {
    const { status } = await client.get(cronjobs, namespace, "often");
    return `${status?.lastScheduleTime !== undefined && status.lastSuccessfulTime !== undefined}`;
  });
  const [first] = await fired();
  assert.match(first?.metadata.name ?? "", /^often-\d+$/);
  return `fired ${first?.metadata.name}, which completed`;
};
