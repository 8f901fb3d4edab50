/** W7: plain words and numbers of YAML, as its older version reads them. */
import type { Row } from "../row.ts";

const words = [
  ...["n", "N", "no", "y", "Yes", "on", "OFF", "True", "~", "null", "nope", "'n'", '"yes"'],
  ...["0644", "0o17", "0x10", "0b11", "089", "00", "1_000", "1_0.5", "-010", "+5", ".5", "1e3"],
  ...["1:30", "2001-01-01", "2001-01-01T00:00:00Z", ".inf", ".nan", "<<", "!!str 1", "!!bool x"],
];

const sent = (field: string): Row => ({
  at: "W7",
  ask: "POST /api/v1/namespaces/NS/configmaps?dryRun=All",
  type: "application/yaml",
  body: `metadata: {name: q}\n${field}\n`,
});

export const writeYaml: readonly Row[] = words.flatMap((word): Row[] => [
  sent(`data: {a: ${word}}`),
  sent(`immutable: ${word}`),
  sent(`data: {${word}: a}`),
  {
    at: "M4",
    ask: "PATCH /api/v1/namespaces/NS/configmaps/q?fieldManager=m&dryRun=All",
    type: "application/apply-patch+yaml",
    body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: q}\ndata: {a: ${word}}\n`,
  },
]);
