// Every offset and verdict that host and module share; drawn in ../README.md. `npm run gen` copies the
// numbers into server/gen/scheduler-abi.ts, so each is one literal. Offsets are in bytes.

/** Where the header stands. */
export const HEADER: usize = 4096;
/** Room for a number a node of one block, below the arena. */
export const BLOCK: usize = 8192;
/** First byte of the arena: all above belongs to the host's allocator. */
export const ARENA: usize = 65536;
/** Layout version: the host refuses a module of another one. */
export const ABI_VERSION: i32 = 5;
/** "This node has no such label": in feature vectors. Domain columns say -1. */
export const MISSING: i32 = -2147483648;

// Header: the whole cluster.
/** i32: node slots in use; slots above were never used. */
export const H_SLOTS: usize = 0;
/** i32: blocks of 64 slots in use. */
export const H_BLOCKS: usize = 4;
/** i32: nodes alive. */
export const H_NODES: usize = 8;
/** row: slots that hold a node. */
export const H_ALIVE: usize = 12;
/** row: spec.unschedulable. */
export const H_UNSCHEDULABLE: usize = 16;
/** table: set id -> row of the nodes in it. */
export const H_SETS: usize = 20;
/** table of pairs: resource id -> f64 allocatable column, f64 used column. */
export const H_RESOURCES: usize = 24;
/** i32 column: allocatable pods. */
export const H_PODS_MAX: usize = 28;
/** i32 column: pods bound. */
export const H_PODS: usize = 32;
/** f64 columns: what the pods count as in NodeResourcesFit's score. */
export const H_NONZERO_CPU: usize = 36;
export const H_NONZERO_MEMORY: usize = 40;
/** table: counter id -> counter. */
export const H_COUNTERS: usize = 44;
/** table: topology key id -> i32 column of domain ids. */
export const H_TOPOLOGIES: usize = 48;
/** table of aggregates, and how many. */
export const H_AGGREGATES: usize = 52;
export const H_AGGREGATE_COUNT: usize = 56;
/** i32 ring of changed node slots, its index mask, and pushes so far. */
export const H_JOURNAL: usize = 60;
export const H_JOURNAL_MASK: usize = 64;
export const H_JOURNAL_HEAD: usize = 68;
/** f64 table: k -> ln(k + 2). */
export const H_LOGS: usize = 72;
/** u32: of the tie-breaking hash. */
export const H_SEED: usize = 76;
/** u32: raised by the host when every class has to be rebuilt. */
export const H_EPOCH: usize = 80;
/** table of 16 bytes: image id -> i32 set, i32 nodes holding it, f64 size in bytes. */
export const H_IMAGES: usize = 84;
/** u32: stamp of the current count of distinct domains. */
export const H_STAMP: usize = 88;
/** Room for one group a slot, of the widest class. */
export const H_SCRATCH: usize = 92;
/** explain's results: u32 column of verdicts; i32 columns of scores, one plugin after the other. */
export const H_VERDICTS: usize = 96;
export const H_SCORES: usize = 100;
/** i32: bytes from one column of scores to the next. */
export const H_SCORES_STRIDE: usize = 104;
/** i32: feasible nodes of the last decision. */
export const H_FEASIBLE: usize = 108;
/** i32 columns: first pod of the node, least important first; first pod nominated to it. Records, or 0. */
export const H_FIRST_POD: usize = 112;
export const H_FIRST_NOMINATED: usize = 116;
/** list of the slots that have nominated pods. */
export const H_NOMINATED_SLOTS: usize = 120;
/** i32 tables: disruptions allowed by each budget; what is left of them on the node in hand. How many. */
export const H_BUDGETS: usize = 124;
export const H_BUDGETS_LEFT: usize = 128;
export const H_BUDGET_COUNT: usize = 132;
/** i32 table of records: victims of the last preemption. How many. */
export const H_VICTIMS: usize = 136;
export const H_VICTIM_COUNT: usize = 140;
/** Columns of the last preemptor's class: u32 verdict without the lesser pods; i32 violations, greatest
 *  priority; f64 sum of priorities; i32 victims; f64 start of the victims of that priority. */
export const H_P_VERDICTS: usize = 144;
export const H_P_VIOLATIONS: usize = 148;
export const H_P_GREATEST: usize = 152;
export const H_P_SUM: usize = 156;
export const H_P_COUNT: usize = 160;
export const H_P_START: usize = 164;
/** Which class the columns stand for (0: none), at which epoch and journal position. */
export const H_P_CLASS: usize = 168;
export const H_P_EPOCH: usize = 172;
export const H_P_CURSOR: usize = 176;
export const HEADER_BYTES: usize = 180;

