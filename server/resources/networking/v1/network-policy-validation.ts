/** Validation of a NetworkPolicy: ports, peers, address blocks. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isStrictSubset, parseCIDR, validateCIDR } from "#apimachinery/ip.ts";
import { isPortName, isPortNumber } from "#apimachinery/validate.ts";
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "#gen/api/networking/v1.ts";
import { type SelectorRules, validateLabelSelector } from "#resources/validate-selector.ts";

const specPath = new Path("spec");

interface Known extends SelectorRules {
  /** Prefixes of the stored policy: they may stay as they are. */
  readonly cidrs: ReadonlySet<string>;
}

export function validateNetworkPolicy(policy: NetworkPolicy): FieldError[] {
  return validateSpec(policy, { cidrs: new Set(), anyValues: false });
}

export function validateNetworkPolicyUpdate(
  policy: NetworkPolicy,
  old: NetworkPolicy,
): FieldError[] {
  const { podSelector, ingress = [], egress = [] } = old.spec ?? {};
  const peers = [
    ...ingress.flatMap(({ from = [] }) => from),
    ...egress.flatMap(({ to = [] }) => to),
  ];
  const blocks = peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock]));
  const cidrs = new Set(blocks.flatMap(({ cidr, except = [] }) => [cidr, ...except]));
  const anyValues = validateLabelSelector(podSelector, specPath).length > 0;
  return validateSpec(policy, { cidrs, anyValues });
}

function validateSpec({ spec }: NetworkPolicy, known: Known): FieldError[] {
  const checks = new FieldChecks();
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec ?? {};
  checks.add(validateLabelSelector(podSelector, specPath.child("podSelector"), known));
  const rules = [
    ...ingress.map(({ ports, from }, index) => {
      const path = specPath.child("ingress").index(index);
      return { ports, peers: from, path, peersPath: path.child("from") };
    }),
    ...egress.map(({ ports, to }, index) => {
      const path = specPath.child("egress").index(index);
      return { ports, peers: to, path, peersPath: path.child("to") };
    }),
  ];
  for (const { ports, peers, path, peersPath } of rules) {
    for (const [index, port] of (ports ?? []).entries())
      validatePort(checks, port, path.child("ports").index(index));
    for (const [index, peer] of (peers ?? []).entries())
      validatePeer(checks, peer, { path: peersPath.index(index), known });
  }
  const typesPath = specPath.child("policyTypes");
  if (policyTypes.length > 2)
    checks.invalid(typesPath, policyTypes, "may not specify more than two policyTypes");
  else
    for (const [index, type] of policyTypes.entries())
      checks.oneOf(typesPath.index(index), type, ["Ingress", "Egress"], "as given");
  return checks.errors;
}

function validatePort(
  checks: FieldChecks,
  { protocol, port, endPort }: NetworkPolicyPort,
  path: Path,
): void {
  if (protocol !== undefined)
    checks.oneOf(path.child("protocol"), protocol, ["TCP", "UDP", "SCTP"], "as given");
  const endPath = path.child("endPort");
  if (typeof port === "number") {
    checks.each(path.child("port"), port, isPortNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) checks.invalid(endPath, endPort, "must be greater than or equal to `port`");
    checks.each(endPath, endPort, isPortNumber(endPort));
    return;
  }
  const why = port === undefined ? "not specified" : "non-numeric";
  if (endPort !== undefined)
    checks.invalid(endPath, endPort, `may not be specified when \`port\` is ${why}`);
  if (port !== undefined) checks.each(path.child("port"), port, isPortName(port));
}

function validatePeer(
  checks: FieldChecks,
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  { path, known }: { readonly path: Path; readonly known: Known },
): void {
  checks.add(validateLabelSelector(podSelector, path.child("podSelector"), known));
  checks.add(validateLabelSelector(namespaceSelector, path.child("namespaceSelector"), known));
  if (ipBlock !== undefined) validateBlock(checks, ipBlock, { path: path.child("ipBlock"), known });
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) checks.required(path, "must specify a peer");
  else if (selects && ipBlock !== undefined)
    checks.forbidden(path, "may not specify both ipBlock and another peer");
}

function validateBlock(
  checks: FieldChecks,
  { cidr = "", except = [] }: IPBlock,
  { path, known }: { readonly path: Path; readonly known: Known },
): void {
  if (!checks.declared.present(path.child("cidr"), cidr)) return;
  if (!known.cidrs.has(cidr)) checks.add(validateCIDR(path.child("cidr"), cidr));
  const outer = parseCIDR(cidr);
  if (outer === undefined) return;
  for (const [index, text] of except.entries()) {
    const here = path.child("except").index(index);
    if (!known.cidrs.has(text)) checks.add(validateCIDR(here, text));
    const inner = parseCIDR(text);
    if (inner !== undefined && !isStrictSubset(inner, outer))
      checks.invalid(here, text, "must be a strict subset of `cidr`");
  }
}
