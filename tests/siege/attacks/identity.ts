/** Floods of proofs that prove nothing: certificates, tokens, names that are not one's own. */
import { connect } from "node:tls";
import { createAuthority, issueCertificate } from "#apimachinery/pki.ts";
import { ask } from "../ask.ts";
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";
import { answerOf, openTcp, request, unconnected } from "../wire.ts";

const tokenOf = (siege: Siege): string => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    sub: "system:serviceaccount:kube-system:default",
    iss: "https://kubernetes.default.svc",
    exp: 2 ** 40,
  };
  const random = randomBytes(siege, 64).toString("base64url");
  return pick(siege, [
    random,
    `${part({ alg: "none" })}.${part(claims)}.`,
    `${part({ alg: "ES256", kid: random })}.${part(claims)}.${random}`,
    `${part({ alg: "HS256" })}.${part(claims)}.${random}`,
    `${part({ alg: "RS256", crit: ["b64"] })}.${"A".repeat(8_000)}.${random}`,
    "abcdef.0123456789abcdef",
    ".".repeat(2_000),
  ]);
};

/** Certificates of another authority, under the name of an administrator. */
async function forged(): Promise<{ readonly cert: string; readonly key: string }> {
  const now = new Date();
  const authority = await createAuthority({ commonName: "kubernetes", now });
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: "admin",
    organizations: ["system:masters"],
    usages: ["clientAuth"],
    now,
    days: 1,
  });
  return { cert: certificate, key: privateKey };
}

async function present(siege: Siege, options: Readonly<Record<string, unknown>>): Promise<void> {
  const { host, port } = siege.target;
  siege.tally.asked();
  const socket = connect({ host, port, rejectUnauthorized: false, ...options });
  socket.on("error", () => undefined);
  socket.write(request("GET", "/api/v1/secrets"));
  siege.tally.answered(await answerOf(socket, 2_000));
  socket.destroy();
}

/** Bytes where a ClientHello should be. */
async function noHello(siege: Siege): Promise<void> {
  siege.tally.asked();
  const said = pick(siege, [
    () => randomBytes(siege, 1_000),
    () => Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
    () => Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    () => Buffer.concat([Buffer.from("1603014000", "hex"), randomBytes(siege, 0x4000)]),
    () => Buffer.concat([Buffer.from("802e0100020015", "hex"), randomBytes(siege, 100)]),
    () => Buffer.from("15030100020100", "hex"),
    () => Buffer.alloc(20_000, 0x16),
  ])();
  try {
    const socket = await openTcp(siege);
    socket.write(said);
    siege.tally.answered(await answerOf(socket, 500));
    socket.destroy();
  } catch (error) {
    unconnected(siege, error);
  }
}

export const identity: readonly Attack[] = [
  {
    name: "forged tokens",
    run: (siege) =>
      crowd(siege, 16, () =>
        ask(siege, {
          path: "/api/v1/secrets",
          withCertificate: false,
          fields: { authorization: `Bearer ${tokenOf(siege)}` },
        }),
      ),
  },
  {
    name: "forged certificates",
    async run(siege) {
      const other = await forged();
      await crowd(siege, 4, (index) =>
        present(
          siege,
          [
            other,
            { maxVersion: "TLSv1.2" },
            { ciphers: "AES128-SHA", maxVersion: "TLSv1.2" },
            { servername: "x".repeat(200) },
          ][index] ?? other,
        ),
      );
    },
  },
  { name: "no TLS at all", run: (siege) => crowd(siege, 8, () => noHello(siege)) },
  {
    name: "impersonation of everybody",
    run: (siege) =>
      crowd(siege, 8, () =>
        ask(siege, {
          path: "/api/v1/secrets",
          fields: {
            "impersonate-user": randomBytes(siege, 20).toString("hex"),
            "impersonate-group": Array(200).fill("g").join(),
            "impersonate-extra-%ff": "x",
          },
        }),
      ),
  },
];