// Pod record: one pod on a node, or nominated to it.
/** Neighbours on the node, or 0: the more important, the less important. */
export const P_NEXT: usize = 0;
export const P_PREVIOUS: usize = 4;
/** Kind: what pods alike share. */
export const P_KIND: usize = 8;
export const P_PRIORITY: usize = 12;
/** f64: seconds since 1970; Infinity while it has not started. */
export const P_START: usize = 16;
/** i32: scratch of the preemption: 1 while its removal would violate a budget. */
export const P_VIOLATES: usize = 24;
/** Of a nominated pod instead: list of pairs, counters of a volume that it attaches and of the volume's driver; or 0. */
export const P_VOLUMES: usize = 24;
/** i32: the host's number of the pod; the module does not read it. */
export const P_HOST: usize = 28;
export const POD_BYTES: usize = 32;

// Kind: effects, and a list of the disruption budgets that cover the pod.
export const KIND_EFFECTS: usize = 0;
export const KIND_BUDGETS: usize = 4;
export const KIND_BYTES: usize = 8;

/** Journal entries: the slot, with this bit when labels, taints or allocatable changed. */
export const JOURNAL_STATIC: i32 = 1073741824;

// Counter: pods of one kind a node.
/** i32 column. */
export const C_COLUMN: usize = 0;
/** First aggregate over it, or 0. */
export const C_AGGREGATES: usize = 4;
/** i32: over all nodes. */
export const C_TOTAL: usize = 8;
export const COUNTER_BYTES: usize = 12;

// Aggregate: a counter summed up by domain of a topology key, over eligible nodes.
export const A_COUNTER: usize = 0;
export const A_TOPOLOGY: usize = 4;
/** Node filter that makes a node eligible, or 0: every node. */
export const A_FILTER: usize = 8;
/** row. */
export const A_ELIGIBLE: usize = 12;
/** i32 tables by domain id: count, eligible nodes, stamp. */
export const A_COUNTS: usize = 16;
export const A_NODES: usize = 20;
export const A_STAMPS: usize = 24;
/** i32: domain ids the tables have room for. */
export const A_CAPACITY: usize = 28;
/** i32: domains with an eligible node; sum of all counts; least count, domains at it (0: unknown). */
export const A_DOMAINS: usize = 32;
export const A_TOTAL: usize = 36;
export const A_LEAST: usize = 40;
export const A_AT_LEAST: usize = 44;
/** Next aggregate of the same counter, or 0. */
export const A_NEXT: usize = 48;
export const AGGREGATE_BYTES: usize = 52;

// Effects: what one pod adds to its node. Requests, then counters.
export const E_REQUESTS: usize = 0;
export const E_COUNTERS: usize = 4;
export const E_NONZERO_CPU: usize = 8;
export const E_NONZERO_MEMORY: usize = 16;
/** Each request: i32 resource, i32 0, f64 amount. Each counter: i32 id, i32 delta. */
export const E_ENTRIES: usize = 24;

// Class: pods that the scheduler cannot tell apart.
/** u32: epoch and journal position that the cached columns stand for; epoch 0: never built. */
export const K_EPOCH: usize = 0;
export const K_CURSOR: usize = 4;
/** Node filter: nodeSelector, required node affinity, untolerated hard taints. */
export const K_FILTER: usize = 8;
/** i32 set id of spec.nodeName, or -1. */
export const K_NAME: usize = 12;
/** i32 0/1. */
export const K_TOLERATES_UNSCHEDULABLE: usize = 16;
/** list of set ids: PreferNoSchedule taints not tolerated. */
export const K_SOFT_TAINTS: usize = 20;
/** preferred node affinity: count, then weight, count, requirements. */
export const K_PREFERRED: usize = 24;
/** list of image ids, one a container or image volume; i32 how many. */
export const K_IMAGES: usize = 28;
export const K_CONTAINERS: usize = 32;
/** list of counter ids that conflict with the pod's host ports. */
export const K_PORTS: usize = 36;
export const K_EFFECTS: usize = 40;
/** lists of constraints (below). */
export const K_HARD_SPREAD: usize = 44;
export const K_SOFT_SPREAD: usize = 48;
/** i32 0/1: nodes without every soft key are not scored. */
export const K_SOFT_NEEDS_KEYS: usize = 52;
export const K_AFFINITY: usize = 56;
/** i32 0/1: the pod matches its own affinity terms. */
export const K_AFFINITY_SELF: usize = 60;
export const K_ANTI_AFFINITY: usize = 64;
/** Anti-affinity of pods already placed that refuses this one. */
export const K_EXISTING_ANTI: usize = 68;
export const K_ATTRACTIONS: usize = 72;
/** list of features: i32 kind, i32 id, i32 topology. */
export const K_FEATURES: usize = 76;
/** i32 feature indices, or -1. */
export const K_TAINT_FEATURE: usize = 80;
export const K_PREFERRED_FEATURE: usize = 84;
export const K_ATTRACTION_FEATURE: usize = 88;
/** f64: real requests, for the balance. */
export const K_CPU: usize = 96;
export const K_MEMORY: usize = 104;
/** row: passes what only node changes alter. */
export const K_STATIC: usize = 112;
/** i32 columns: score << 16 | tie hash (-1: refused by a local filter); group (0 where features tell none apart). */
export const K_KEYS: usize = 116;
export const K_GROUP_OF: usize = 120;
/** groups, how many, room for how many, bytes of one. */
export const K_GROUPS: usize = 124;
export const K_GROUP_COUNT: usize = 128;
export const K_GROUP_CAPACITY: usize = 132;
export const K_GROUP_BYTES: usize = 136;
/** i32 table, group x block: greatest key. */
export const K_MAXIMA: usize = 140;
/** i32: bytes of one group's row there. */
export const K_MAXIMA_BYTES: usize = 144;
/** i32 hash table from features to group + 1, and its index mask. */
export const K_HASH: usize = 148;
export const K_HASH_MASK: usize = 152;
/** i32: 0 grouped, 1 every node is weighed anew (more groups than room). */
export const K_SCAN: usize = 156;
export const K_PRIORITY: usize = 160;
/** i32 0/1: NodeResourcesFit counts pods. Requests that it looks at: count, then entries as in effects,
 *  with an i32 0/1 behind the resource: nodes that have none of it serve it by devices, which others count. */
