import type { OracleNode, Score } from "./cluster.ts";

const MiB = 1024 * 1024;

function normalized(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}

export const imageLocality: Score = (pod, feasible, { nodes }) => {
  const containers = [
    ...(pod.spec.initContainers ?? []),
    ...pod.spec.containers,
    ...(pod.spec.volumes ?? []).flatMap(({ image }) => (image ? [{ image: image.reference }] : [])),
  ];
  const low = 23 * MiB;
  const high = 1000 * MiB * containers.length;
  const sizeOn = ({ node }: OracleNode, image: string) =>
    node.status.images?.find((i) => i.names?.includes(image))?.sizeBytes;
  const sizes = containers.map(({ image }) =>
    nodes.map((at) => sizeOn(at, normalized(image ?? ""))).filter((size) => size !== undefined),
  );
  return feasible.map((at) => {
    let sum = 0;
    for (const [index, { image }] of containers.entries()) {
      if (sizeOn(at, normalized(image ?? "")) === undefined) continue;
      // Upstream keeps one size an image: that of the first node that reported it.
      const [size = 0] = sizes[index] ?? [];
      const holders = sizes[index]?.length ?? 0;
      sum += Math.trunc(size * (holders / nodes.length));
    }
    const clamped = Math.min(Math.max(sum, low), high);
    return Math.trunc((100 * (clamped - low)) / (high - low));
  });
};
