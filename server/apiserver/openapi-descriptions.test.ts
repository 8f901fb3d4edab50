import { expect, test } from "bun:test";
import { Descriptions, modelOf } from "./openapi-descriptions.ts";

const declaration = `// A model file.
/**
* A whole.
*/
export declare class V1Whole {
    /**
    * What \\"it\\" doesn\\'t say.
    */
    '_default'?: string;
    'part'?: V1Part;
    /**
    * Two
    * lines.
    */
    'x_kubernetes_list_type': Array<string>;
    'constructor'(): void;
}
`;

test("a model's docstrings are those of its type and its fields", () => {
  const { text, fields } = modelOf(declaration);
  expect(text).toBe("A whole.");
  expect([...fields]).toEqual([
    ["default", `What "it" doesn't say.`],
    ["xkuberneteslisttype", "Two lines."],
  ]);
});

test("schemas get the descriptions of the installed package, of previews too", async () => {
  const schema = (...names: string[]) => ({
    type: "object",
    properties: Object.fromEntries(names.map((name): [string, object] => [name, {}])),
  });
  const schemas = {
    "io.k8s.api.core.v1.Container": schema("image", "lifecycle", "unheardOf"),
    "io.k8s.api.core.v1.Pod": {
      properties: { spec: { allOf: [{ $ref: "#/x/io.k8s.api.core.v1.PodSpec" }] } },
    },
    "io.k8s.api.core.v1.PodSpec": schema(),
    "io.k8s.api.events.v1.Event": schema("reason"),
    "io.k8s.api.storagemigration.v1.StorageVersionMigration": schema(),
    "io.k8s.apimachinery.pkg.runtime.RawExtension": schema(),
  };
  await new Descriptions().addTo(schemas);
  const described = JSON.stringify(schemas);
  expect(schemas["io.k8s.api.core.v1.Container"]).toMatchObject({
    description: expect.stringMatching(/container/),
    properties: { image: { description: expect.stringMatching(/image/) }, unheardOf: {} },
  });
  expect(schemas["io.k8s.api.events.v1.Event"]).toMatchObject({
    properties: { reason: { description: expect.stringMatching(/action/) } },
  });
  const spec = schemas["io.k8s.api.core.v1.PodSpec"];
  expect(schemas["io.k8s.api.core.v1.Pod"].properties.spec).toMatchObject({
    description: Object(spec)["description"],
  });
  expect(described.match(/"description"/g)).toHaveLength(8);
});
