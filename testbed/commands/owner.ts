import { resolve } from "node:path";
import type { ComponentName } from "../node-tier/component-list.ts";
import { askOwner } from "../node-tier/control-requests.ts";
import type { ServedImage } from "../node-tier/image-registry.ts";
import { TestbedError } from "../testbed-error.ts";
import { runningCluster } from "./exec.ts";

/** Has the cluster's registry serve the image, and the node forget what it pulled under that name. */
export async function push(name: string, { reference, layout }: ServedImage): Promise<void> {
  await askOwner(await controlOf(name), { kind: "serve", image: { reference, layout: resolve(layout) } });
}

/**
 * Kills or starts one program of the cluster; a started API server, or DNS, is ready on return. True when the whole cluster is
 * ready afterwards.
 */
export async function changeComponent(
  name: string,
  change: "start" | "stop" | "restart",
  component: ComponentName,
): Promise<boolean> {
  const control = await controlOf(name);
  if (change !== "restart") return await askOwner(control, { kind: change, component });
  await askOwner(control, { kind: "stop", component });
  return await askOwner(control, { kind: "start", component });
}

async function controlOf(name: string): Promise<string> {
  const { node } = (await runningCluster(name)).running;
  if (node !== undefined) return node.control;
  throw new TestbedError("usage", `the cluster ${name} has no node; start one with: npm run testbed -- up --tier node`);
}
