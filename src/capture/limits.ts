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

/** Milliseconds between two looks at an Envoy that is not ready, for as long as one usually takes: each adds half to a start. */
export const LOOK_MS = 20;

/** How long that is, in milliseconds: four seconds on a node that starts sixty pods. */
export const OFTEN_MS = 10_000;

/** Milliseconds between two looks afterwards: what is waited for takes longer than that. */
export const LATER_LOOK_MS = 500;

/** Milliseconds after which it is said for the first time that Envoy is not ready. */
export const FIRST_WORD_MS = 10_000;

/** Milliseconds after which the same is said again: a line a minute fills no log. */
export const LATER_WORD_MS = 60_000;

/** Milliseconds for one answer of Envoy's on loopback; a hung one gives none. */
export const ANSWER_MS = 2_000;
