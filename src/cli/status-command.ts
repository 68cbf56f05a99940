import { Command, Option } from "commander";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # Every workload of the labelled namespaces
  outrigger status

  # One namespace, whatever its label
  outrigger status -n shop

  # The resolved node of every connected proxy
  outrigger status --output json | jq '.controlPlane.streams[] | {pod: .pod.name, resolved}'

Reads only. Who is connected is asked of the control plane's pods by port forwarding, for which you need
"get" on pods/portforward in the namespace appmesh-system; without it, and without a control plane, the rest
is shown. Exit code 2 where there is no such namespace, 3 when the API server could not be reached; docs/diagnose.md describes every column.`;

interface StatusOptions extends ClusterOptions {
  readonly output: "text" | "json";
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

/** `outrigger status`: workloads with their sidecars, and how these stand to what would be injected now. */
export function statusCommand({ io, release }: CommandContext): Command {
  const command = new Command("status")
    .option("-n, --namespace <name>", "only this namespace")
    .option("-A, --all-namespaces", "every labelled namespace (default)")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"))
    .addHelpText("after", HELP);
  addClusterOptions(command);
  return command.action(async ({ output, namespace, allNamespaces, kubeconfig = "", context = "" }: StatusOptions) => {
    if (namespace !== undefined && allNamespaces === true) {
      throw new CommandError("usage", "expected either -n NAMESPACE or -A: one namespace or all?");
    }
    const { connect, gatherStatus, statusReport, statusText } = await import("../diagnose/diagnose.ts");
    const asked = namespace === undefined ? ({ kind: "labelled" } as const) : ({ kind: "one", namespace } as const);
    const waiting = progress(io, "reading");
    try {
      const connection = await connect({ kubeconfig, context }, io.environment);
      const meshName = io.environment.MESH_NAME ?? "";
      const gathering = { ...connection, release, meshName, now: Date.now, progress: waiting.step };
      const facts = await gatherStatus(gathering, asked);
      waiting.end();
      const report = statusReport(facts, release, new Date());
      io.stdout.write(
        output === "json" ? `${JSON.stringify(report, null, 2)}\n` : statusText(report, painter(io, io.stdout)),
      );
    } finally {
      waiting.end();
    }
  });
}
