/** What the rows of reads read, and how they ask for other forms of it. */
import type { Row } from "../row.ts";

// Nobody else makes any.
export const maps = "/api/v1/namespaces/NS/secrets";
export const table = (rest = "") => `application/json;as=Table;v=v1;g=meta.k8s.io${rest}`;
export const part = (kind: string, rest = "") =>
  `application/json;as=${kind};v=v1;g=meta.k8s.io${rest}`;

const created = (name: string, labels = {}): Row => ({
  at: "M1",
  ask: `POST ${maps}`,
  body: { metadata: { name, labels }, data: { a: "Yg==" } },
});
export const setUp: readonly Row[] = [
  created("one", { a: "b" }),
  created("two", { a: "c", b: "x" }),
  created("three"),
];
