/** Histories as turns: what is asked next is drawn by shares. */
import type { Asked } from "../world.ts";
import type { Setting } from "./area.ts";

export interface Turned {
  readonly title: string;
  readonly question: Asked;
}

export type Turns = readonly (readonly [share: number, turn: () => Turned])[];

/** Scenarios of so many turns each, until the budget is spent. */
export interface Histories {
  readonly turns: number;
  /** Of one scenario: told by the number of questions before it. */
  begin(asked: number): {
    readonly first: readonly Turned[];
    readonly turns: Turns;
    readonly last: readonly Turned[];
  };
}

export async function live(
  { budget, choices, scenario }: Setting,
  histories: Histories,
): Promise<void> {
  for (let asked = 0; asked < budget; ) {
    const one = scenario();
    const { first, turns, last } = histories.begin(asked);
    const total = turns.reduce((sum, [share]) => sum + share, 0);
    const drawn = (): Turned | undefined => {
      let dice = choices.fraction() * total;
      return turns.find(([share]) => {
        dice -= share;
        return dice < 0;
      })?.[1]();
    };
    const between = function* (): Generator<Turned> {
      yield* first;
      for (let turn = 0; turn < histories.turns; turn++) {
        const next = drawn();
        if (next !== undefined) yield next;
      }
      yield* last;
    };
    for (const { title, question } of between()) {
      await one.ask(title, question);
      asked++;
    }
  }
}
