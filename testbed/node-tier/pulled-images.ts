import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pathAndTag } from "./image-registry.ts";
import type { Machine } from "./machine.ts";

/**
 * Makes the node forget what it pulled under this name, from whatever registry, so that the next pod pulls it again also
 * when its pull policy is IfNotPresent. Containers that run keep what they have.
 */
export async function dropPulledImage(machine: Machine, ctr: string, reference: string): Promise<void> {
  const wanted = pathAndTag(reference);
  const { stdout } = await runCtr(machine, ctr, ["images", "list", "--quiet"]);
  const pulled = stdout.split("\n").filter((name) => name.replace(/^[^/]*\//, "") === wanted);
  if (pulled.length > 0) await runCtr(machine, ctr, ["images", "remove", "--sync", ...pulled]);
}

async function runCtr(machine: Machine, ctr: string, args: readonly string[]) {
  const [command = ctr, ...rest] = machine.command(ctr, ["--namespace", "k8s.io", ...args]);
  return await promisify(execFile)(command, rest, { cwd: "/" });
}
