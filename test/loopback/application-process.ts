import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Ports } from "../../testbed/app/serve.ts";

/** Nothing of the environment: npm sets `COLOR` too, by which the application takes itself for a color of the walkthroughs. */
const ENVIRONMENT = { PATH: process.env["PATH"] };
const MAIN = join(import.meta.dirname, "../../testbed/app/main.ts");

/** The test application as a process of its own, killed at the end of the test at the latest. */
export interface Started {
  readonly process: ChildProcess;
  readonly ports: Ports;
  /** Resolves when the program has said a line with this text. */
  readonly said: (text: string) => Promise<void>;
  readonly exit: Promise<unknown[]>;
}

/** Starts it on a free port and waits until it listens; the flags go on from there. */
export async function startProcess(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, "--host", "127.0.0.1", "--http", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: ENVIRONMENT,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = linesOf(child.stdout);
  const exit = once(child, "exit");
  const { value } = await lines.next();
  const said = async (wanted: string) => {
    for (;;) {
      const line = await lines.next();
      if (line.done || String(line.value).includes(wanted)) return;
    }
  };
  return { process: child, ports: JSON.parse(String(value)) as Ports, said, exit };
}

/** The lines of a stream, one by one. */
export function linesOf(input: Socket | NonNullable<ChildProcess["stdout"]>): AsyncIterator<string> {
  return createInterface({ input })[Symbol.asyncIterator]();
}

/** Runs a command of it to its end. */
export async function command(
  args: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env: ENVIRONMENT });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code: code as number };
}
