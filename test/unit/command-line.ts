import { Readable } from "node:stream";
import { run } from "../../src/cli/run.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Terminal {
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
}

/** Runs one command line in this process, as `main.ts` would, and collects what it says. */
export async function outrigger(argv: readonly string[], given: Terminal = {}): Promise<Ran> {
  const { stdin = "", environment = { MESH_NAME: "my-mesh" }, terminal = false } = given;
  const out: string[] = [];
  const err: string[] = [];
  const output = (chunks: string[]) => ({ isTTY: terminal, write: (text: string) => chunks.push(text) });
  const code = await run(argv, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: output(out),
    stderr: output(err),
    environment,
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}
