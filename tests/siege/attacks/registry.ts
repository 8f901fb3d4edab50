import type { Attack } from "../attack.ts";
import { bombs } from "./bombs.ts";
import { churn } from "./churn.ts";
import { floods } from "./floods.ts";
import { handshakes } from "./handshakes.ts";
import { http2 } from "./http2.ts";
import { identity } from "./identity.ts";
import { large } from "./large.ts";
import { questions } from "./questions.ts";
import { randomUpgrades } from "./random-upgrades.ts";
import { slow } from "./slow.ts";
import { upgrades } from "./upgrades.ts";
import { watches } from "./watches.ts";

export const attacks: readonly Attack[] = [
  ...slow,
  ...large,
  ...bombs,
  ...http2,
  ...watches,
  ...upgrades,
  randomUpgrades,
  ...identity,
  ...questions,
  ...churn,
  ...handshakes,
  ...floods,
];
