/** Both servers, asked the same, and the account of what was alike. */
import { setTimeout } from "node:timers/promises";
import { type Compared, differenceOf, Seen } from "./compare.ts";
import type { Answer, Question, Side } from "./side.ts";

/** A question, or one that takes its side's earlier answers of the scenario: a version, a token. */
export type Asked = Question | ((answers: readonly Answer[]) => Question);

export interface Account {
  asked: number;
  readonly differing: string[];
}

export interface Reply {
  readonly stock: Answer;
  readonly alike: boolean;
}

/** Questions in order; `controlled`: the stock server itself goes on writing what was stored. What they name by version or uid is told apart by first appearance. */
export class Scenario {
  readonly #world: World;
  readonly #account: Account;
  readonly #controlled: boolean;
  readonly #titles: string[] = [];
  readonly #stock: Answer[] = [];
  readonly #ours: Answer[] = [];
  readonly #known = new Set<string>();
  readonly #seen = { stock: new Seen(), ours: new Seen() };

  constructor(world: World, account: Account, controlled = world.controlled) {
    this.#world = world;
    this.#account = account;
    this.#controlled = controlled;
  }

  /** Until neither side holds it; not compared. */
  async untilGone(path: string): Promise<void> {
    for (const side of [this.#world.stock, this.#world.ours])
      for (let attempt = 0; attempt < 50; attempt++) {
        if ((await side.ask({ method: "GET", path })).code === 404) break;
        await setTimeout(50);
      }
  }

  /** The difference, if any, in what both sides answer; not in the account. */
  async differs(asked: Asked): Promise<string | undefined> {
    const [stock, ours] = await this.#answersTo(asked);
    const seen = { stock: new Seen(), ours: new Seen() };
    return differenceOf({
      stock: { answer: stock, seen: seen.stock },
      ours: { answer: ours, seen: seen.ours },
      controlled: this.#controlled,
    });
  }

  /** A question that was asked by the way. */
  note(title: string, difference: string | undefined): void {
    this.#account.asked++;
    if (difference !== undefined) this.#account.differing.push(`${title}: ${difference}`);
  }

  /** What is stored differently is answered differently from then on: it counts once. */
  #fresh(difference: string | undefined): string | undefined {
    if (difference === undefined || this.#known.has(difference)) return undefined;
    if (difference.startsWith("at ")) this.#known.add(difference);
    return difference;
  }

  async ask(title: string, asked: Asked): Promise<Reply> {
    return this.#compared(title, await this.#answersTo(asked));
  }

  /** Questions that nobody waits for: all are asked at once, and compared in their order. */
  async together(
    questions: readonly { readonly title: string; readonly question: Asked }[],
  ): Promise<readonly Reply[]> {
    const answers = await Promise.all(questions.map(({ question }) => this.#answersTo(question)));
    return answers.map((pair, index) => this.#compared(questions[index]?.title ?? "", pair));
  }

  #answersTo(asked: Asked): Promise<[stock: Answer, ours: Answer]> {
    const of = (answers: readonly Answer[]): Question =>
      typeof asked === "function" ? asked(answers) : asked;
    return Promise.all([
      this.#world.stock.ask(of(this.#stock)),
      this.#world.ours.ask(of(this.#ours)),
    ]);
  }

  #compared(title: string, [stock, ours]: readonly [Answer, Answer]): Reply {
    this.#stock.push(stock);
    this.#ours.push(ours);
    const compared: Compared = {
      stock: { answer: stock, seen: this.#seen.stock },
      ours: { answer: ours, seen: this.#seen.ours },
      controlled: this.#controlled && !title.startsWith("create "),
    };
    const difference = this.#fresh(differenceOf(compared));
    this.#account.asked++;
    this.#titles.push(title);
    if (difference !== undefined) {
      const trace = this.#world.trace ? ` after ${this.#titles.slice(0, -1).join(" | ")}` : "";
      this.#account.differing.push(`${title}: ${difference}${trace}`);
    }
    return { stock, alike: difference === undefined };
  }
}

export interface World {
  readonly stock: Side;
  readonly ours: Side;
  /** Controllers run beside the stock server: they change what is stored. */
  readonly controlled: boolean;
  /** Differences come with what was asked before them. */
  readonly trace: boolean;
  /** Of this run, so that runs do not meet; at most ten letters. */
  readonly name: string;
}

/** A namespace of its own on both sides, with the account that pods run as. */
export async function ownNamespace({ stock, ours, name }: World, suffix: string): Promise<string> {
  const namespace = `${name}-${suffix}`;
  const prepared = async (side: Side): Promise<void> => {
    await side.ask({
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: namespace } },
    });
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await side.ask({ method: "POST", path: accounts, body: { metadata: { name: "default" } } });
  };
  await Promise.all([prepared(stock), prepared(ours)]);
  return namespace;
}
