/** Files of KubeSchedulerConfiguration, and what the stock scheduler said of them. */
import { join } from "node:path";

export interface ConfigurationCase {
  readonly name: string;
  /** All but apiVersion and kind. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** In upstream's words; empty: it took the file. */
  readonly wrong: readonly string[];
}

export const configurationCases = join(
  import.meta.dirname,
  "../golden/scheduler-configurations.yaml",
);
