/** Secrets of type kubernetes.io/service-account-token get what a client of their account needs, and go with it. */
import {
  accountNameAnnotation,
  accountUidAnnotation,
  tokenSecretType,
} from "#apimachinery/legacy-token.ts";
import { type Effect, remove, update } from "#controllers/effects.ts";
import { type Secret, type ServiceAccount, secrets, serviceaccounts } from "#gen/api/core/v1.ts";

export interface NamedAccount {
  readonly name: string;
  /** "" in a Secret that has not been filled: any account of the name. */
  readonly uid: string;
}

/** undefined: no Secret of this type, or one that names no account. */
export function accountNamed({ type, metadata }: Secret): NamedAccount | undefined {
  const name = metadata.annotations?.[accountNameAnnotation] ?? "";
  if (type !== tokenSecretType || name === "") return undefined;
  return { name, uid: metadata.annotations?.[accountUidAnnotation] ?? "" };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What the Secret should hold and does not; the token apart, which must be signed. */
function missingData({ data = {}, metadata }: Secret, rootCa: string): Record<string, string> {
  const authority = base64(rootCa);
  return {
    ...(rootCa === "" || data["ca.crt"] === authority ? {} : { "ca.crt": authority }),
    ...(data["namespace"] ? {} : { namespace: base64(metadata.namespace ?? "") }),
  };
}

/** `account` undefined: it is surely gone. `sign` makes the token where the Secret has none. */
export async function reconcile(
  secret: Secret,
  account: ServiceAccount | undefined,
  { rootCa, sign }: { readonly rootCa: string; readonly sign: () => Promise<string> },
): Promise<readonly Effect[]> {
  if (account === undefined) return [remove(secrets, secret)];
  const missing = missingData(secret, rootCa);
  const hasToken = Boolean(secret.data?.["token"]);
  if (hasToken && Object.keys(missing).length === 0) return [];
  const token = hasToken ? {} : { token: base64(await sign()) };
  const { metadata } = secret;
  const annotations = {
    ...metadata.annotations,
    [accountNameAnnotation]: account.metadata.name,
    [accountUidAnnotation]: account.metadata.uid ?? "",
  };
  const data = { ...secret.data, ...missing, ...token };
  return [update(secrets, { ...secret, metadata: { ...metadata, annotations }, data })];
}

/** An account forgets a Secret that is gone. */
export function forget(account: ServiceAccount, secret: string): readonly Effect[] {
  const kept = (account.secrets ?? []).filter(({ name }) => name !== secret);
  if (kept.length === (account.secrets ?? []).length) return [];
  return [update(serviceaccounts, { ...account, secrets: kept })];
}
