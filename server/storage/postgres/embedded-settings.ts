/** The embedded Postgres' settings: full durability, little memory, no port unless asked for. */

export function settings(options: {
  readonly sockets: string;
  readonly port: number;
  /** Whether the port is opened on the loopback address, beside the socket. */
  readonly listen: boolean;
}): readonly string[] {
  return [
    `unix_socket_directories=${options.sockets}`,
    `listen_addresses=${options.listen ? "127.0.0.1" : ""}`,
    `port=${options.port}`,
    "max_connections=50",
    // The watch cache reads from memory: Postgres needs room for the pages being written only.
    "shared_buffers=96MB",
    "wal_buffers=16MB",
    // Acknowledged means on the disk.
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    // One node: no standby reads the log. Production with standbys is DATABASE_URL's affair.
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=1GB",
    "min_wal_size=128MB",
    "checkpoint_timeout=10min",
    "jit=off",
    // The statements here are short; workers would only take the cores from the API server.
    "max_parallel_workers_per_gather=0",
    "max_worker_processes=2",
    "max_logical_replication_workers=0",
    "autovacuum_naptime=15s",
    "autovacuum_max_workers=1",
    "io_method=sync",
    "log_min_messages=warning",
    "log_line_prefix=%m [%p] ",
    "timezone=UTC",
    "log_timezone=UTC",
  ];
}

/**
 * A batch's texts pass 128 KB, above which glibc maps memory for each and gives it back: pages to be cleared
 * anew every few milliseconds. Kept, they cost a batch of large objects a seventh less processor time.
 */
export const memoryEnvironment = {
  MALLOC_MMAP_THRESHOLD_: `${32 * 1024 * 1024}`,
  MALLOC_TRIM_THRESHOLD_: `${32 * 1024 * 1024}`,
} as const;
