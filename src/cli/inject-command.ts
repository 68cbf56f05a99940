import { Command } from "commander";
import type { Configuration } from "../config/schema.ts";
import type { InjectionResult } from "../inject/decision.ts";
import type { Workload } from "../manifest/workloads.ts";
import { commandConfiguration } from "./configuration.ts";
import { EXIT } from "./exit.ts";
import { decideWorkload, refreshWorkload } from "./inject-workload.ts";
import { type CommandContext, say } from "./io.ts";
import { addManifestOptions, type ManifestOptions, parsedInputs, rewriteOptions } from "./manifest-options.ts";
import { surroundingObjects } from "./parsed-input.ts";
import { addPodOptions, assumptionsOf, meshObjectsOf, type PodOptions } from "./pod-options.ts";
import { isLive, replaceHint } from "./replace-hint.ts";
import { rewrite, type Treatment } from "./rewrite.ts";
import { unsureNotices } from "./unsure-notices.ts";

const HELP = `
Examples:
  # See what a Deployment becomes, and apply it
  outrigger inject -f deployment.yaml --mesh-name my-mesh
  outrigger inject -f deployment.yaml --mesh-name my-mesh | kubectl apply -f -

  # What is in a cluster already
  kubectl get deployment web -o yaml | outrigger inject -f - --mesh-name my-mesh | kubectl replace -f -

  # A folder of manifests, against the VirtualNodes of another one
  outrigger inject -f manifests/ -R --virtual-nodes mesh.yaml

  # The change alone
  outrigger inject -f pod.yaml --mesh-name my-mesh --output patch

  # Bring older sidecars up to date
  outrigger inject -f injected.yaml --mesh-name my-mesh --refresh

Everything else in the input is printed as it is. A pod that is refused stops everything: nothing is printed,
the reasons go to standard error, and the exit code is 1. So does an input that cannot be read as a manifest.`;

interface InjectOptions extends ManifestOptions, PodOptions {
  readonly refresh?: true;
}

/** `outrigger inject`: manifests in, manifests with sidecars out. */
export function injectCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("inject");
  addManifestOptions(command).option("--refresh", "replace sidecars that are there already by up-to-date ones");
  addPodOptions(command).addHelpText("after", HELP);
  return command.action(async (options: InjectOptions) => {
    const configuration = await commandConfiguration(command, io);
    const assumptions = await assumptionsOf(options);
    const inputs = await parsedInputs(options, io);
    const objects = [...(await meshObjectsOf(options)), ...surroundingObjects(inputs)];
    const setting = { objects, assumptions, configuration, release };
    const decide = options.refresh ? refreshWorkload : decideWorkload;
    let waiting = 0;
    const liveKinds = new Set<string>();
    const treat = (workload: Workload): Treatment => {
      const result = decide(workload, setting);
      if (result.patch.length > 0 && waitsForTrust(configuration) && assumptions.trust.kind === "later") waiting++;
      if (result.patch.length > 0 && isLive(workload)) liveKinds.add(workload.kind);
      return treatment(result);
    };
    const writing = rewriteOptions(options);
    const code = rewrite(inputs, treat, { ...writing, notesOn: unsureNotices }, io);
    const isPrinted = code === EXIT.done || writing.keepGoing;
    if (waiting > 0 && isPrinted) say(io, TRUST_NOTICE);
    const hint = replaceHint(liveKinds);
    if (hint !== undefined && isPrinted) say(io, hint);
    exit(code);
  });
}

const TRUST_NOTICE =
  "no --trust FILE was given: these pods wait for the mesh's trust until a webhook or outrigger inject --refresh --trust FILE adds it";

/** Sidecars of the aws flavor, and those without a control plane, have nobody of ours to trust. */
function waitsForTrust({ flavor, proxy }: Configuration): boolean {
  return flavor === "envoy" && proxy.controlPlane === "ads";
}

function treatment({ outcome, reason, message, warnings, patch }: InjectionResult): Treatment {
  switch (outcome) {
    case "deny":
      return { kind: "refuse", reason, message, warnings };
    case "skip":
      return { kind: "keep", note: `not injected (${reason}): ${message}`, warnings };
    case "inject":
      return { kind: "change", operations: patch, warnings };
  }
}