export const K_COUNTS_PODS: usize = 164;
export const K_REQUESTS: usize = 168;
/** i32: one a column of S_*. */
export const K_WEIGHTS: usize = 288;
/** How NodeResourcesFit scores (FIT_*), over which resources; 0: LeastAllocated of cpu and memory. */
export const K_FIT_STRATEGY: usize = 200;
export const K_FIT_RESOURCES: usize = 204;
/** list of pairs: utilization, score. */
export const K_FIT_SHAPE: usize = 208;
/** Resources whose balance is scored; 0: cpu and memory. */
export const K_BALANCED: usize = 212;
/** i32 0/1: pods of other nodes may refuse it a node. */
export const K_ACROSS: usize = 216;
/** Node filter that the profile adds, or 0. */
export const K_ADDED_FILTER: usize = 220;
/** lists of pairs: set that the node must be in, verdict where it is not. */
export const K_VOLUME_SETS: usize = 224;
export const K_ZONE_SETS: usize = 228;
/** list of counters that must be 0 on the node. */
export const K_DISKS: usize = 232;
/** list of counters that must be 0 on every node. */
export const K_EXCLUSIVE: usize = 236;
/** list of pairs: set, what its nodes score more (VolumeBinding). */
export const K_VOLUME_SCORES: usize = 272;
/** NodeVolumeLimits: drivers, then of each: counters of what is attached and of the limit, volumes wanted, the counter
 *  that must not be 0 (-1: none), how many of the volumes others use, their counters. */
export const K_LIMITS: usize = 276;
/** list of pairs: set that the node must be in, verdict where it is not, for filters that ask pod and node alone. */
export const K_NODE_SETS: usize = 280;
/** list of pairs: set, what its nodes score more (DynamicResources). */
export const K_DEVICE_SCORES: usize = 284;
export const CLASS_BYTES: usize = 328;

// Scored resources: count, 1 when the pod asks for any, then of each:
// i32 resource, i32 weight, i32 what is used (a resource, or NONZERO_*), i32 0, f64 request.
export const SCORED_BYTES: usize = 24;
export const NONZERO_CPU: i32 = -1;
export const NONZERO_MEMORY: i32 = -2;
export const FIT_LEAST: i32 = 0;
export const FIT_MOST: i32 = 1;
export const FIT_RATIO: i32 = 2;

// Constraint, in lists that open with their length.
/** LOCAL: the counter's id instead, and in T_FEATURE its topology's. */
export const T_AGGREGATE: usize = 0;
/** How its count is found: one of the feature kinds DOMAIN, VALUE, COUNTER, OPEN, or LOCAL. */
export const T_KIND: usize = 4;
export const T_FEATURE: usize = 8;
/** Hard spread: maxSkew, self match, minDomains. Soft: maxSkew. Attraction: coefficient. */
export const T_NUMBER: usize = 12;
export const T_SELF: usize = 16;
/** Soft spread, f64: ln(size + 2), written by the module at every decision. */
export const T_WEIGHT: usize = 16;
export const T_MIN_DOMAINS: usize = 20;
export const CONSTRAINT_BYTES: usize = 24;

