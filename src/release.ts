import { readFileSync } from "node:fs";

/** Outrigger's version, as its package says; the same path holds for the sources and for what is built from them. */
export const RELEASE: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;
