import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";

/** Runs a program of `node_modules/.bin` on our own output; returns its exit code, 1 when a signal ended it. */
export async function runTool(root: string, command: string, args: readonly string[]): Promise<number> {
  const bin = join(root, "node_modules", ".bin");
  const child = spawn(join(bin, command), args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    // The tools start with `#!/usr/bin/env node` and want the Node.js that this package brings.
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
