import { describe, expect, test } from "bun:test";
import { hasFormat } from "./string-formats.ts";

/** As a server of upstream took them and refused them. */
const verdicts: Readonly<Record<string, { takes: readonly string[]; refuses: readonly string[] }>> =
  {
    byte: { takes: ["YQ==", "YWJj"], refuses: ["", "YQ", "Y-_="] },
    cidr: { takes: ["10.0.0.0/08", "010.0.0.0/8", "::/0"], refuses: ["10.0.0/8", "::/129"] },
    creditcard: {
      takes: ["4111-1111 1111-1111", "3530111333300000"],
      refuses: ["4111111111111112", "2221000000000009"],
    },
    date: { takes: ["2020-02-29", "0000-01-01"], refuses: ["2021-02-29", "2020-1-01"] },
    "date-time": {
      takes: ["2020-01-01t00:00:00z", "2020-01-01T00:00:00.123+99:99", "2020-01-01T00:00:00ZTx"],
      refuses: ["2020-01-01T23:59:60Z", "2020-01-01T00:00:00", "2020-01-01 00:00:00Z"],
    },
    duration: { takes: ["0", "-1.5h", "2 weeks ago", "1μs"], refuses: ["", "1 fortnight", "1"] },
    email: {
      takes: ['"A, B" <a@b>', "a@b (c)", "a@[1.2.3.4]", "g: a@b;"],
      refuses: ["a..b@c", '""@c', "a@[IPv6:::1]", "g: a@b, c@d;"],
    },
    hostname: { takes: ["a", "a-b.cd", "ü.example"], refuses: ["a.1", "a.b.c.d", "a_b"] },
    ipv4: { takes: ["01.2.3.4", "::ffff:1.2.3.4"], refuses: ["1.2.3", "::1"] },
    ipv6: { takes: ["::", "::ffff:1.2.3.4"], refuses: ["fe80::1%eth0", "::ffff:01.2.3.4"] },
    isbn: { takes: ["0-321-75104-3", "080442957X", "978-0321751041"], refuses: ["0321751044"] },
    "k8s-long-name": { takes: ["a-b.c"], refuses: ["A.b", "a..b"] },
    mac: {
      takes: ["0000.5e00.5301", "00-00-5E-00-53-01", "abcdefabcdef"],
      refuses: ["00:00-5e:00:53:01", "0:0:5e:0:53:1"],
    },
    rgbcolor: { takes: ["rgb( 255 , 1, 99 )"], refuses: ["rgb(256,0,0)", "RGB(0,0,0)"] },
    ssn: { takes: ["123-45-6789"], refuses: ["123456789"] },
    uri: { takes: ["*", "/a", "urn:x", "http://"], refuses: ["a/b", "http://a b", "://"] },
    uuid4: {
      takes: ["123e4567-e89b-42d3-a456-426614174000", "123e4567e89b42d3a456426614174000"],
      refuses: ["123e4567-e89b-42d3-c456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
    },
  };

describe("formats of text", () => {
  for (const [format, { takes, refuses }] of Object.entries(verdicts)) {
    test(format, () => {
      expect(takes.filter((text) => !hasFormat(text, format))).toEqual([]);
      expect(refuses.filter((text) => hasFormat(text, format))).toEqual([]);
    });
  }

  test("nobody's format refuses nothing", () => {
    expect(hasFormat("anything", "constructor")).toBe(true);
  });
});
