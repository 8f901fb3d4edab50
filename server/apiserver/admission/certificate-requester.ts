/** Certificate requests are in the name of who makes them. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { draftOf } from "./admission-parts.ts";

/** Requests are in the name of who makes them, whatever they say. */
export function certificateRequester(): AdmissionPlugin {
  return {
    name: "CertificateRequester",
    mutate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const request = draftOf(attributes, certificatesigningrequests);
      if (request === undefined) return;
      const { name, uid, groups, extra } = attributes.user;
      const { uid: _uid, extra: _extra, ...spec } = request.spec;
      request.spec = {
        ...spec,
        username: name,
        groups: [...groups],
        ...(uid === "" ? {} : { uid }),
        ...(Object.keys(extra).length === 0
          ? {}
          : { extra: Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, [...v]])) }),
      };
    },
  };
}
