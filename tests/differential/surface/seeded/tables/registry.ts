/** Tables of every resource whose cells tell more than a name and an age: one line a resource. */
import type { Maker } from "../../../values.ts";
import type { Row } from "../../row.ts";
import { table } from "../../rows/read-objects.ts";
import * as core from "./core.ts";
import type { RichMaker } from "./filled.ts";
import * as others from "./others.ts";
import { richPod } from "./pods.ts";
import * as workloads from "./workloads.ts";

const makers: readonly RichMaker[] = [
  ...Array.from({ length: 4 }, () => richPod),
  ...Object.values(core),
  ...Object.values(workloads),
  ...Object.values(others),
];

const perMaker = 8;
const merge = "application/merge-patch+json";

/** Some are being deleted when they are shown: a finalizer keeps them. */
function rowsOf(make: RichMaker, { choices }: Maker, name: string): readonly Row[] {
  const { path, object, status } = make(choices, name);
  const one = `${path}/${name}`;
  const ends = object["metadata"].finalizers !== undefined && choices.fraction() < 0.3;
  Object.assign(object["metadata"], { labels: { ...object["metadata"].labels, walk: "NS" } });
  const include = choices.of(["", "", "?includeObject=Object", "?includeObject=None"]);
  return [
    { at: "W10", ask: `POST ${path}`, body: object },
    ...(status === undefined
      ? []
      : [{ at: "W10", ask: `PATCH ${one}/status`, type: merge, body: { status } }]),
    ...(ends ? [{ at: "W10", ask: `DELETE ${one}` }] : []),
    { at: "W10", ask: `GET ${one}${include}`, accept: table() },
  ];
}

const gone = (path: string, name: string): readonly Row[] => [
  { at: "W10", ask: `DELETE ${path}/${name}?gracePeriodSeconds=0`, unseen: true },
  {
    at: "W10",
    ask: `PATCH ${path}/${name}`,
    type: merge,
    body: { metadata: { finalizers: null } },
    unseen: true,
  },
];

function ofMaker(make: RichMaker, maker: Maker, index: number): readonly Row[] {
  const names = Array.from({ length: perMaker }, (_, count) => `NS-t${index}-${count}`);
  const { path } = make(maker.choices.fork(1), "x");
  return [
    ...names.flatMap((name) => rowsOf(make, maker, name)),
    { at: "W10", ask: `GET ${path}?labelSelector=walk=NS`, accept: table() },
    ...names.flatMap((name) => gone(path, name)),
  ];
}

export const tableRows = (maker: Maker): readonly Row[] =>
  makers.flatMap((make, index) => ofMaker(make, maker, index));
