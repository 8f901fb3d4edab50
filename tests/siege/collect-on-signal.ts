/**
 * Loaded ahead of the besieged server (BUN_OPTIONS=--preload): it collects its garbage on SIGUSR2. What is left is
 * what it holds; when the runtime collects by itself is its own affair, and takes minutes on a busy machine.
 */
import process from "node:process";

process.on("SIGUSR2", () => Bun.gc(true));
