import { Command, Option } from "commander";
import { addConfigurationFlags } from "../config/flags.ts";
import type { InstallationOptions } from "../install/objects/installation-options.ts";
import { manifestJson, manifestYaml } from "../install/objects/manifest-text.ts";
import { installation } from "../install/objects/objects.ts";
import { COMPONENTS, type Component } from "../install/objects/ownership.ts";
import { INJECT_KEY } from "../model/names.ts";
import { addClusterOptions, addWaitOptions, withWriter } from "./cluster-options.ts";
import { CommandError } from "./exit.ts";
import { installationSettings } from "./installation-settings.ts";
import { type CommandContext, say } from "./io.ts";

const HELP = `
Examples:
  # Injector and control plane, for pods of the mesh "mynewmesh"
  MESH_NAME=mynewmesh outrigger install

  # What it would do, according to the API server; nothing is stored
  MESH_NAME=mynewmesh outrigger install --dry-run

  # In place of the AWS App Mesh controller, which is switched off until uninstall gives it back
  outrigger install --mesh-name mynewmesh --take-over

  # The objects themselves, for Git; the App Mesh CRDs apart, because deleting them deletes every App Mesh object
  outrigger install --mesh-name mynewmesh --ha --output yaml > outrigger.yaml
  outrigger install --crds-only --output yaml > crds.yaml

Run it again to upgrade, or with other options: what is not asked for any more goes. Exit code 1: the cluster is not
fit for it, with every reason, or something did not become ready in time; 3: the API server could not be reached.`;

interface InstallOptions {
  readonly injectorOnly?: true;
  readonly controlPlaneOnly?: true;
  readonly crdsOnly?: true;
  readonly output?: "yaml" | "json";
  readonly ha?: true;
  readonly failurePolicy: "Ignore" | "Fail";
  readonly image?: string;
  readonly certManager?: true;
  readonly priorityClass?: string;
  readonly dryRun?: true;
  readonly takeOver?: true;
  readonly wait: boolean;
  readonly timeout: number;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** `outrigger install`: puts injector and control plane into a cluster, or prints the objects. */
export function installCommand({ io, release }: CommandContext): Command {
  const command = new Command("install")
    .option("--injector-only", "leave the control plane as it is")
    .option("--control-plane-only", "leave the injector as it is")
    .option("--crds-only", "the App Mesh CustomResourceDefinitions and nothing else")
    .option("--ha", "two replicas of each part, spread over nodes, with disruption budgets")
    .addOption(
      new Option("--failure-policy <policy>", "pods while the injector is away: created without sidecar, or refused")
        .choices(["Ignore", "Fail"])
        .default("Ignore"),
    )
    .option("--image <image>", "image of Outrigger, with tag or digest (default: the released one)")
    .option("--priority-class <name>", "PriorityClass of Outrigger's pods (default: none)")
    .option("--cert-manager", "have cert-manager make the webhook's certificate (default: the injector does)")
    .option("--config <file>", "configuration file (YAML) for the injector and the control plane")
    .addOption(new Option("-o, --output <format>", "print the objects instead").choices(["yaml", "json"]))
    .option("--dry-run", "have the API server check everything and store nothing")
    .option("--take-over", "switch App Mesh's own controller or injector off, until uninstall gives it back");
  addWaitOptions(command, "ready");
  addClusterOptions(command).addHelpText("after", HELP);
  addConfigurationFlags(command, { sections: ["general"] });
  return command.action(async (given: InstallOptions) => {
    if (given.crdsOnly) return await installCrds(given, io);
    const options = await installationOptions(command, given, { io, release });
    if (given.output !== undefined) {
      const objects = installation(options);
      io.stdout.write(given.output === "json" ? manifestJson(objects) : manifestYaml(objects));
      return;
    }
    // only here, because printing needs no cluster
    const { install } = await import("../install/run/install.ts");
    const { hasMesh } = await import("../install/run/own-modes.ts");
    const isMeshThere = await withWriter(given, io, async (writer) => {
      await install(options, {
        writer,
        others: given.takeOver ? "take-over" : "refuse",
        report: (line) => say(io, line),
        ...(given.dryRun && { dryRun: "server" }),
        ...(given.wait && { timeout: given.timeout * 1000 }),
      });
      return given.dryRun ? undefined : await hasMesh(writer);
    });
    io.stdout.write(given.dryRun ? "Nothing was changed: this was a dry run.\n" : nextSteps(options, isMeshThere));
  });
}

async function installCrds(given: InstallOptions, io: CommandContext["io"]): Promise<void> {
  if (given.injectorOnly || given.controlPlaneOnly) {
    throw new CommandError("usage", "--crds-only excludes --injector-only and --control-plane-only: give one, or none");
  }
  if (given.output !== undefined) {
    const { customResourceDefinitions } = await import("../install/objects/custom-resource-definitions.ts");
    const objects = customResourceDefinitions();
    io.stdout.write(given.output === "json" ? manifestJson(objects) : manifestYaml(objects));
    return;
  }
  const { installDefinitions } = await import("../install/run/install.ts");
  await withWriter(given, io, (writer) =>
    installDefinitions({ writer, report: (line) => say(io, line), ...(given.dryRun && { dryRun: "server" }) }),
  );
  io.stdout.write(given.dryRun ? "Nothing was changed: this was a dry run.\n" : "The App Mesh kinds are installed.\n");
}

const MESH_FIRST = `
There is no Mesh yet. It comes before all other App Mesh objects, which are refused until a Mesh's namespaceSelector
selects their namespace: docs/mesh.md begins with one.
`;

function nextSteps({ components }: InstallationOptions, isMeshThere: boolean | undefined): string {
  const meshFirst = isMeshThere === false && components.includes("control-plane") ? MESH_FIRST : "";
  if (!components.includes("injector")) return `Outrigger's control plane is installed.\n${meshFirst}`;
  return `Outrigger is installed. Next:

  kubectl label namespace NAMESPACE ${INJECT_KEY}=enabled
  kubectl rollout restart deployment -n NAMESPACE      its pods come back with an Envoy each
  outrigger check                                      when something is not as expected
${meshFirst}`;
}

async function installationOptions(
  command: Command,
  given: InstallOptions,
  { io, release }: Pick<CommandContext, "io" | "release">,
): Promise<InstallationOptions> {
  const settings = await installationSettings(command, io);
  const components = componentsOf(given);
  if (components.includes("injector") && !settings.meshName) {
    throw new CommandError(
      "usage",
      "the name of the mesh is missing: set MESH_NAME, as in MESH_NAME=mynewmesh outrigger install, or give --mesh-name",
    );
  }
  return {
    components,
    release,
    settings,
    availability: given.ha ? "ha" : "single",
    failurePolicy: given.failurePolicy,
    certificates: given.certManager ? "cert-manager" : "own",
    ...(given.image !== undefined && { image: given.image }),
    ...(given.priorityClass !== undefined && { priorityClass: given.priorityClass }),
  };
}

function componentsOf({ injectorOnly, controlPlaneOnly }: InstallOptions): readonly Component[] {
  if (injectorOnly && controlPlaneOnly) {
    throw new CommandError("usage", "--injector-only and --control-plane-only exclude each other: give one, or none");
  }
  if (injectorOnly) return ["injector"];
  return controlPlaneOnly ? ["control-plane"] : COMPONENTS;
}
