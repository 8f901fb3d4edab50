/** Unary gRPC over a unix socket, with the generated CRI messages. */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { RuntimeError } from "./runtime.ts";

/** containerd lists every container of the node in one message. */
const messageBytesMax = 64 * 1024 * 1024;

export class GrpcConnection {
  readonly #client: Client;

  constructor(socketPath: string) {
    this.#client = new Client(`unix://${socketPath}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": messageBytesMax,
      "grpc.max_send_message_length": messageBytesMax,
      // Each socket its own connection, even to two runtimes in one process.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_reconnect_backoff_ms": 1000,
    });
  }

  /** Throws RuntimeError with the gRPC code. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    timeoutMilliseconds: number,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, input),
        { deadline: Date.now() + timeoutMilliseconds },
        (error: ServiceError | null, answer?: MessageShape<O>) => {
          if (answer !== undefined && error === null) resolve(answer);
          else reject(new RuntimeError(error?.code ?? 2, error?.details ?? "no answer"));
        },
      );
    });
  }

  /** A server stream of messages that only matter by their coming. Ends with the stream. */
  listen(
    path: string,
    request: Buffer,
    onMessage: () => void,
  ): { cancel(): void; ended: Promise<void> } {
    const identity = (bytes: Buffer): Buffer => bytes;
    const stream = this.#client.makeServerStreamRequest(path, identity, identity, request);
    stream.on("data", onMessage);
    const ended = new Promise<void>((resolve) => {
      stream.on("error", () => resolve());
      stream.on("end", () => resolve());
    });
    return { cancel: () => stream.cancel(), ended };
  }

  close(): void {
    this.#client.close();
  }
}
