import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { run } from "../../src/cli/run.ts";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line of outrigger in this process, with an empty environment. */
export async function outrigger(argv: readonly string[], input = ""): Promise<Finished> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [printed, complaints] = [text(stdout), text(stderr)];
  const code = await run(argv, { stdin: Readable.from([input]), stdout, stderr, environment: {} });
  stdout.end();
  stderr.end();
  return { code, stdout: await printed, stderr: await complaints };
}
