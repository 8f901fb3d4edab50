/** What the stock scheduler says of files that it refuses, and that it takes, is said here too. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { ConfigurationError, readConfiguration } from "#scheduler/configuration.ts";
import { type ConfigurationCase, configurationCases } from "./configuration-cases.ts";

const head = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
};

function complaints(configuration: object): string[] {
  try {
    readConfiguration({ ...head, ...configuration });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split("\n");
    throw error;
  }
}

/** What is said otherwise on purpose: types and versions in words of our own, the path where upstream prints none. */
function isSame(here: string, upstream: string): boolean {
  const [, field] =
    /^json: cannot unmarshal .* Go struct field \w+\.(\S+) of type/.exec(upstream) ?? [];
  if (field !== undefined) return here.startsWith(`${field}: must be `);
  if (upstream.startsWith("no kind ")) return /^(apiVersion|kind): must be "/.test(here);
  const told = upstream
    .replace(/^decoding \.(\S+): /, "")
    .replace(/(Duplicate value: )\{\}$/, "$1");
  return here.replace("].preference.", "].").includes(told);
}

const cases: readonly ConfigurationCase[] = parse(readFileSync(configurationCases, "utf8"));

describe("KubeSchedulerConfiguration", () => {
  test("there are as many cases as there were", () => {
    expect(cases.filter(({ wrong }) => wrong.length > 0).length).toBeGreaterThanOrEqual(50);
  });

  test.each(cases.map((one) => [one.name, one] as const))(
    "%s",
    (_name, { configuration, wrong }) => {
      const here = complaints(configuration);
      for (const upstream of wrong)
        expect([upstream, here.filter((line) => isSame(line, upstream)).length]).toEqual([
          upstream,
          1,
        ]);
      // Phases that upstream does not reach are read here all the same; a file that it takes is taken.
      if (wrong.length === 0) expect(here).toEqual([]);
      // Each line opens with the path of a field.
      for (const line of here) expect(line).toMatch(/^[a-zA-Z]+[\w.[\]]*: /);
    },
  );
});
