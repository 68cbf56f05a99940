import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Outcome } from "../kubectl.ts";

/** Stands after what a command printed, on both streams; no command prints it. */
const END = "--- ended with exit code ";

/** One bash into which commands are typed, so that later ones know the functions and variables of earlier ones. */
export class Terminal {
  readonly #bash: ChildProcessWithoutNullStreams;
  readonly #printed = { stdout: "", stderr: "" };

  constructor(folder: string) {
    this.#bash = spawn("bash", ["--noprofile", "--norc"], { cwd: folder });
    this.#bash.stdin.write("set -o pipefail; trap 'failed=$?' ERR\n");
    for (const stream of ["stdout", "stderr"] as const) {
      this.#bash[stream].setEncoding("utf8").on("data", (text: string) => {
        this.#printed[stream] += text;
      });
    }
  }

  /**
   * Types commands, and waits for the end of the last one. The exit code is that of the last one that failed, also within a
   * pipe, for a person would see it and stop; else 0. @throws Error when bash itself ends.
   */
  async type(commands: string): Promise<Outcome> {
    this.#printed.stdout = this.#printed.stderr = "";
    const end = `echo "${END}$failed"`;
    this.#bash.stdin.write(`failed=0\n${commands}\n${end}; ${end} >&2\n`);
    const [stdout, stderr] = await Promise.all([this.#until("stdout"), this.#until("stderr")]);
    return { code: Number(stdout[1]), stdout: stdout[0] ?? "", stderr: stderr[0] ?? "" };
  }

  /** Waits until the end was printed on that stream; what is before it, and what is behind. */
  #until(stream: "stdout" | "stderr"): Promise<readonly string[]> {
    const source = this.#bash[stream];
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const parts = this.#printed[stream].split(END);
        if (parts[1]?.endsWith("\n") !== true) return;
        source.off("data", look).off("end", ended);
        resolve(parts);
      };
      const ended = (): void => reject(new Error(`bash ended: ${this.#printed.stderr}`));
      source.on("data", look).once("end", ended);
    });
  }

  close(): void {
    this.#bash.stdin.end();
  }
}
