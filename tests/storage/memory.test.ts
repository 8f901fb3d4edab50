import { openMemoryStorage } from "#storage/memory/memory.ts";
import { storageSuite } from "../suites/storage.ts";

storageSuite("memory", async () => openMemoryStorage());
