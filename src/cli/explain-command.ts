import { Command, Option } from "commander";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { commandConfiguration } from "./configuration.ts";
import { CommandError, EXIT } from "./exit.ts";
import { explainRequestCommand } from "./explain-request-command.ts";
import { decisionOf, explanationText, type PodExplanation } from "./explanation.ts";
import { decideWorkload, type InjectionSetting } from "./inject-workload.ts";
import { type CommandContext, type Io, say } from "./io.ts";
import { addInputOptions, type FileOptions, parsedInputs } from "./manifest-options.ts";
import { documentsOf, type ParsedInput, repeatedKeys, surroundingObjects } from "./parsed-input.ts";
import { addPodOptions, assumptionsOf, meshObjectsOf, type PodOptions } from "./pod-options.ts";
import { unsureNotices } from "./unsure-notices.ts";

const HELP = `
Examples:
  # What inject would do with a file, rule by rule
  outrigger explain -f deployment.yaml --mesh-name my-mesh

  # Why a running pod has no sidecar
  outrigger explain pod/web-7d4b9 -n shop

  # What would become of a Deployment's pods now
  outrigger explain deployment/web -n shop --output json

Namespaces, owners, VirtualNodes and limits come from the input, or from the cluster; the configuration is
that of this command line. Without -n, an object of the cluster is looked for in the namespace of the
kubeconfig's context, as kubectl does. Exit code 1 when a pod would be refused, 2 when there is no such object.`;

interface ExplainOptions extends FileOptions, PodOptions, ClusterOptions {
  readonly output: "text" | "json";
}

/** `outrigger explain`: the decision about pods of a file or of a cluster, with every rule that led to it; and what a request meets. */
export function explainCommand(whole: CommandContext): Command {
  const { io, release, exit } = whole;
  const command = new Command("explain").addCommand(explainRequestCommand(whole));
  command.argument("[kind/name...]", "object of a live cluster, such as pod/web-7d4b9");
  addInputOptions(command).addOption(
    new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"),
  );
  addClusterOptions(command);
  addPodOptions(command).addHelpText("after", HELP);
  return command.action(async (words: readonly string[], options: ExplainOptions) => {
    // "pod web" as kubectl takes it; of several objects the message shows them as they were given
    const text = words.join(words.some((word) => word.includes("/")) ? " " : "/");
    const target = words.length === 0 ? undefined : text;
    if ((target === undefined) === (options.filename === undefined)) {
      throw new CommandError("usage", "expected either -f FILE or KIND/NAME: what is to be explained?");
    }
    const configuration = await commandConfiguration(command, io);
    const assumptions = await assumptionsOf(options);
    const setting = { objects: await meshObjectsOf(options), assumptions, configuration, release };
    const explanations =
      target === undefined
        ? explainInputs(await parsedInputs(options, io), setting, io)
        : await (await import("./live.ts")).explainLive(target, setting, options, io);
    print(explanations, options.output, io);
    exit(explanations.some(({ outcome }) => outcome === "deny") ? EXIT.refused : EXIT.done);
  });
}

function explainInputs(inputs: readonly ParsedInput[], given: InjectionSetting, io: Io): readonly PodExplanation[] {
  const setting = { ...given, objects: [...given.objects, ...surroundingObjects(inputs)] };
  const explanations = inputs.flatMap((input) => {
    return [...documentsOf(input)].flatMap((part) => {
      for (const notice of [...unsureNotices(input, part), ...repeatedKeys(input, part.document)]) say(io, notice);
      return part.workloads.map((workload) => {
        const { kind, name } = workload;
        const namespace = workload.namespace ?? setting.assumptions.namespace;
        const where = `${input.label}:${part.document.line}`;
        return { where, kind, name, namespace, ...decisionOf(decideWorkload(workload, setting)), evidence: [] };
      });
    });
  });
  if (explanations.length === 0) say(io, "the input holds no pod and nothing with a pod template");
  return explanations;
}

function print(explanations: readonly PodExplanation[], output: "text" | "json", io: Io): void {
  const paint = painter(io, io.stdout);
  const text = explanations.map((explanation) => explanationText(explanation, paint)).join("\n");
  io.stdout.write(output === "json" ? `${JSON.stringify(explanations, null, 2)}\n` : text);
}
