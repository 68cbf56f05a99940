import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/**
 * Paths of a control group in every hierarchy of this machine: version 1 has one for each controller, version 2 one for
 * all (cgroups(7)). Empty when there are none.
 *
 * Each cluster has a group of its own, because a kubelet ends whatever it finds below its root and does not know.
 */
export function controlGroups(group: string, root: string = ROOT): readonly string[] {
  if (existsSync(join(root, "cgroup.controllers"))) return [join(root, group)];
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((hierarchy) => existsSync(join(root, hierarchy, "cgroup.procs")))
    .sort()
    .map((hierarchy) => join(root, hierarchy, group));
}

/**
 * Makes the groups, and in each a group `system` that this process joins; whatever it starts from now on is in there too.
 * The kubelet makes its own beside `system`.
 */
export async function joinControlGroups(groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    const system = join(group, "system");
    await mkdir(system, { recursive: true });
    await allowControllers(group);
    // Version 1: nothing can join a group of CPUs or of memory nodes that has none.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const from = join(group, "..", file);
      if (!existsSync(from) || existsSync(join(group, "cgroup.controllers"))) continue;
      const value = await readFile(from, "utf8");
      await writeFile(join(group, file), value);
      await writeFile(join(system, file), value);
    }
    await writeFile(join(system, "cgroup.procs"), String(process.pid));
  }
}

/** Removes groups whose processes have ended, with all groups below them; one that is still in use stays. */
export async function removeControlGroups(groups: readonly string[]): Promise<void> {
  for (const group of groups) {
    const below = await readdir(group, { withFileTypes: true }).catch(() => []);
    await removeControlGroups(below.filter((entry) => entry.isDirectory()).map(({ name }) => join(group, name)));
    await rmdir(group).catch(() => {});
  }
}

/** Version 2: a controller works in a group only when the group above hands it down. */
async function allowControllers(group: string): Promise<void> {
  for (const folder of [join(group, ".."), group]) {
    const available = await readFile(join(folder, "cgroup.controllers"), "utf8").catch(() => "");
    for (const controller of available.split(/\s+/).filter((word) => word !== "")) {
      // One that cannot be handed down is missed by the kubelet, which names it.
      await writeFile(join(folder, "cgroup.subtree_control"), `+${controller}`).catch(() => {});
    }
  }
}
