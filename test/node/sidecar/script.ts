import { readFile } from "node:fs/promises";
import { join } from "node:path";

export type ScriptName =
  | "echo-large"
  | "first-word"
  | "get"
  | "get-insecurely"
  | "hold-many"
  | "last-words"
  | "post-large"
  | "processes";

/** A script for pods, by the name of its file in `scripts`. */
export function script(name: ScriptName): Promise<string> {
  return readFile(join(import.meta.dirname, "scripts", `${name}.ts`), "utf8");
}
