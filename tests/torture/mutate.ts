/** Loaded ahead of a server: plants one fault in one file of it (KUBUN_TORTURE_MUTANT, JSON of a SourceMutant). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { plugin } from "bun";

const { file, find, replace } = JSON.parse(process.env["KUBUN_TORTURE_MUTANT"] ?? "{}");
const path = join(import.meta.dirname, "../../server", file);

plugin({
  name: "mutant",
  setup(build) {
    build.onLoad({ filter: new RegExp(`${path.replaceAll(/[.\\/]/g, "\\$&")}$`) }, () => {
      const text = readFileSync(path, "utf8");
      // A server that does not start is a run that fails: no mutant is passed over in silence.
      if (text.split(find).length !== 2) throw new Error(`no one place in ${file} for: ${find}`);
      return { contents: text.replace(find, () => replace), loader: "ts" };
    });
  },
});
