import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import { type LegacyTokenClaims, legacyPayload } from "#apimachinery/legacy-token.ts";
import { tokenKeyOf } from "#apimachinery/token-key.ts";
import type { Client } from "#client/client.ts";
import { findObject } from "#client/find-object.ts";
import { objectKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { type Secret, type ServiceAccount, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import { accountNamed, forget, type NamedAccount, reconcile } from "./reconcile.ts";

const byAccount = "token of account";

/** Keys are paths; none of the parts holds a slash. */
const secretKey = ({ metadata }: Secret): string =>
  ["secret", metadata.namespace, metadata.name].join("/");
const referenceKey = ({ metadata }: Secret, { name, uid }: NamedAccount): string =>
  ["reference", metadata.namespace, name, uid, metadata.name].join("/");

/** `privateKey`: PEM, RSA or ECDSA. */
function signer(privateKey: string): (claims: LegacyTokenClaims) => Promise<string> {
  const key = createPrivateKey(privateKey);
  const { algorithm: alg, id: kid } = tokenKeyOf(privateKey);
  return (claims) => new SignJWT(legacyPayload(claims)).setProtectedHeader({ alg, kid }).sign(key);
}

const matching = (account: ServiceAccount | undefined, uid: string): ServiceAccount | undefined =>
  uid === "" || account?.metadata.uid === uid ? account : undefined;

/** As the server sees it now: what is decided on its absence cannot be undone. */
async function liveAccount(
  client: Client,
  namespace: string,
  { name, uid }: NamedAccount,
): Promise<ServiceAccount | undefined> {
  return matching(await findObject(client, serviceaccounts, namespace, name), uid);
}

export function serviceAccountToken(privateKey: string, rootCa = ""): Controller {
  const sign = signer(privateKey);
  return {
    name: "serviceaccount-token-controller",
    workers: 5,
    asManager: true,
    watch({ informers, client, enqueue }) {
      const accounts = informers.of(serviceaccounts);
      const tokens = informers.of(secrets, {
        [byAccount]: (secret) => {
          const named = accountNamed(secret);
          return named === undefined
            ? []
            : [objectKey(secret.metadata.namespace ?? "", named.name)];
        },
      });
      const look = (secret: Secret): void => {
        if (accountNamed(secret) !== undefined) enqueue(secretKey(secret));
      };
      tokens.onChange({
        added: look,
        updated: (_, secret) => look(secret),
        deleted(secret) {
          const named = accountNamed(secret);
          if (named !== undefined) enqueue(referenceKey(secret, named));
        },
      });
      accounts.onChange({
        deleted: ({ metadata: { namespace = "", name } }) =>
          tokens.byIndex(byAccount, objectKey(namespace, name)).forEach(look),
      });
      return async (key) => {
        const [kind, namespace = "", name = "", uid = "", secretName = ""] = key.split("/");
        if (kind === "reference") {
          const account = matching(accounts.get(namespace, name), uid);
          return account === undefined ? [] : forget(account, secretName);
        }
        const secret = tokens.get(namespace, name);
        const named = secret === undefined ? undefined : accountNamed(secret);
        if (secret === undefined || named === undefined) return [];
        const account =
          matching(accounts.get(namespace, named.name), named.uid) ??
          (await liveAccount(client, namespace, named));
        const claimed = { name: named.name, uid: account?.metadata.uid ?? "" };
        return reconcile(secret, account, {
          rootCa,
          sign: () => sign({ namespace, secret: name, account: claimed }),
        });
      };
    },
  };
}
