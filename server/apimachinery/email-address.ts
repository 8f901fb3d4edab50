/** Mail addresses (RFC 5322, RFC 6532) as Go's net/mail reads a single one: bare, or behind a name and between angles, or the one of a group. */
import { ipFamily } from "./ip.ts";

const atomCharacter = "[-!#$%&'*+/=?^_`{|}~A-Za-z0-9\\u0080-\\u{10ffff}]";
const dotAtom = `${atomCharacter}+(?:\\.${atomCharacter}+)*`;
/** Between quotes; a backslash takes any character that can be seen. */
const quoted = (times: "*" | "+"): string =>
  `"(?:[^"\\\\\\u0000-\\u0008\\u000a-\\u001f\\u007f]|\\\\[^\\u0000-\\u001f\\u007f])${times}"`;
const place = `(?<domain>${dotAtom}|\\[[^\\[\\]\\\\\\s]*\\])`;
const address = `[ \\t]*(?:${dotAtom}|${quoted("+")})@[ \\t]*${place}`;
const comment = "[ \\t]*(?:\\([^()]*\\)[ \\t]*)*";
const name = `(?:${atomCharacter}|[. \\t]|${quoted("*")})*`;

const shapes = [
  address,
  `${name}<${address}>`,
  `${atomCharacter}${name}:(?:${address}|${name}<${address}>)[ \\t]*;`,
].map((shape) => new RegExp(`^${shape}${comment}$`, "u"));

export function isEmailAddress(text: string): boolean {
  const domain = shapes
    .map((shape) => shape.exec(text)?.groups?.["domain"])
    .find((found) => found !== undefined);
  if (domain === undefined) return false;
  return !domain.startsWith("[") || ipFamily(domain.slice(1, -1)) === "IPv4";
}
