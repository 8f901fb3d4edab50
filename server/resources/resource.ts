/**
 * What one resource declares, in one file. Everything else (routes, discovery, OpenAPI, tables, keys,
 * informers) derives from it and from the generated facts in its ResourceRef.
 */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export type Cell = string | number | boolean | null | readonly string[];

/** What a table says of a row: `Completed`, for clients that show ended things apart. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A column of a table, where the generated facts have none for the resource. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly priority: number;
  readonly description?: string;
}

/** The clock, as cells and strategies see it. */
export interface CellContext<T extends KubeObject = KubeObject> {
  readonly now: Date;
  /** All rows of the table, where it is of a list. */
  readonly listed?: readonly T[];
}

/** What a strategy may take from the request beside the objects. */
export interface StrategyContext {
  readonly now: Date;
  /** A random name; there where a request stands behind. */
  readonly newUid?: () => string;
  /** Tells the client something that the object no longer shows once it is prepared. */
  readonly warn?: (warning: string) => void;
  /** Who asks; undefined only where no request stands behind (tests, migrations). */
  readonly user?: {
    readonly name: string;
    readonly uid: string;
    readonly groups: readonly string[];
    readonly extra: Readonly<Record<string, readonly string[]>>;
  };
}

/**
 * Objects handed to `default` and `prepareFor*` were just decoded and belong to the caller: these hooks
 * fill them in place. Objects handed to everything else are shared and never mutated.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly ref: ResourceRef<T>;
  /** All cells of a table row, Name and Age included, in the order of the generated column facts. Absent: Name and creation time. */
  cells?(object: T, context: CellContext<T>): readonly Cell[];
  /** In what order a list's table shows two rows; absent: as they are listed. */
  rowOrder?(a: T, b: T): number;
  /** What a table says of a row beside its cells; undefined: nothing. */
  rowConditions?(object: T): readonly RowCondition[] | undefined;
  /** Of a resource that the generated column facts do not know. */
  readonly columns?: readonly Column[];
  /** What upstream's empty object shows beside empty fields, in place: where its internal type has no absence. */
  zero?(object: T): void;
  /**
   * For a resource whose type is not in the schema table: brings a decoded object into its type, in place; the
   * paths of the unknown fields that it took out. Throws BadRequest.
   */
  takeIn?(object: T): readonly string[];
  /** Upstream's defaulting (SetDefaults_*), on create and update; `now` is there where a request stands behind. */
  default?(object: T, now?: Date): void;
  /** Takes out the fields of features that are off, on create and update of the main resource: upstream drops them unjudged. */
  dropDisabled?(object: T): void;
  /** Strategy before create: clear status, set what the server owns. metadata (uid too) is already done generically. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** Strategy before update of the main resource: keep status, what the client may not change. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  /** Strategy before update of /status: keep everything but status. Absent: generic (only status moves). */
  prepareForStatusUpdate?(object: T, old: T, context: StrategyContext): void;
  /** Beyond metadata, which is validated generically. */
  validate?(object: T): FieldError[];
  /** Called instead of `validate` on an update: everything that an updated object must obey, beyond metadata. */
  validateUpdate?(object: T, old: T): FieldError[];
  validateStatusUpdate?(object: T, old: T): FieldError[];
  /** How metadata.name, and generateName where it is given, are checked; default: DNS-1123 subdomain. Returns sentences. */
  validateName?(name: string, object: T): readonly string[];
  readonly metaRules?: ResourceMetaRules;
  /** Fields beside metadata.name and metadata.namespace that a field selector may name. */
  selectableFields?(object: T): Readonly<Record<string, string>>;
  /** The fields that the watch cache indexes watchers by; each a key of selectableFields. */
  readonly indexedFields?: readonly string[];
  /** Told to clients with every answer: the resource is on its way out. */
  readonly deprecation?: string;
  /** Warning headers for a create or update. */
  warnings?(object: T, old: T | undefined): readonly string[];
  /** True (default): an update may omit resourceVersion. */
  readonly allowUnconditionalUpdate?: boolean;
  /** True: generateName is taken for the name as it is. */
  readonly namesAsGiven?: boolean;
  /** True: a PUT to an absent name creates it (default false). */
  readonly allowCreateOnUpdate?: boolean;
  /** True (default): metadata.generation is kept, bumped when anything but metadata and status changes. */
  readonly hasGeneration?: boolean;
  /** Whether an update of the main resource raises the generation, where the rule above is not upstream's. */
  raisesGeneration?(object: T, old: T): boolean;
  /** Seconds that a delete waits, given what the client asked for (undefined: nothing); 0 or undefined: at once. */
  gracePeriodSeconds?(object: T, asked?: number): number | undefined;
  /**
   * Present: the first delete only marks. Given the object with deletionTimestamp, what else it marks: a finalizer
   * of the server's own, conditions. `object` stays as it is.
   */
  endOf?(object: T, context: { readonly now: Date }): T;
  /** The default of propagationPolicy when the client names none (upstream: background; some legacy: orphan). */
  readonly defaultPropagation?: "Background" | "Orphan";
  /** What a client is warned of who deletes without saying what becomes of dependents. */
  readonly propagationWarning?: string;
  /** Where replicas, selector and status replicas live; present: the resource serves /scale. */
  readonly scale?: ScaleMapping<T>;
  /** Another resource that holds these objects: keys, revisions and watches are its. */
  readonly storedAs?: StoredAs<T>;
}

/** Where a resource's metadata is judged otherwise than most. */
export interface ResourceMetaRules {
  /** True: a finalizer without a domain may be any word, not only those of Kubernetes itself. */
  readonly anyFinalizers?: boolean;
  /** False: an update judges only what of metadata may change; the default judges all, as a create does. */
  readonly wholeOnUpdate?: boolean;
  /** True: generateName may be anything; the name that was made of it is judged alone. */
  readonly anyGenerateName?: boolean;
  /** True: at a create it is judged only where nothing else is wrong. */
  readonly isLate?: boolean;
}

/** One set of objects seen through two group-versions: events, horizontalpodautoscalers. Neither function changes its argument. */
export interface StoredAs<T extends KubeObject> {
  readonly ref: ResourceRef;
  toStored(object: T): KubeObject;
  fromStored(object: KubeObject): T;
}

export interface ScaleMapping<T> {
  /** Where the wanted replicas are, as managedFields names it; default: spec.replicas. */
  readonly replicasPath?: readonly string[];
  /** `absent`: the path of the wanted replicas, where the object does not say how many. */
  read(object: T): {
    specReplicas: number;
    statusReplicas: number;
    selector: string;
    absent?: string;
  };
  write(object: T, specReplicas: number): void;
}

/** Checks the type parameter at the declaration, then forgets it, so that a registry can hold all of them. */
export function defineResource<T extends KubeObject>(resource: Resource<T>): Resource<T> {
  return resource;
}
