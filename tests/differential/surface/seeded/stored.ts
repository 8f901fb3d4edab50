/** Objects that seeded rows are about: made anew, gone afterwards. */
import { type Base, bases } from "../../bases.ts";
import type { Row } from "../row.ts";

// What other rows live in, or cannot be made twice; what bounds others would change what they are answered; and upstream's
// server itself writes the status of flow schemas meanwhile.
const apart =
  /^(namespaces|flowschemas|resourcequotas|limitranges|customresourcedefinitions|apiservices|servicecidrs|(validating|mutating)(webhookconfigurations|admissionpolic(ies|ybindings)|admissionpolicybindings))$/;

export const stored: readonly Base[] = bases.filter(
  ({ stored: isStored, plural }) => isStored && !apart.test(plural),
);

export const collectionOf = (base: Base): string => base.path("NS");
export const pathOf = (base: Base): string => `${base.path("NS")}/${base.object.metadata.name}`;

export const gone = (base: Base): readonly Row[] => [
  { at: "M7", ask: `DELETE ${pathOf(base)}?gracePeriodSeconds=0`, unseen: true },
  {
    at: "M3",
    ask: `PATCH ${pathOf(base)}`,
    type: "application/merge-patch+json",
    body: { metadata: { finalizers: null } },
    unseen: true,
  },
];

/** The object, made anew. */
export const made = (base: Base, query = ""): readonly Row[] => [
  ...gone(base),
  { at: "M1", ask: `POST ${collectionOf(base)}${query}`, body: base.at("NS") },
];
