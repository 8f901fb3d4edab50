/** Impersonation: acting as somebody else, with the right to each part of it. */
import { Recent } from "#apimachinery/recent.ts";
import { badRequest, isReason } from "#apimachinery/status.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo } from "#apiserver/attributes.ts";
import { actingAs, type Mode, modes } from "./impersonation-modes.ts";

const extraPrefix = "impersonate-extra-";

/** Keys arrive lower-cased and percent-encoded; a header given twice arrives joined by commas. */
function extraOf(headers: Headers): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith(extraPrefix)) continue;
    const encoded = name.slice(extraPrefix.length);
    extra[decoded(encoded)] = value.split(",").map((part) => part.trim());
  }
  return extra;
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function listOf(value: string | null): readonly string[] {
  return value === null || value === "" ? [] : value.split(",").map((part) => part.trim());
}

function goList(values: readonly string[]): string {
  if (values.length === 0) return "[]string(nil)";
  return `[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`;
}

/** As Go prints it, which is what upstream's refusal shows. */
function goUser({ name, uid, groups, extra }: UserInfo): string {
  const entries = Object.entries(extra).map(
    ([key, list]) => `${JSON.stringify(key)}:${goList(list)}`,
  );
  const map = `map[string][]string${entries.length === 0 ? "(nil)" : `{${entries.join(", ")}}`}`;
  const head = `Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}`;
  return `&user.DefaultInfo{${head}, Groups:${goList(groups)}, Extra:${map}}`;
}

/** undefined: nobody is to be impersonated. */
function requested(headers: Headers): UserInfo | undefined {
  const asked = {
    name: headers.get("impersonate-user") ?? "",
    uid: headers.get("impersonate-uid") ?? "",
    groups: listOf(headers.get("impersonate-group")),
    extra: extraOf(headers),
  };
  if (asked.name !== "") return asked;
  if (asked.uid === "" && asked.groups.length === 0 && Object.keys(asked.extra).length === 0) {
    return undefined;
  }
  throw badRequest(`requested ${goUser(asked)} without impersonating a user name`);
}

const asking = ["impersonate-user", "impersonate-group", "impersonate-uid"];

/** Any of the headers; extras alone, without a name, are a mistake too. */
export function asksToImpersonate(headers: Headers): boolean {
  if (asking.some((name) => headers.has(name))) return true;
  for (const name of headers.keys()) if (name.startsWith(extraPrefix)) return true;
  return false;
}

/** Requesters whose last mode is remembered: those who impersonated last. */
const rememberedMax = 10_000;

/** Tries each mode. A requester's last one comes first, since it is likely to be the next one too. */
export class Impersonation {
  readonly #authorizer: Authorizer;
  /** By the requester's name. */
  readonly #last = new Recent<Mode>(rememberedMax);

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** Who the request acts as: its user, unless it impersonates. Throws Forbidden without the right. */
  async actingUser(headers: Headers, attributes: AuthorizationAttributes): Promise<UserInfo> {
    const { user } = attributes;
    const asked = requested(headers);
    if (asked === undefined) return user;
    const last = this.#last.get(user.name);
    const others = modes.filter((mode) => mode !== last);
    let refusal: unknown;
    for (const mode of last === undefined ? others : [last, ...others]) {
      if (!mode.applies(asked, user)) continue;
      try {
        const parts = { attributes, authorizer: this.#authorizer };
        const acting = await actingAs(mode, asked, parts);
        this.#last.set(user.name, mode);
        return acting;
      } catch (error) {
        if (!isReason(error, "Forbidden")) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }
}
