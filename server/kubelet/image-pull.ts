/** Brings a container's image to the node, by its pull policy, with back-off per pod and image. */
import { messageOf } from "#apimachinery/error-message.ts";
import type { Clock } from "#client/clock.ts";
import type { Container, EphemeralContainer, Pod } from "#gen/api/core/v1.ts";
import { type Backoff, containerBackoff, dueAt, nextBackoff } from "./backoff.ts";
import type { CriRuntime, RegistryAuth, RuntimeImage } from "./cri/runtime.ts";
import { imageNameFault } from "./image-name.ts";

/** A container could not be started: its waiting reason, and when to try again (milliseconds). */
export class StartFailure extends Error {
  readonly reason: string;
  readonly retryAt: number;

  constructor(reason: string, message: string, retryAt: number) {
    super(message);
    this.name = "StartFailure";
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

/** How long the pull error itself is shown before the back-off is. */
const errorShownMilliseconds = 1000;

export interface ImagePullOptions {
  readonly runtime: CriRuntime;
  readonly clock: Clock;
}

export interface PullRequest {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  /** Credentials to try in turn; none: anonymous. */
  readonly auth: () => Promise<readonly RegistryAuth[]>;
  readonly onEvent: (type: "Normal" | "Warning", reason: string, message: string) => void;
}

export interface PulledImage {
  readonly image: RuntimeImage;
  readonly ref: string;
}

/** Upstream's default: Always for `:latest` and no tag. The API has filled it in already. */
function pullPolicy(container: Container | EphemeralContainer): string {
  if (container.imagePullPolicy !== undefined) return container.imagePullPolicy;
  const name = (container.image ?? "").split("/").at(-1) ?? "";
  if (name.includes("@")) return "IfNotPresent";
  return !name.includes(":") || name.endsWith(":latest") ? "Always" : "IfNotPresent";
}

export class ImagePull {
  readonly #options: ImagePullOptions;
  readonly #backoffs = new Map<string, { backoff: Backoff; failedAt: number; error: string }>();

  constructor(options: ImagePullOptions) {
    this.#options = options;
  }

  forget(podUid: string): void {
    for (const key of this.#backoffs.keys()) {
      if (key.startsWith(`${podUid} `)) this.#backoffs.delete(key);
    }
  }

  /** Throws StartFailure. */
  async ensure(request: PullRequest): Promise<PulledImage> {
    const { container, onEvent } = request;
    const name = container.image ?? "";
    const policy = pullPolicy(container);
    const fault = imageNameFault(name);
    if (fault !== undefined) {
      const text = `couldn't parse image name ${JSON.stringify(name)}: ${fault}`;
      const message = `Failed to apply default image tag ${JSON.stringify(name)}: ${text}`;
      onEvent("Warning", "InspectFailed", message);
      const retryAt = this.#options.clock.now().getTime() + containerBackoff.initial;
      throw new StartFailure("InvalidImageName", message, retryAt);
    }
    const present = policy === "Always" ? undefined : await this.#options.runtime.imageStatus(name);
    if (present !== undefined) {
      onEvent(
        "Normal",
        "Pulled",
        `Container image "${name}" already present on machine and can be accessed by the pod`,
      );
      return { image: present, ref: present.id };
    }
    const now = this.#options.clock.now().getTime();
    if (policy === "Never") {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      onEvent("Warning", "ErrImageNeverPull", message);
      throw new StartFailure("ErrImageNeverPull", message, now + containerBackoff.initial);
    }
    return this.#pull(request, name, now);
  }

  async #pull(request: PullRequest, name: string, now: number): Promise<PulledImage> {
    const { runtime, clock } = this.#options;
    const { onEvent } = request;
    const key = `${request.pod.metadata.uid} ${name}`;
    const failed = this.#backoffs.get(key);
    if (failed !== undefined) {
      const due = dueAt(failed.backoff, failed.failedAt, now, containerBackoff);
      if (due !== undefined) {
        const message = `Back-off pulling image "${name}": ErrImagePull: ${failed.error}`;
        onEvent("Normal", "BackOff", `Back-off pulling image "${name}"`);
        throw new StartFailure("ImagePullBackOff", message, due);
      }
    }
    onEvent("Normal", "Pulling", `Pulling image "${name}"`);
    try {
      const ref = await this.#pullWith(name, await request.auth());
      const image = await runtime.imageStatus(ref);
      if (image === undefined) throw new Error(`image ${ref} is not there after its pull`);
      this.#backoffs.delete(key);
      const seconds = (clock.now().getTime() - now) / 1000;
      onEvent("Normal", "Pulled", `Successfully pulled image "${name}" in ${seconds}s`);
      return { image, ref };
    } catch (error) {
      const text = messageOf(error);
      const failedAt = clock.now().getTime();
      const backoff = nextBackoff(failed?.backoff, failedAt, containerBackoff);
      this.#backoffs.set(key, { backoff, failedAt, error: text });
      onEvent("Warning", "Failed", `Failed to pull image "${name}": ${text}`);
      throw new StartFailure("ErrImagePull", text, failedAt + errorShownMilliseconds);
    }
  }

  async #pullWith(name: string, auths: readonly RegistryAuth[]): Promise<string> {
    if (auths.length === 0) return this.#options.runtime.pullImage(name);
    let failure: unknown;
    for (const auth of auths) {
      try {
        return await this.#options.runtime.pullImage(name, auth);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
