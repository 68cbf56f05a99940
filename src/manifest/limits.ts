/** One input: 64 MiB are some ten thousand workloads; more is a mistake, such as a wrong file. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Nodes that the aliases of one document may stand for, so that a kilobyte cannot become a gigabyte. */
export const MAX_ALIASES = 10_000;

/** Nested Lists; kubectl itself never writes more than one. */
export const MAX_LIST_DEPTH = 8;
