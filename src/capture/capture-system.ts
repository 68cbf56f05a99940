import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Environment } from "../model/environment.ts";
import { LOCK_SECONDS, OUTPUT_BYTES, TOOL_MS } from "./limits.ts";

/** How a program ended. */
export type ToolResult =
  | { readonly kind: "exited"; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** The system's word, such as ENOENT. */
  | { readonly kind: "not-started"; readonly reason: string }
  /** It gave no answer within the limit, or more than the limit, and was killed. */
  | { readonly kind: "killed"; readonly reason: string };

/** What capture needs of the machine. */
export interface CaptureSystem {
  /** Runs a program found on the path, with `input` as its standard input; no shell. */
  run(tool: string, args: readonly string[], input: string): ToolResult;
  /** The text of a small file of the kernel's; undefined when it cannot be read. */
  read(path: string): string | undefined;
}

/** Arguments of every restoring: leave what is not named as it is, and wait for another program's lock. */
export const RESTORE_ARGUMENTS: readonly string[] = ["--noflush", "--wait", String(LOCK_SECONDS)];

/**
 * Where legacy iptables keeps its lock: its default is on the root file system, which is read-only in the pod, and the pod's
 * shared memory is not. Whoever sets the variable is obeyed.
 */
const LOCK_FILE = "/dev/shm/xtables.lock";

/** The machine itself. Waits for each program, because there is nothing else to do meanwhile. */
export function captureSystem(environment: Environment): CaptureSystem {
  const env = {
    PATH: environment["PATH"],
    XTABLES_LIBDIR: environment["XTABLES_LIBDIR"],
    XTABLES_LOCKFILE: environment["XTABLES_LOCKFILE"] ?? LOCK_FILE,
    LC_ALL: "C",
  };
  return {
    run(tool, args, input) {
      const { error, status, signal, stdout, stderr } = spawnSync(tool, args, {
        env,
        input,
        encoding: "utf8",
        timeout: TOOL_MS,
        killSignal: "SIGKILL",
        maxBuffer: OUTPUT_BYTES,
      });
      // a program may end without reading what it was given: how it ended says more than that
      const code = (error as NodeJS.ErrnoException | undefined)?.code;
      if (status !== null) return { kind: "exited", code: status, stdout, stderr };
      if (code === "ETIMEDOUT") return { kind: "killed", reason: `it gave no answer within ${TOOL_MS / 1000} s` };
      if (code === "ENOBUFS") return { kind: "killed", reason: `it printed more than ${OUTPUT_BYTES} bytes` };
      if (signal !== null) return { kind: "killed", reason: `it was ended by ${signal}` };
      return { kind: "not-started", reason: code ?? "unknown" };
    },
    read(path) {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
  };
}
