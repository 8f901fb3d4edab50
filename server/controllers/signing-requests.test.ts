import { expect, test } from "bun:test";
import type { SigningRequest } from "#apimachinery/pki.ts";
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";
import { signerFault, signers } from "./signing-requests.ts";

type Usages = NonNullable<CertificateSigningRequest["spec"]["usages"]>;

const request: SigningRequest = {
  commonName: "system:node:n",
  organizations: ["system:nodes"],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
};

const asked = (signerName: string, usages: Usages): CertificateSigningRequest => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name: "r" },
  spec: { request: "", signerName, usages },
  status: {},
});

test("a client's request needs client auth alone, a kubelet's digital signature too", () => {
  const fault = "usages did not match signer requirements";
  const { apiserverClient, kubeletClient } = signers;
  expect(signerFault(asked(apiserverClient, ["client auth"]), request)).toBeUndefined();
  expect(signerFault(asked(apiserverClient, ["digital signature"]), request)).toBe(fault);
  expect(signerFault(asked(apiserverClient, ["client auth", "server auth"]), request)).toBe(fault);
  expect(signerFault(asked(kubeletClient, ["client auth"]), request)).toBe(fault);
  const both: Usages = ["client auth", "digital signature"];
  expect(signerFault(asked(kubeletClient, both), request)).toBeUndefined();
});
