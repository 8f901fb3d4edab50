import type { Socket } from "node:net";

/** Resolves when the socket can be written to; else it is destroyed and the promise rejected. */
export function connected(
  socket: Socket,
  event: "connect" | "secureConnect",
  milliseconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = new Error("no connection in time");
    const timer = setTimeout(() => socket.destroy(late), milliseconds);
    const onError = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once("error", onError);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.removeListener("error", onError);
      resolve();
    });
  });
}
