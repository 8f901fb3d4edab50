import type { Score } from "./cluster.ts";

const MiB = 1024 * 1024;

function normalized(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}

export const imageLocality: Score = (pod, feasible, { nodes }) => {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const low = 23 * MiB;
  const high = 1000 * MiB * containers.length;
  const sizeOn = (index: number, image: string) =>
    nodes[index]?.node.status.images?.find((i) => i.names?.includes(image))?.sizeBytes;
  return feasible.map((at) => {
    const here = nodes.indexOf(at);
    let sum = 0;
    for (const container of containers) {
      const image = normalized(container.image ?? "");
      if (sizeOn(here, image) === undefined) continue;
      const sizes = nodes.map((_, index) => sizeOn(index, image)).filter((s) => s !== undefined);
      // Upstream keeps one size an image: that of the first node that reported it.
      const size = sizes[0] ?? 0;
      const holders = sizes.length;
      sum += Math.trunc(size * (holders / nodes.length));
    }
    const clamped = Math.min(Math.max(sum, low), high);
    return Math.trunc((100 * (clamped - low)) / (high - low));
  });
};
