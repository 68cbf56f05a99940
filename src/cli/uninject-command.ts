import { Command } from "commander";
import { uninject } from "../inject/record/uninject.ts";
import type { Workload } from "../manifest/workloads.ts";
import { EXIT } from "./exit.ts";
import { type CommandContext, say } from "./io.ts";
import { addManifestOptions, type ManifestOptions, parsedInputs, rewriteOptions } from "./manifest-options.ts";
import { isLive, replaceHint } from "./replace-hint.ts";
import { rewrite, type Treatment } from "./rewrite.ts";

const HELP = `
Examples:
  outrigger uninject -f injected.yaml
  kubectl get deployment web -o yaml | outrigger uninject -f - | kubectl replace -f -

Objects that came from a cluster go back with kubectl replace, however they were made: kubectl apply removes only
what it has applied itself. A running pod needs replace --force; docs/command-line.md says more, also about Jobs.

Takes out exactly what outrigger inject put in, as the annotation outrigger.dev/injected records it; what others
added since stays. A pod that no longer fits its record is refused: exit code 1, and nothing is printed.`;

/** `outrigger uninject`: manifests with sidecars in, manifests as they were before out. */
export function uninjectCommand({ io, exit }: CommandContext): Command {
  const command = new Command("uninject");
  return addManifestOptions(command)
    .addHelpText("after", HELP)
    .action(async (options: ManifestOptions) => {
      const liveKinds = new Set<string>();
      const treat = (workload: Workload): Treatment => {
        const result = treatment(workload);
        if (result.kind === "change" && isLive(workload)) liveKinds.add(workload.kind);
        return result;
      };
      const writing = rewriteOptions(options);
      const code = rewrite(await parsedInputs(options, io), treat, writing, io);
      const hint = replaceHint(liveKinds);
      if (hint !== undefined && (code === EXIT.done || writing.keepGoing)) say(io, hint);
      exit(code);
    });
}

function treatment({ pod }: Workload): Treatment {
  const { outcome, message, patch } = uninject(pod);
  switch (outcome) {
    case "removed":
      return { kind: "change", operations: patch, warnings: [] };
    case "not-injected":
      return { kind: "keep", note: undefined, warnings: [] };
    case "mismatch":
      return { kind: "refuse", reason: "record-mismatch", message, warnings: [] };
  }
}
