/** Renders one package of wire definitions (messages, numbers, labels, types) as a .proto file. */

/** `[number, name, label, type]`; a map's type is `key,value`; the fifth says `explicit` presence or `oneof NAME`. */
type FieldFact = readonly [
  number: number,
  name: string,
  label: "optional" | "repeated" | "map",
  type: string,
  presence?: string,
];

export interface PackageFacts {
  readonly package: string;
  readonly syntax: "proto2" | "proto3";
  readonly messages: Readonly<Record<string, readonly FieldFact[]>>;
  readonly enums?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly services?: Readonly<Record<string, Readonly<Record<string, MethodFact>>>>;
}

interface MethodFact {
  readonly in: string;
  readonly out: string;
  readonly clientStream: boolean;
  readonly serverStream: boolean;
}

/** What nests inside what: `SecurityProfile.ProfileType` stands inside `SecurityProfile`. */
function childrenOf(names: readonly string[], parent: string): string[] {
  return names.filter((name) => name.slice(0, Math.max(0, name.lastIndexOf("."))) === parent);
}

class ProtoWriter {
  readonly lines: string[] = [];
  readonly #facts: PackageFacts;

  constructor(facts: PackageFacts) {
    this.#facts = facts;
  }

  #typeName(type: string): string {
    const own = `${this.#facts.package}.`;
    if (!type.includes(".")) return type;
    return type.startsWith(own) ? type.slice(own.length) : `.${type}`;
  }

  #field([number, name, label, type, presence]: FieldFact): string {
    if (label === "map") {
      const [key = "", value = ""] = type.split(",");
      return `map<${key}, ${this.#typeName(value)}> ${name} = ${number};`;
    }
    const explicit = this.#facts.syntax === "proto2" || presence === "explicit";
    const prefix = label === "repeated" ? "repeated " : explicit ? "optional " : "";
    return `${prefix}${this.#typeName(type)} ${name} = ${number};`;
  }

  enumeration(name: string, indent: string): void {
    const values = Object.entries(this.#facts.enums?.[name] ?? {});
    this.lines.push(`${indent}enum ${name.split(".").at(-1)} {`);
    for (const [value, number] of values) this.lines.push(`${indent}  ${value} = ${number};`);
    this.lines.push(`${indent}}`, "");
  }

  message(name: string, indent: string): void {
    this.lines.push(`${indent}message ${name.split(".").at(-1)} {`);
    const inner = `${indent}  `;
    for (const child of childrenOf(Object.keys(this.#facts.enums ?? {}), name))
      this.enumeration(child, inner);
    for (const child of childrenOf(Object.keys(this.#facts.messages), name))
      this.message(child, inner);
    let open: string | undefined;
    for (const field of this.#facts.messages[name] ?? []) {
      const group = field[4]?.startsWith("oneof ") ? field[4].slice("oneof ".length) : undefined;
      if (open !== undefined && group !== open) this.lines.push(`${inner}}`);
      if (group !== undefined && group !== open) this.lines.push(`${inner}oneof ${group} {`);
      open = group;
      const line = this.#field(field);
      this.lines.push(
        group === undefined ? `${inner}${line}` : `${inner}  ${line.replace("optional ", "")}`,
      );
    }
    if (open !== undefined) this.lines.push(`${inner}}`);
    this.lines.push(`${indent}}`, "");
  }

  service(name: string, methods: Readonly<Record<string, MethodFact>>): void {
    this.lines.push(`service ${name} {`);
    for (const [method, fact] of Object.entries(methods)) {
      const input = `${fact.clientStream ? "stream " : ""}${this.#typeName(fact.in)}`;
      const output = `${fact.serverStream ? "stream " : ""}${this.#typeName(fact.out)}`;
      this.lines.push(`  rpc ${method}(${input}) returns (${output});`);
    }
    this.lines.push("}", "");
  }
}

/** Packages that a package's fields name, its own left out; sorted. */
export function importsOf(facts: PackageFacts, known: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (const fields of Object.values(facts.messages)) {
    for (const [, , , type] of fields) {
      const name = type.split(",").at(-1) ?? "";
      const owner = name.slice(0, Math.max(0, name.lastIndexOf(".")));
      if (owner !== facts.package && known.has(owner)) found.add(owner);
    }
  }
  return [...found].sort();
}

/** The text of the .proto file; pathOf says where an imported package's file stands. */
export function renderProto(
  facts: PackageFacts,
  imports: readonly string[],
  pathOf: (packageName: string) => string,
): string {
  const writer = new ProtoWriter(facts);
  writer.lines.push(
    "// Written by proto/import-facts.ts from upstream's published wire definitions.",
    `syntax = "${facts.syntax}";`,
    "",
    `package ${facts.package};`,
    "",
  );
  for (const name of imports) writer.lines.push(`import "${pathOf(name)}";`);
  if (imports.length > 0) writer.lines.push("");
  for (const [name, methods] of Object.entries(facts.services ?? {})) writer.service(name, methods);
  for (const name of childrenOf(Object.keys(facts.messages), "")) writer.message(name, "");
  for (const name of childrenOf(Object.keys(facts.enums ?? {}), "")) writer.enumeration(name, "");
  return `${writer.lines.join("\n").trimEnd()}\n`;
}
