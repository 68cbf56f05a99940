import { type Command, Option } from "commander";
import { addConfigurationFlags } from "../config/flags.ts";
import type { ManifestObject } from "../manifest/workloads.ts";
import type { TrustFacts } from "../model/facts.ts";
import { isTrust } from "../model/trust.ts";
import { CommandError } from "./exit.ts";
import type { Assumptions } from "./facts-at-hand.ts";
import { readInput } from "./inputs.ts";
import { ownerArgument } from "./owner-argument.ts";
import { parseInput, partsOf, surroundingObjects } from "./parsed-input.ts";

/** Options with which a person says what a cluster would otherwise be asked. */
export interface PodOptions {
  readonly namespace?: string;
  readonly namespaceLabel?: string;
  readonly owner?: string;
  readonly virtualNodes?: readonly string[];
  readonly trust?: string;
}

/** Adds these options, `--config` and all configuration flags to a command. */
export function addPodOptions(command: Command): Command {
  command
    .option("-n, --namespace <name>", "namespace of objects that name none (default: default)")
    .option("--namespace-label <value>", "value of the namespace's label sidecarInjectorWebhook (default: enabled)")
    .option("--owner <kind/name>", "what owns the bare pods of the input, such as Deployment/web")
    .addOption(fileOption("--virtual-nodes <file>", "VirtualNodes, VirtualGateways and Meshes to match against"))
    .option("--trust <file>", "PEM certificates of the mesh's authority, for the sidecar to trust")
    .option("--config <file>", "configuration file (YAML)");
  return addConfigurationFlags(command, { sections: ["general", "proxy", "capture"] });
}

/** An option that may be given several times. */
export function fileOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

/** Reads the files that the options name. Throws CommandError. */
export async function assumptionsOf(options: PodOptions): Promise<Assumptions> {
  return {
    namespace: options.namespace ?? "default",
    namespaceLabel:
      options.namespaceLabel === undefined
        ? { kind: "enabled-unless-found" }
        : { kind: "given", value: options.namespaceLabel },
    owner: options.owner === undefined ? undefined : ownerArgument(options.owner),
    trust: options.trust === undefined ? { kind: "later" } : await trustOf(options.trust),
  };
}

/** The objects of the files given with `--virtual-nodes`. Throws CommandError. */
export async function meshObjectsOf({ virtualNodes = [] }: PodOptions): Promise<readonly ManifestObject[]> {
  const inputs = await Promise.all(virtualNodes.map(async (path) => parseInput(await readInput(path))));
  for (const input of inputs) {
    const wrong = [...partsOf(input)].find((part) => part.kind === "unreadable");
    if (wrong) throw new CommandError("usage", `--virtual-nodes ${input.label}: ${wrong.error.message}`);
  }
  return surroundingObjects(inputs);
}

async function trustOf(path: string): Promise<TrustFacts> {
  const { text } = await readInput(path);
  if (!isTrust(text)) {
    throw new CommandError(
      "usage",
      `--trust ${path}: expected PEM certificates (-----BEGIN CERTIFICATE-----), found none`,
    );
  }
  return { kind: "known", pem: text };
}
