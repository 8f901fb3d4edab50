/** Every area: one line each. */
import { access } from "./access.ts";
import { admission } from "./admission.ts";
import { applies } from "./applies.ts";
import type { Area } from "./area.ts";
import { nodeRights } from "./as-node.ts";
import { clusterUpdates, updates } from "./changes.ts";
import { creates } from "./creates.ts";
import { deletes } from "./deletes.ts";
import { doors } from "./doors.ts";
import { endings } from "./endings.ts";
import { fields, fieldUpdates } from "./fields.ts";
import { lists } from "./lists.ts";
import { managersHistories } from "./managers.ts";
import { namespaceEnds } from "./namespace-ends.ts";
import { pages } from "./pages.ts";
import { podLives } from "./pod-lives.ts";
import { quotas } from "./quotas.ts";
import { serviceLives } from "./service-lives.ts";
import { clusterSubresources, subresources } from "./statuses.ts";
import { walk, walkUpdates } from "./walk.ts";
import { watches } from "./watches.ts";

export const areas: readonly Area[] = [
  creates,
  fields,
  admission,
  updates,
  applies,
  subresources,
  deletes,
  lists,
  watches,
  pages,
  endings,
  serviceLives,
  managersHistories,
  quotas,
  podLives,
  namespaceEnds,
  doors,
  access,
  nodeRights,
  clusterUpdates,
  clusterSubresources,
  fieldUpdates,
  walk,
  walkUpdates,
];
