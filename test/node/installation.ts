import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { kubectl, outcomeOf } from "./kubectl.ts";
import { formerPodsAreGone } from "./standing-pods.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/**
 * Installs this checkout's Outrigger, or brings it to these settings and flags, and waits until the pods of before are gone.
 * @throws Error with what `outrigger install` said.
 */
export async function install(settings: ConfigurationInput = {}, ...flags: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "outrigger-install-"));
  try {
    const file = join(folder, "config.yaml");
    await writeFile(file, stringify({ meshName: "mynewmesh", ...settings }));
    await outrigger("install", "--config", file, ...flags);
    await Promise.all(["appmesh-inject", "appmesh-system"].map(formerPodsAreGone));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function uninstall(): Promise<void> {
  await outrigger("uninstall");
}

/** What this checkout's command line prints. @throws Error with what it said when it fails. */
export async function outrigger(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, ...args]);
  if (code !== 0) throw new Error(`outrigger ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Takes the injector away (0), or brings it back, and waits until it is so. */
export async function scaleInjector(replicas: 0 | 1): Promise<void> {
  const injector = ["--namespace", "appmesh-inject", "deployment/aws-app-mesh-inject"];
  await kubectl("scale", `--replicas=${replicas}`, ...injector);
  if (replicas === 1) await kubectl("rollout", "status", "--timeout=150s", ...injector);
  else await kubectl("wait", "--for=delete", "pod", "--all", "--namespace", "appmesh-inject", "--timeout=150s");
}

/** `reason: message` of each event on an object. */
export async function eventsOn(namespace: string, kind: string, name: string): Promise<readonly string[]> {
  const selector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const list = await kubectl("get", "events", "--namespace", namespace, "--field-selector", selector, "--output=json");
  return objectsOf(member(JSON.parse(list) as JsonObject, "items")).map(
    (event) => `${stringOf(event["reason"])}: ${stringOf(event["message"])}`,
  );
}
