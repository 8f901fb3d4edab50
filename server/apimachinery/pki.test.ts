import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import {
  certificateInfo,
  createAuthority,
  createSigningRequest,
  issueCertificate,
  parseSigningRequest,
  signRequest,
} from "./pki.ts";
import { ApiError } from "./status.ts";

const now = new Date("2026-01-01T00:00:00Z");
const authority = await createAuthority({ commonName: "kubernetes", now });

describe("issueCertificate", () => {
  test("carries names, addresses and usages, and verifies against its authority only", async () => {
    const { certificate } = await issueCertificate(authority, {
      commonName: "kube-apiserver",
      organizations: ["a", "b,c=d"],
      dnsNames: ["localhost"],
      ipAddresses: ["10.96.0.1", "::1"],
      usages: ["serverAuth", "clientAuth"],
      now,
      days: 365,
    });
    const read = new X509Certificate(certificate);
    const issuer = new X509Certificate(authority.certificate);
    const stranger = await createAuthority({ commonName: "kubernetes", now });
    expect(read.verify(issuer.publicKey)).toBe(true);
    expect(read.verify(new X509Certificate(stranger.certificate).publicKey)).toBe(false);
    expect(issuer.ca).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.checkHost("localhost")).toBe("localhost");
    expect(read.checkIP("10.96.0.1")).toBe("10.96.0.1");
    expect(certificateInfo(certificate)).toEqual({
      commonName: "kube-apiserver",
      organizations: ["a", "b,c=d"],
      notBefore: new Date("2025-12-31T23:55:00Z"),
      notAfter: new Date("2027-01-01T00:00:00Z"),
    });
  });

  test("never outlives its authority", async () => {
    const { certificate } = await issueCertificate(authority, {
      commonName: "x",
      usages: ["clientAuth"],
      now,
      days: 36500,
    });
    expect(certificateInfo(certificate).notAfter).toEqual(
      certificateInfo(authority.certificate).notAfter,
    );
  });
});

describe("signing requests", () => {
  test("the signed certificate has the request's subject and seconds", async () => {
    const { request } = await createSigningRequest({
      commonName: "system:node:n1",
      organizations: ["system:nodes"],
      dnsNames: ["n1"],
      ipAddresses: ["10.0.0.1"],
    });
    expect(parseSigningRequest(request)).toMatchObject({
      commonName: "system:node:n1",
      organizations: ["system:nodes"],
      dnsNames: ["n1"],
      ipAddresses: ["10.0.0.1"],
    });
    const signed = await signRequest(authority, request, {
      usages: ["clientAuth"],
      now,
      seconds: 3600,
    });
    expect(certificateInfo(signed)).toMatchObject({
      commonName: "system:node:n1",
      notAfter: new Date("2026-01-01T01:00:00Z"),
    });
  });

  test("a request whose signature is not its key's is refused", async () => {
    const { request } = await createSigningRequest({ commonName: "x", organizations: [] });
    const der = Buffer.from(request.replace(/-----.*-----/g, ""), "base64");
    const at = der.indexOf("x".charCodeAt(0), 8);
    der.writeUInt8("y".charCodeAt(0), at);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(parseSigningRequest(forged).commonName).toBe("y");
    const parts = { usages: ["clientAuth"], now, seconds: 60 } as const;
    expect(signRequest(authority, forged, parts)).rejects.toThrow(/signature/);
  });

  test("garbage is BadRequest", () => {
    for (const text of [
      "",
      "x",
      "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
    ]) {
      expect(() => parseSigningRequest(text)).toThrow(ApiError);
      expect(() => certificateInfo(text)).toThrow(ApiError);
    }
  });
});
