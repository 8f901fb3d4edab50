/** Counters, gauges and histograms in Prometheus' text form, under upstream's names. */

type LabelValues = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): Iterable<string>;
}

function labelled(name: string, labels: LabelValues): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

class Numbers implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly #values = new Map<string, number>();
  readonly #read: (() => Iterable<readonly [LabelValues, number]>) | undefined;

  constructor(
    about: { readonly name: string; readonly help: string; readonly type: "counter" | "gauge" },
    read?: () => Iterable<readonly [LabelValues, number]>,
  ) {
    this.name = about.name;
    this.help = about.help;
    this.type = about.type;
    this.#read = read;
  }

  add(labels: LabelValues, amount = 1): void {
    const key = labelled(this.name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  *lines(): Iterable<string> {
    for (const [labels, value] of this.#read?.() ?? [])
      yield `${labelled(this.name, labels)} ${value}`;
    for (const [key, value] of this.#values) yield `${key} ${value}`;
  }
}

interface Tally {
  readonly labels: LabelValues;
  readonly buckets: number[];
  count: number;
  sum: number;
}

class Histogram implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly #bounds: readonly number[];
  readonly #tallies = new Map<string, Tally>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  observe(labels: LabelValues, value: number): void {
    const key = labelled(this.name, labels);
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = { labels, buckets: this.#bounds.map(() => 0), count: 0, sum: 0 };
      this.#tallies.set(key, tally);
    }
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
    tally.count++;
    tally.sum += value;
  }

  *lines(): Iterable<string> {
    for (const { labels, buckets, count, sum } of this.#tallies.values()) {
      let below = 0;
      for (const [index, bound] of this.#bounds.entries()) {
        below += buckets[index] ?? 0;
        yield `${labelled(`${this.name}_bucket`, { ...labels, le: String(bound) })} ${below}`;
      }
      yield `${labelled(`${this.name}_bucket`, { ...labels, le: "+Inf" })} ${count}`;
      yield `${labelled(`${this.name}_sum`, labels)} ${sum}`;
      yield `${labelled(`${this.name}_count`, labels)} ${count}`;
    }
  }
}

export class MetricRegistry {
  readonly #metrics: Metric[] = [];

  counter(name: string, help: string): Numbers {
    return this.#keep(new Numbers({ name, help, type: "counter" }));
  }

  /** `read` is asked whenever somebody looks. */
  gauge(name: string, help: string, read: () => Iterable<readonly [LabelValues, number]>): void {
    this.#keep(new Numbers({ name, help, type: "gauge" }, read));
  }

  /** `bounds`: ascending upper ends of the buckets. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#keep(new Histogram(name, help, bounds));
  }

  #keep<M extends Metric>(metric: M): M {
    this.#metrics.push(metric);
    return metric;
  }

  /** The text exposition format, version 0.0.4. */
  text(): string {
    const lines = this.#metrics.flatMap((metric) => [
      `# HELP ${metric.name} ${metric.help}`,
      `# TYPE ${metric.name} ${metric.type}`,
      ...metric.lines(),
    ]);
    return `${lines.join("\n")}\n`;
  }
}
