/** What images a containerd has, asked beside the agent. */
import { ImageService } from "#gen/cri/runtime/v1/api_pb.ts";
import { GrpcConnection } from "./connection.ts";

const callMilliseconds = 10_000;

export interface ListedImage {
  readonly id: string;
  readonly names: readonly string[];
  readonly bytes: number;
}

export async function listImages(socket: string): Promise<readonly ListedImage[]> {
  const connection = new GrpcConnection(socket);
  try {
    const answer = await connection.call(ImageService.method.listImages, {}, callMilliseconds);
    return answer.images.map(({ id, repoTags, repoDigests, size }) => ({
      id,
      names: [...repoDigests, ...repoTags],
      bytes: Number(size),
    }));
  } finally {
    connection.close();
  }
}
