import { readdir, readFile } from "node:fs/promises";
import { type JsonObject, member, objectsOf, stringOf } from "../../../src/model/json.ts";
import { kubectl } from "../kubectl.ts";

/**
 * Kills the processes of a running container, as a crash would: SIGKILL, without a word to anybody.
 *
 * @throws Error when the container does not run.
 */
export function killContainer(namespace: string, pod: string, container: string): Promise<void> {
  return signalContainer(namespace, pod, container, "SIGKILL");
}

/** Has the processes of a running container hang, until SIGCONT. @throws Error when the container does not run. */
export async function signalContainer(
  namespace: string,
  pod: string,
  container: string,
  signal: "SIGKILL" | "SIGSTOP" | "SIGCONT",
): Promise<void> {
  const found = JSON.parse(await kubectl("--namespace", namespace, "get", "pod", pod, "--output=json")) as JsonObject;
  const all = ["initContainerStatuses", "containerStatuses"].flatMap((list) =>
    objectsOf(member(found["status"], list)),
  );
  const status = all.find(({ name }) => name === container);
  const id = stringOf(status?.["containerID"])?.replace("containerd://", "");
  const processes = id === undefined ? [] : await processesOf(id);
  if (processes.length === 0) throw new Error(`container ${container} of pod ${namespace}/${pod} does not run`);
  for (const process_ of processes) process.kill(process_, signal);
}

/** Processes by the container that their control group is named after. */
async function processesOf(containerId: string): Promise<readonly number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const groups = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cgroup`, "utf8").catch(() => "")));
  return ids.filter((_, index) => groups[index]?.includes(containerId)).map(Number);
}
