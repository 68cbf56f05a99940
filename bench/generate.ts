import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const LOAD_CORE = "1";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** So many kinds of pods in turn that nothing is kept of one when its next pod comes: a cluster that never creates two alike. */
export const NO_TWO_ALIKE = 1000;

/** What the generator found; latencies in milliseconds. */
export interface Load {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly bodyBytes: number;
}

/**
 * Runs the generator on its own core against a server whose certificate `ca` signed; a rate of 0 means as fast as it answers.
 * Its pods are of one Deployment, or of as many as `varieties` says, in turn.
 */
export async function generate(
  { address, ca }: { readonly address: Address; readonly ca: string },
  rate: number,
  seconds: number,
  varieties = 1,
): Promise<Load> {
  const script = join(import.meta.dirname, "webhook-load.ts");
  const order = [address.host, String(address.port), ca, String(rate), String(seconds), String(varieties)];
  const { stdout } = await promisify(execFile)("taskset", ["-c", LOAD_CORE, process.execPath, script, ...order]);
  return JSON.parse(stdout) as Load;
}