// Features: what tells groups of nodes apart within a class.
/** Domain id of a topology key. */
export const DOMAIN: i32 = 0;
/** Count of the node's own domain, where each domain is one node. */
export const VALUE: i32 = 1;
/** The counter on the node itself. */
export const COUNTER: i32 = 2;
/** Not a feature: settled node by node. */
export const LOCAL: i32 = 3;
export const TAINTS: i32 = 4;
export const PREFERRED: i32 = 5;
export const ATTRACTION: i32 = 6;
/**
 * Domain id where nodes without the label share the domain of the empty value; those have the bit BARE beside it.
 * The feature's second number is the topology that tells them.
 */
export const OPEN: i32 = 7;
export const BARE: i32 = 1073741824;
export const FEATURE_BYTES: usize = 12;

// Group.
/** i32: nodes that pass the local filters; greatest key; whether that has to be looked up again. */
export const G_NODES: usize = 0;
export const G_BEST: usize = 4;
export const G_DIRTY: usize = 8;
/** i32: verdict of the filters across nodes (0 fits), raw scores. */
export const G_VERDICT: usize = 12;
export const G_SPREAD: usize = 16;
export const G_ATTRACTION: usize = 20;
export const G_FEATURES: usize = 24;

// Verdicts: the filter that refused first (V_FILTER, in the order of the filters) and bits of its reasons.
export const V_FILTER: u32 = 520093696;
export const V_FILTER_SHIFT: i32 = 24;
export const V_REASONS: u32 = 16777215;
export const V_UNSCHEDULABLE: u32 = 16777217;
export const V_NODE_NAME: u32 = 33554433;
export const V_TAINT: u32 = 50331649;
export const V_NODE_AFFINITY: u32 = 67108865;
export const V_ADDED_AFFINITY: u32 = 67108866;
export const V_PORTS: u32 = 83886081;
export const V_TOO_MANY_PODS: u32 = 100663297;
/** The class's first request is short: V_FIT with this reason, shifted left by n for the n-th, up to V_REQUESTS_MAX. */
export const V_FIRST_REQUEST_REASON: u32 = 2;
export const V_FIT: u32 = 100663296;
export const V_REQUESTS_MAX: i32 = 22;
export const V_DISK: u32 = 117440513;
export const V_EXCLUSIVE: u32 = 117440514;
/** Volumes of a driver beyond what the node takes. */
export const V_VOLUME_LIMIT: u32 = 134217729;
/** The pod's first driver is not on the node: shifted left by n for the n-th, up to V_DRIVERS_MAX. */
export const V_FIRST_DRIVER: u32 = 134217730;
export const V_DRIVERS_MAX: i32 = 22;
export const V_VOLUME_NODE: u32 = 150994945;
export const V_VOLUME_NONE: u32 = 150994946;
export const V_VOLUME_SPACE: u32 = 150994948;
export const V_VOLUME_GONE: u32 = 150994952;
export const V_VOLUME_ZONE: u32 = 167772161;
export const V_SPREAD: u32 = 184549377;
export const V_SPREAD_LABEL: u32 = 184549378;
export const V_AFFINITY: u32 = 201326593;
export const V_ANTI_AFFINITY: u32 = 201326594;
export const V_EXISTING_ANTI: u32 = 201326596;
/** Its devices cannot be reached from the node. */
export const V_DEVICE: u32 = 218103809;
/** It has no devices left that the pod's claims could get. */
export const V_DEVICE_NONE: u32 = 218103810;
/** Its pools of devices contradict themselves. */
export const V_DEVICE_POOLS: u32 = 218103812;
/** A claim from an attempt before stands in the way; a resource is neither the node's nor a class's. */
export const V_DEVICE_STALE: u32 = 218103816;
export const V_DEVICE_NO_CLASS: u32 = 218103824;
export const V_NO_VICTIMS: u32 = 234881025;
export const V_NOT_HELPFUL: u32 = 234881026;
/** Of the first filter that asks pod and node alone; the n-th next has its number n higher. How many there may be. */
export const V_NODE_QUESTION: u32 = 251658241;
export const V_NODE_QUESTIONS_MAX: i32 = 17;
/** Evicting pods could not help. */
export const V_UNRESOLVABLE: u32 = 536870912;
/** No node stands in this slot. */
export const V_NO_NODE: u32 = 1073741824;

// Columns of explain's scores, weighted.
export const S_TAINT_TOLERATION: i32 = 0;
export const S_NODE_AFFINITY: i32 = 1;
export const S_NODE_RESOURCES_FIT: i32 = 2;
export const S_POD_TOPOLOGY_SPREAD: i32 = 3;
export const S_INTER_POD_AFFINITY: i32 = 4;
export const S_BALANCED_ALLOCATION: i32 = 5;
export const S_IMAGE_LOCALITY: i32 = 6;
export const S_VOLUME_BINDING: i32 = 7;
export const S_DYNAMIC_RESOURCES: i32 = 8;
export const S_COLUMNS: i32 = 9;
