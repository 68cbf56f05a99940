import { access } from "node:fs/promises";
import { join } from "node:path";
import { checkName, readRecord, removeWhenDead } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { waitUntilGone } from "../process/identity.ts";
import { TestbedError } from "../testbed-error.ts";

const GONE_MS = 20_000;

/**
 * Ends the cluster of that name and returns when no process and no file of it is left; false when there was none.
 *
 * @throws TestbedError `usage` for a cluster that belongs to a running program, `start` when something does not end.
 */
export async function down(name: string): Promise<boolean> {
  checkName(name);
  const { clusters } = locations();
  const record = await readRecord(clusters, name);
  if (record === undefined) {
    await removeWhenDead(join(clusters, name));
    return false;
  }
  const { owner, remover, running } = record;
  if (record.startedBy === "program") {
    throw new TestbedError("usage", `the cluster ${name} belongs to process ${owner.pid}, which stops it when it ends`);
  }
  process.kill(owner.pid, "SIGKILL");
  const node = running?.node === undefined ? [] : [running.node.machine, ...Object.values(running.node.processes)];
  const servers = running === undefined ? [] : [running.etcd, running.apiServer, ...node];
  if (!(await waitUntilGone([owner, ...servers, remover], GONE_MS))) {
    throw new TestbedError("start", `processes of the cluster ${name} still run ${GONE_MS / 1_000} s after SIGKILL`);
  }
  // Only when somebody killed the remover as well is there still something to remove.
  await removeWhenDead(join(clusters, name));
  const left = await access(join(clusters, name)).then(
    () => true,
    () => false,
  );
  if (left) throw new TestbedError("start", `${join(clusters, name)} cannot be removed`);
  return true;
}
