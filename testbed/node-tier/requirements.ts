import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { requireBoundProcesses } from "../process/bound-process.ts";
import { TestbedError } from "../testbed-error.ts";
import { controlGroups } from "./control-groups.ts";

/** Fails with what is missing when this machine or user cannot run a node: `unavailable`. */
export async function requireNodeTier(): Promise<void> {
  await requireBoundProcesses();
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw unavailable("Linux and root, because a kubelet mounts and makes network devices; run it as root");
  }
  if (controlGroups("/").length === 0) {
    throw unavailable("control groups, because containers have no limits without them; mount them at /sys/fs/cgroup");
  }
  try {
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private"];
    await promisify(execFile)("unshare", [...namespaces, "mount", "-t", "tmpfs", "tmpfs", "/run"]);
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() || String(cause);
    throw unavailable(
      `namespaces of its own (unshare and nsenter of util-linux, and CAP_SYS_ADMIN), which this machine refuses: ${said}`,
    );
  }
}

function unavailable(what: string): TestbedError {
  return new TestbedError("unavailable", `the node tier needs ${what}`);
}
