/** Named formats in CEL: `format.dns1123Label().validate(s).hasValue()`, as Kubernetes' library has them. */
import { type Environment, Optional } from "@marcbachmann/cel-js";
import { stringFormats } from "#apimachinery/string-formats.ts";
import { urlFault } from "#apimachinery/url.ts";
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from "#apimachinery/validate.ts";

type Check = (text: string) => readonly string[];

class CelFormat {
  readonly check: Check;

  constructor(check: Check) {
    this.check = check;
  }
}

/** What `format` is. */
class Formats {}

/** A dash at the end: something will follow. */
const prefixOf =
  (check: Check): Check =>
  (text) =>
    check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const shaped =
  (isOne: (text: string) => boolean, sentence: string): Check =>
  (text) =>
    isOne(text) ? [] : [sentence];

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: isDNS1123Label,
  dns1123Subdomain: isDNS1123Subdomain,
  dns1035Label: isDNS1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: prefixOf(isDNS1123Label),
  dns1123SubdomainPrefix: prefixOf(isDNS1123Subdomain),
  dns1035LabelPrefix: prefixOf(isDNS1035Label),
  labelValue: isLabelValue,
  uri(text) {
    const fault = urlFault(text);
    return fault === undefined ? [] : [fault];
  },
  uuid: shaped(stringFormats.uuid, "does not match the UUID format"),
  byte: shaped(stringFormats.byte, "invalid base64"),
  date: shaped(stringFormats.date, "invalid date"),
  datetime: shaped(stringFormats.datetime, "invalid datetime"),
};

const type = "kubernetes.NamedFormat";

export function addFormats(environment: Environment): void {
  environment
    .registerType(type, { ctor: CelFormat, fields: {} })
    .registerType("kubernetes.Formats", { ctor: Formats, fields: {} })
    .registerConstant("format", "kubernetes.Formats", new Formats())
    .registerFunction("kubernetes.Formats.named(string): optional", (_, name: string) => {
      const check = Object.hasOwn(formats, name) ? formats[name] : undefined;
      return check === undefined ? Optional.none() : Optional.of(new CelFormat(check));
    })
    .registerFunction(`${type}.validate(string): optional`, ({ check }: CelFormat, text) => {
      const sentences = check(text);
      return sentences.length === 0 ? Optional.none() : Optional.of([...sentences]);
    })
    .registerOperator(`${type} == ${type}`, (a: CelFormat, b: CelFormat) => a.check === b.check);
  for (const [name, check] of Object.entries(formats)) {
    const made = new CelFormat(check);
    environment.registerFunction(`kubernetes.Formats.${name}(): ${type}`, () => made);
  }
}
