/** Formats and patterns of custom resources: each value is offered to every format at once, and the refusal tells which took it. */
import type { Row } from "../row.ts";

const group = "formats.example.com";
const at = "C2";
const formats = [
  ...["bsonobjectid", "byte", "cidr", "creditcard", "date", "date-time", "datetime", "da-te"],
  ...["duration", "email", "hexcolor", "hostname", "ipv4", "ipv6", "isbn", "isbn10", "isbn13"],
  ...["k8s-long-name", "k8s-short-name", "mac", "password", "rgbcolor", "ssn"],
  ...["uri", "uuid", "uuid3", "uuid4", "uuid5", "unknown"],
];
const patterns = [
  ...["^[a-z]+$", "(?i)^abc$", "^a|b$", "\\d{3}", "^\\pL+$", "[[:alpha:]]", "^(a+)+$", "\\Aab\\z"],
  ...["(?P<year>\\d{4})", "^.$", "(?s)^.$", "\\x41", "^\\w+$", "\\Qa.b\\E", "^[^-]{1,9}$"],
];
const badPatterns = ["(", "a{2,1}", "(?=a)", "a**", "[z-a]", "\\1", "a{1001}", "\\8", "(?<n>a)"];

const texts = [
  ...[
    "",
    " ",
    "a",
    "-",
    "abc",
    "ABC",
    "a.b",
    "a b",
    "é",
    "b",
    "ab",
    "aab!",
    "aaaaaaaaaaaaaaaaaaaaaaaa!",
  ],
  ...[
    "507f1f77bcf86cd799439011",
    "507F1F77BCF86CD79943901",
    "YQ==",
    "YWI=",
    "YWJj",
    "YQ",
    "Y-_=",
    "YQ==\n",
  ],
  ...[
    "10.0.0.0/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "::/0",
    "::/129",
    "::ffff:1.2.3.4/96",
    "10.0.0/8",
    "1.2.3.4/",
  ],
  ...[
    "4111111111111111",
    "4111-1111 1111-1111",
    "4111111111111112",
    "378282246310005",
    "6011111111111117",
  ],
  ...[
    "5555555555554444",
    "2221000000000009",
    "30569309025904",
    "3530111333300000",
    "6200000000000005",
  ],
  ...[
    "2020-02-29",
    "2021-02-29",
    "0000-01-01",
    "2020-1-01",
    "2020-13-01",
    "2020-00-01",
    "2020-01-32",
  ],
  ...[
    "2020-01-01T00:00:00Z",
    "2020-01-01t00:00:00z",
    "2020-01-01T23:59:60Z",
    "2020-01-01T24:00:00Z",
  ],
  ...[
    "2020-01-01T00:00:00",
    "2020-01-01T00:00:00.123+99:99",
    "2020-01-01T00:00:00,5Z",
    "2020-01-01 00:00:00Z",
  ],
  ...[
    "2020-01-01T00:00:00ZTx",
    "2020-01-01T0:00:00Z",
    "2020-01-01T00:00Z",
    "2020-01-01T00:00:00+0100",
  ],
  ...[
    "0",
    "+0",
    "1s",
    "-1.5h",
    ".5s",
    "1.s",
    "1h2m3s4ms5us6ns",
    "5 minutes",
    "5 MINUTES",
    "2 weeks ago",
    "1d",
    "1 w",
  ],
  ...[
    "3 hr",
    "3 hrs",
    "1 fortnight",
    "1 fortnight 2 s",
    "99999999999999999999 s",
    "9999999999999h",
    "1µs",
    "1μs",
    "1S",
  ],
  ...[
    "a@b",
    "a.b@c.d",
    "a..b@c",
    ".a@b",
    "a.@b",
    '"a b"@c',
    '""@c',
    "A <a@b>",
    '"A, B" <a@b>',
    "A B C <a@b> (x)",
    "<a@b>",
  ],
  ...[
    "a@b (c)",
    "a@",
    "@b",
    "a@[1.2.3.4]",
    "a@[IPv6:::1]",
    "a@[x]",
    "a@b c",
    "é@ü",
    "a@b.",
    "a @b",
    "a@ b",
    "A. B <a@b>",
    "a,b@c",
    "g: a@b;",
  ],
  ...[
    "#fff",
    "fff",
    "#FFFFFF",
    "#ffff",
    "rgb(0,0,0)",
    "rgb( 255 , 1, 99 )",
    "rgb(256,0,0)",
    "rgb(00,0,0)",
    "RGB(0,0,0)",
    "rgb(1,2)",
  ],
  ...[
    "localhost",
    "a-b.c",
    "a-.b",
    "-a",
    "a--b",
    "a_b",
    "a.b-c",
    "a.b.c.d",
    "1.2.3.4",
    "a.1",
    "a.b1",
    "a.",
    ".a",
    "x.y",
    "ü.example",
    "☃.net",
  ],
  ...[
    "a".repeat(63),
    "a".repeat(64),
    `${"a".repeat(63)}.${"b".repeat(63)}`,
    `${"ab.".repeat(84)}abc`,
    `${"ab.".repeat(85)}abc`,
  ],
  ...[
    "1.2.3.4",
    "01.2.3.4",
    "1.2.3",
    "::",
    "::1",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7",
    "::ffff:01.2.3.4",
    "010.0.0.0/8",
    "0010.0.0.0",
    "00.0.0.0",
    "::010.0.0.0/100",
    "1:02.3.4.5",
    "abcdefabcdef",
    "abcdefabcdeg",
    "g:a@b;",
    ":a@b;",
    "g:;",
    "g: a@b, c@d;",
    "G H: A <a@b>;",
    "a-bc",
    "a-b-c",
    "é.éé",
    "x.☃☃",
    "A.BC",
    "1.2.com",
  ],
  ...[
    "0321751043",
    "0-321-75104-3",
    "0321751044",
    "080442957X",
    "080442957x",
    "978-0321751041",
    "9780321751042",
    "97803217510",
  ],
  ...[
    "a-b",
    "a-",
    "A-b",
    "a.b.c",
    "a..b",
    "00:00:5e:00:53:01",
    "00-00-5E-00-53-01",
    "0000.5e00.5301",
    "0000:5e00:5301",
  ],
  ...[
    "02:00:5e:10:00:00:00:01",
    "00:00:5e:00:53",
    "00:00-5e:00:53:01",
    "0000.5e00.5301.aaaa",
    `${"00:".repeat(19)}00`,
    "0:0:5e:0:53:1",
  ],
  ...["1Gi", "1.5", "123-45-6789", "123 45 6789", "123456789", "12345-6789", "123-456789"],
  ...[
    "http://a",
    "http://a b",
    "/a",
    "/a b",
    "a/b",
    "//a",
    "mailto:a@b",
    "http://[::1]:80/",
    "http://[::1",
    "http://a:b",
    "http://a:80/%zz",
  ],
  ...[
    "/%41",
    "http://u:p@h/p?q#f",
    "*",
    "http://",
    "://",
    "1http://a",
    "urn:x",
    "/a?b=%zz",
    "http://a/\t",
    "/é",
    "HTTP://A",
  ],
  ...[
    "123e4567-e89b-12d3-a456-426614174000",
    "123e4567e89b12d3a456426614174000",
    "123E4567-E89B-32D3-A456-426614174000",
  ],
  ...[
    "123e4567-e89b-42d3-a456-426614174000",
    "123e4567-e89b-42d3-c456-426614174000",
    "123e4567-e89b-52d3-b456-426614174000",
  ],
  ...[
    "g23e4567-e89b-12d3-a456-426614174000",
    "123e4567-e89b-12d3-a456-42661417400",
    "{123e4567-e89b-12d3-a456-426614174000}",
  ],
  ...["\n", "a\n", "A", "2024", "abc123", "x-y"],
];

