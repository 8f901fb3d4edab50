/**
 * A server that does nothing but TLS and an empty answer: what the hostile clients take from the machine when they
 * are aimed at it is the machine's, not our server's. Prints its port.
 */
import { createSecureServer } from "node:http2";
import process from "node:process";
import { createAuthority, issueCertificate } from "#apimachinery/pki.ts";

const now = new Date();
const authority = await createAuthority({ commonName: "idle", now });
const { certificate, privateKey } = await issueCertificate(authority, {
  commonName: "idle",
  ipAddresses: ["127.0.0.1"],
  usages: ["serverAuth"],
  now,
  days: 1,
});
const quiet = (): undefined => undefined;
const server = createSecureServer({
  allowHTTP1: true,
  requestCert: true,
  rejectUnauthorized: false,
  cert: certificate,
  key: privateKey,
});
server.on("request", (request, response) => {
  request.on("error", quiet);
  response.on("error", quiet);
  request.resume();
  response.end("{}");
});
server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
server.on("secureConnection", (socket) => socket.on("error", quiet));
server.on("session", (session) => session.on("error", quiet));
for (const event of ["sessionError", "tlsClientError"]) server.on(event, quiet);
server.on("clientError", (_error, socket) => void socket.destroy());
process.on("uncaughtException", quiet);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
