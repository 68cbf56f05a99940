/** One multiport match holds fifteen ports, a range counting as two (iptables-extensions(8)). */
export const PORTS_PER_RULE = 15;

/** Seconds that a program of iptables waits for another one to let go of the lock; nothing else runs in a pod yet. */
export const LOCK_SECONDS = 5;

/** Milliseconds for one call of a program of iptables: it takes a few; on a node that starts a hundred pods, more. */
export const TOOL_MS = 20_000;

/** Bytes that are read of a program's output: a table with ten thousand rules has about one million. */
export const OUTPUT_BYTES = 8 * 1024 * 1024;

/** Characters of a program's complaint that an error repeats. */
export const COMPLAINT_CHARACTERS = 400;

/** Highest user or group: 4294967295 means "none" to the kernel (setuid(2)). */
export const HIGHEST_ID = 4_294_967_294;
