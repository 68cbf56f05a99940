import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const SCRIPT = readFileSync(join(import.meta.dirname, "../../scripts/install.sh"), "utf8");
/** Without its last line, which runs them all. */
const FUNCTIONS = SCRIPT.replace(/\nmain "\$@"[^\n]*\n$/, "\n");

/** Runs lines of bash after the functions of scripts/install.sh; they may put a `kubectl` of their own in the place of the real one. */
export function runFunctions(lines: string, environment: Readonly<Record<string, string>>) {
  const env = { PATH: process.env.PATH, ...environment };
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], {
    input: `${FUNCTIONS}\n${lines}\n`,
    env,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}
