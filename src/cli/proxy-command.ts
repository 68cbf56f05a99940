import { Argument, Command, Option } from "commander";
import type { ProxySection } from "../answers/proxy-report.ts";
import type { ProxiedFacts } from "../diagnose/gather/proxied.ts";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # Whether a pod's Envoy has what the control plane sends it, and how much that is
  outrigger proxy front-7d4b9-x2x4k -n shop

  # Its routes in App Mesh's words, its clusters, the addresses behind them, its certificates
  outrigger proxy front-7d4b9-x2x4k -n shop routes
  outrigger proxy front-7d4b9-x2x4k -n shop endpoints

  # What differs, for a script
  outrigger proxy front-7d4b9-x2x4k -n shop --output json | jq -r '.resources[] | select(.standing != "same") | .name'

Reads only: the pod's Envoy is asked by port forwarding, for which you need "get" and "create" on pods/portforward in its
namespace; who is connected is asked of the control plane's pods in the same way. Private keys are never read. Exit code 0 when
Envoy has what it is sent, 1 when it has something else, 2 for usage and for a pod that is not there, 3 when the cluster
or the Envoy could not be read. docs/look-inside.md describes every word.`;

interface ProxyOptions extends ClusterOptions {
  readonly output: "text" | "json";
  readonly namespace?: string;
}

const SECTIONS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const satisfies ProxySection[];

/** `outrigger proxy`: what a pod's Envoy has, beside what the control plane sends it. */
export function proxyCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("proxy")
    .argument("<pod>", "name of a pod, or pod/NAME")
    .addArgument(new Argument("[section]", "only these").choices(SECTIONS))
    .option("-n, --namespace <name>", "namespace of the pod")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (word: string, section: ProxySection | undefined, given: ProxyOptions) => {
    const name = podName(word);
    const [{ connect, gatherProxied }, answers] = await Promise.all([
      import("../diagnose/diagnose.ts"),
      import("../answers/proxy-answers.ts"),
    ]);
    const waiting = progress(io, "reading");
    try {
      const { kubeconfig = "", context = "" } = given;
      const { reads, door, namespace } = await connect({ kubeconfig, context }, io.environment);
      const facts = await gatherProxied({ reads, door, progress: waiting.step }, given.namespace ?? namespace, name);
      waiting.end();
      refuseWithoutSidecar(facts);
      const report = answers.proxyAnswer(facts, section, release, new Date());
      io.stdout.write(
        given.output === "json"
          ? `${JSON.stringify(report, null, 2)}\n`
          : answers.proxyText(report, painter(io, io.stdout)),
      );
      exit(!report.asked ? EXIT.unreachable : answers.differs(report) ? EXIT.refused : EXIT.done);
    } finally {
      waiting.end();
    }
  });
}

function podName(word: string): string {
  const [first = "", second, ...rest] = word.split("/");
  const isKind = ["pod", "pods", "po"].includes(first.toLowerCase());
  if (second === undefined && first !== "") return first;
  if (!isKind || !second || rest.length > 0) {
    throw new CommandError("usage", `${JSON.stringify(word)}: expected the name of a pod, or pod/NAME`);
  }
  return second;
}

/** There is no Envoy of ours to be looked at. */
function refuseWithoutSidecar({ pod, sidecar }: ProxiedFacts): void {
  const place = `pod ${pod.namespace}/${pod.name}`;
  const explained = `outrigger explain pod/${pod.name} -n ${pod.namespace} says why, and what would become of it now`;
  switch (sidecar.kind) {
    case "ours":
      return;
    case "none":
      throw new CommandError("usage", `${place} has no sidecar: ${explained}`);
    case "aws":
      throw new CommandError(
        "usage",
        `the sidecar of ${place} is of AWS's injector (${sidecar.image}), and no control plane of ours configures it: create the pod again, and it gets ours`,
      );
    case "unfit":
      throw new CommandError("usage", `the record of ${place} does not fit it (${sidecar.problem}): ${explained}`);
  }
}
