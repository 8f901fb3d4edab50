/** The restricted level: baseline, and what hardening asks of every pod. In upstream's order. */
import type { PodSpec, Volume } from "#gen/api/core/v1.ts";
import {
  capabilitiesControl,
  confines,
  hostPathControl,
  procMount,
  procMountControl,
  seccompControl,
  unconfined,
} from "./pod-security-baseline.ts";
import {
  type AnyContainer,
  allContainers,
  always,
  type Control,
  containersCalled,
  eachContainer,
  type PodCheck,
  plural,
  podAndContainers,
  quoted,
  unlessInUserNamespace,
} from "./pod-security-violation.ts";

/** Windows has none of what this check is about. */
function onLinux(check: PodCheck): PodCheck {
  return (spec, metadata) => (spec.os?.name === "windows" ? undefined : check(spec, metadata));
}

const allowPrivilegeEscalation = eachContainer({
  reason: "allowPrivilegeEscalation != false",
  rule: "must set securityContext.allowPrivilegeEscalation=false",
  fails: ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
});

const capabilities: PodCheck = (spec) => {
  const containers = allContainers(spec);
  const keeping = containers.filter(
    ({ securityContext }) => !securityContext?.capabilities?.drop?.includes("ALL"),
  );
  const beyond = ({ securityContext }: AnyContainer) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const adding = containers.filter((container) => beyond(container).length > 0);
  const names = quoted([...new Set(adding.flatMap(beyond))].sort());
  const details = [
    ...(keeping.length > 0
      ? [`${containersCalled(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${containersCalled(adding)} must not include ${names} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  if (details.length === 0) return undefined;
  return { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const allowedVolumes: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

function typeOf({ name: _name, ...sources }: Volume): string {
  const [type = "unknown"] = Object.entries(sources)
    .filter(([, source]) => source !== undefined)
    .map(([key]) => key);
  return type;
}

const restrictedVolumes: PodCheck = ({ volumes = [] }) => {
  const bad = (volumes ?? []).filter((volume) => !allowedVolumes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].sort();
  const names = quoted(bad.map(({ name }) => name));
  const use = bad.length === 1 ? "uses" : "use";
  const detail = `${plural("volume", bad.length)} ${names} ${use} restricted volume ${plural("type", types.length)} ${quoted(types)}`;
  return { reason: "restricted volume types", detail };
};

function explicitRoot(spec: PodSpec): readonly string[] {
  return podAndContainers({
    spec,
    podFails: spec.securityContext?.runAsNonRoot === false,
    fails: ({ securityContext }) => securityContext?.runAsNonRoot === false,
  });
}

const runAsNonRoot: PodCheck = (spec) => {
  const reason = "runAsNonRoot != true";
  const setters = explicitRoot(spec);
  if (setters.length > 0) {
    return {
      reason,
      detail: `${setters.join(" and ")} must not set securityContext.runAsNonRoot=false`,
    };
  }
  if (spec.securityContext?.runAsNonRoot === true) return undefined;
  const silent = allContainers(spec).filter((c) => c.securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersCalled(silent)} must set securityContext.runAsNonRoot=true`;
  return { reason, detail };
};

const runAsUser: PodCheck = (spec) => {
  const setters = podAndContainers({
    spec,
    podFails: spec.securityContext?.runAsUser === 0,
    fails: ({ securityContext }) => securityContext?.runAsUser === 0,
  });
  if (setters.length === 0) return undefined;
  return { reason: "runAsUser=0", detail: `${setters.join(" and ")} must not set runAsUser=0` };
};

const seccompProfile: PodCheck = (spec, metadata) => {
  const explicit = unconfined(spec, metadata);
  if (explicit !== undefined) return explicit;
  if (confines(spec.securityContext?.seccompProfile?.type)) return undefined;
  const silent = allContainers(spec).filter(
    ({ securityContext }) => securityContext?.seccompProfile === undefined,
  );
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersCalled(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: "seccompProfile", detail };
};

/** From 1.25 on a pod says by itself that it is for Windows. */
const thenOnLinux = (since: number, check: PodCheck): Control["versions"] => [
  [since, check],
  [25, onLinux(check)],
];

export const restrictedControls: readonly Control[] = [
  { versions: thenOnLinux(8, allowPrivilegeEscalation) },
  { versions: thenOnLinux(22, capabilities), replaces: capabilitiesControl },
  { versions: [[35, procMount]], replaces: procMountControl },
  { ...always(restrictedVolumes), replaces: hostPathControl },
  {
    versions: [
      [0, runAsNonRoot],
      [35, unlessInUserNamespace(runAsNonRoot)],
    ],
  },
  {
    versions: [
      [23, runAsUser],
      [35, unlessInUserNamespace(runAsUser)],
    ],
  },
  { versions: thenOnLinux(19, seccompProfile), replaces: seccompControl },
];
