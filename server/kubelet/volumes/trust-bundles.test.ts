import { expect, test } from "bun:test";
import { createStubRequest } from "#apimachinery/pki.ts";
import { mergedBundle } from "./trust-bundles.ts";

const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

test("bundles are merged: every certificate once, nothing between them", () => {
  const merged = mergedBundle([`# a note\n${block("BBBB")}${block("AAAA")}`, block("AAAA")]);
  expect(merged).toBe(`${block("AAAA")}${block("BBBB")}`);
  expect(mergedBundle([])).toBe("");
});

test("keys of every kind that a pod may ask for come with their proof", async () => {
  for (const kind of ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]) {
    const { request, privateKey } = await createStubRequest(kind);
    expect(privateKey).toStartWith("-----BEGIN PRIVATE KEY-----");
    // A SEQUENCE, as every request is.
    expect(request[0]).toBe(0x30);
  }
  expect(createStubRequest("DSA")).rejects.toThrow("unknown key type");
});
