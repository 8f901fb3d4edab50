/** A part of the API that is compared: what it asks, in scenarios that a seed decides. */

import type { Choices } from "../random.ts";
import type { Words } from "../words.ts";
import type { Scenario, World } from "../world.ts";

export interface Setting {
  readonly world: World;
  readonly choices: Choices;
  readonly words: Words;
  /** With a namespace of the area's own. */
  readonly namespace: string;
  /** How many questions, roughly. */
  readonly budget: number;
  scenario(controlled?: boolean): Scenario;
}

/** A thing to do by itself; others of the area run beside it. */
export interface Part {
  readonly title: string;
  run(setting: Setting): Promise<void>;
}

export interface Area {
  readonly name: string;
  /** Its share of all questions. */
  readonly weight: number;
  /** What it stores changes what others are answered: its parts run after everything else, one after another. */
  readonly alone?: boolean;
  readonly parts: readonly Part[];
}