const definition = (plural: string, properties: object) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural, kind: plural },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties } },
          },
        },
      },
    ],
  },
});

const fields = (words: readonly string[], items: (word: string) => object): object =>
  Object.fromEntries(
    words.map((word, index) => [`f${index}`, { type: "array", items: items(word) }]),
  );
/** One that says nothing to its type at most: upstream warns of several in any order. */
const integerFormats = ["int32", "int64", "float"];
const numberFormats = ["float", "double", "int32"];
const strange = [true, 7, 1.5, 1e300, {}, { a: 1 }, [], ["a"], null, "a", ""];
const numbers = [0, -1, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 2 ** 53, 2 ** 63, 1.5, 3.5e38, 1e300];

const make = (plural: string, properties: object): Row[] => [
  {
    at,
    ask: "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    body: definition(plural, properties),
  },
  { at, ask: `GET /apis/${group}/v1`, until: `"${plural}"`, unseen: true },
  { at, ask: `GET /apis/${group}/v1/namespaces/NS/${plural}`, until: "items", unseen: true },
];

/** A list is judged in its order, fields of an object in any. */
const offers = (plural: string, count: number, values: readonly unknown[]): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    at,
    ask: `POST /apis/${group}/v1/namespaces/NS/${plural}?dryRun=All`,
    body: {
      apiVersion: `${group}/v1`,
      kind: plural,
      metadata: { name: "x" },
      spec: { [`f${index}`]: values },
    },
  }));

const refused = (pattern: string): Row[] =>
  [
    { type: "string", pattern },
    { type: "string", anyOf: [{ pattern }] },
  ].map((a) => ({
    at,
    ask: "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All",
    body: definition("bad", { a }),
  }));

export const valueFormats: readonly Row[] = [
  ...make(
    "texts",
    fields(formats, (format) => ({ type: "string", format })),
  ),
  ...offers("texts", formats.length, texts),
  ...offers("texts", formats.length, strange),
  ...make(
    "patterns",
    fields(patterns, (pattern) => ({ type: "string", pattern })),
  ),
  ...offers("patterns", patterns.length, texts),
  ...make(
    "integers",
    fields(integerFormats, (format) => ({ type: "integer", format })),
  ),
  ...make(
    "numbers",
    fields(numberFormats, (format) => ({ type: "number", format })),
  ),
  ...["integers", "numbers"].flatMap((plural) => offers(plural, 3, [...numbers, ...strange])),
  ...badPatterns.flatMap(refused),
];
