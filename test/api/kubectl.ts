import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { JsonObject } from "../../src/model/json.ts";
import type { OwnCluster } from "./own-cluster.ts";

/** How a run of kubectl ended. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl; the last argument may be objects, which it then reads as a list. */
export type Kubectl = (...args: readonly (string | readonly JsonObject[])[]) => Promise<Said>;

/** The real kubectl, as a cluster's administrator. */
export function kubectlOf({ provided, kubeconfig }: Pick<OwnCluster, "provided" | "kubeconfig">): Kubectl {
  return async (...args) => {
    const last = args.at(-1);
    const input = typeof last === "string" ? "" : JSON.stringify({ apiVersion: "v1", kind: "List", items: last });
    const words = args.filter((one) => typeof one === "string");
    const child = spawn(provided.kubectl, ["--kubeconfig", kubeconfig, ...words]);
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  };
}
