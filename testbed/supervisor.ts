/**
 * The process behind `up`: parent of the servers until `down`. Takes the cluster's name as argument and tells its parent
 * over the IPC channel how the start went (`SupervisorMessage`).
 *
 * It handles no signal and has no shutdown: whatever ends it, the kernel ends the servers and the folder's remover removes
 * the folder (`process/bound-process.ts`).
 */
import { startCluster } from "./cluster.ts";
import { TestbedError, type TestbedErrorCode } from "./testbed-error.ts";

export type SupervisorMessage =
  | { readonly kind: "progress"; readonly line: string }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: TestbedErrorCode; readonly message: string };

const HOUR_MS = 3_600_000;

function tell(message: SupervisorMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

async function supervise(name: string): Promise<void> {
  // The command that started this one is gone: nobody waits for the cluster, and nobody would know of it.
  const abandoned = () => process.exit(1);
  process.once("disconnect", abandoned);
  try {
    const cluster = await startCluster({
      name,
      startedBy: "up",
      progress: (line) => void tell({ kind: "progress", line }),
    });
    process.removeListener("disconnect", abandoned);
    await tell({ kind: "ready" });
    // The servers do not keep this process alive; this does.
    setInterval(() => {}, HOUR_MS);
    await cluster.failed;
    process.exit(1);
  } catch (error) {
    const code = error instanceof TestbedError ? error.code : "start";
    await tell({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
}

await supervise(process.argv[2] ?? "default");
