/** Loaded ahead of a server (BUN_OPTIONS=--preload): its clock jumps an hour ahead on SIGUSR2, and back on the next. */
import process from "node:process";

const hourMs = 3_600_000;
let offset = 0;
const RealDate = Date;

class SteppedDate extends RealDate {
  constructor(...given: [] | [number | string]) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...given);
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}

Object.defineProperty(globalThis, "Date", { value: SteppedDate, writable: true });
process.on("SIGUSR2", () => {
  offset = offset === 0 ? hourMs : 0;
});
