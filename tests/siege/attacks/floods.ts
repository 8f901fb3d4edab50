/** Well-formed requests in floods: each is right, and answered; there are only too many of them. */
import { ask } from "../ask.ts";
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";

const json = "application/json";
const random = (siege: Siege): string => randomBytes(siege, 8).toString("hex");

/** What is asked and answered, and never stored. */
function review(siege: Siege): Promise<void> {
  const name = random(siege);
  const resourceAttributes = { verb: "get", resource: name, namespace: name };
  const groups = Array.from({ length: 200 }, (_, at) => `${name}-${at}`);
  const { path, body } = pick(siege, [
    {
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: { spec: { user: name, groups, resourceAttributes } },
    },
    {
      path: "/apis/authentication.k8s.io/v1/tokenreviews",
      body: { spec: { token: `${name}.${name}.${name}`.repeat(50) } },
    },
    {
      path: "/api/v1/namespaces/siege/serviceaccounts/default/token",
      body: { spec: { audiences: [name], expirationSeconds: 600 } },
    },
  ]);
  return ask(siege, { method: "POST", path, type: json, body: JSON.stringify(body) });
}

const modes: readonly string[] = [
  "",
  "resourceVersion=0",
  "resourceVersion=1&resourceVersionMatch=NotOlderThan",
  "resourceVersion=1&resourceVersionMatch=Exact",
  "limit=1",
  "limit=500&resourceVersion=0",
];

export const floods: readonly Attack[] = [
  { name: "reviews and tokens", run: (siege) => crowd(siege, 16, () => review(siege)) },
  {
    name: "lists at every version",
    run: (siege) =>
      crowd(siege, 64, () =>
        ask(siege, {
          path: `/apis/rbac.authorization.k8s.io/v1/clusterroles?${pick(siege, modes)}`,
        }),
      ),
  },
];
