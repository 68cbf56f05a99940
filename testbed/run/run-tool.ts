import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";

/** Where a tool runs, when that is not simply here. */
export interface ToolPlace {
  /** Makes the command line that runs a command there. */
  readonly commandLine: (command: readonly [string, ...string[]]) => readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

const HERE: ToolPlace = { commandLine: (command) => command, env: process.env };

/** Runs a program of `node_modules/.bin` on our own output; returns its exit code, 1 when a signal ended it. */
export async function runTool(
  root: string,
  command: string,
  args: readonly string[],
  { commandLine, env }: ToolPlace = HERE,
): Promise<number> {
  const bin = join(root, "node_modules", ".bin");
  const [program, ...rest] = commandLine([join(bin, command), ...args]);
  const child = spawn(program, rest, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    // The tools start with `#!/usr/bin/env node` and want the Node.js that this package brings.
    env: { ...env, PATH: `${bin}${delimiter}${env.PATH ?? ""}` },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
