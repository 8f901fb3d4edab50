import { expect, test } from "bun:test";
import { rewriteLinks } from "./proxied-html.ts";

const prefix = "/api/v1/namespaces/n/pods/p:80/proxy";

test("links from the root go through the proxy, in whatever quotes", () => {
  expect(rewriteLinks('<a href="/x">x</a>', prefix)).toBe(`<a href="${prefix}/x">x</a>`);
  expect(rewriteLinks("<IMG alt=y SRC='/i.png'>", prefix)).toBe(
    `<IMG alt=y SRC='${prefix}/i.png'>`,
  );
  expect(rewriteLinks("<a href=/x class=c>", prefix)).toBe(`<a href=${prefix}/x class=c>`);
});

test("others stay: relative ones, other hosts, those that have the path, attributes that are no links", () => {
  for (const page of [
    '<a href="x/y">',
    '<a href="//host/x">',
    '<a href="https://host/x">',
    `<a href="${prefix}/x">`,
    '<a title="/x">',
    "<p>a href=/x</p>",
  ]) {
    expect(rewriteLinks(page, prefix)).toBe(page);
  }
});
