import type { Readable } from "node:stream";
import type { Environment } from "../model/environment.ts";

/** What a command knows of the world around it: given as an argument, so that tests need no process. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Environment;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a command gets to work with. */
export interface CommandContext {
  readonly io: Io;
  readonly release: string;
  /** What the process will answer; the last one counts. */
  readonly exit: (code: number) => void;
}

/** One line on standard error, marked as ours between the lines of a pipe's other programs. */
export function say(io: Io, text: string): void {
  io.stderr.write(`outrigger: ${text}\n`);
}
