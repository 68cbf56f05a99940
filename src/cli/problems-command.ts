import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import type { CertificateSecret } from "../model/certificate-secrets.ts";
import { packageFile } from "../package-file.ts";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext, Io } from "./io.ts";
import { addInputOptions, type FileOptions, parsedInputs } from "./manifest-options.ts";
import type { FilesFindings } from "./problems-in-files.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # What is wrong in the mesh of a cluster
  outrigger problems
  outrigger problems -n shop
  outrigger problems --mesh main

  # What would be wrong with manifests, before they are applied: for pipelines
  outrigger problems -f manifests/ -R
  helm template shop ./chart | outrigger problems -f -

  # What one of them means, with an example and what helps
  outrigger problems --explain missing-reference

  # For a script
  outrigger problems --output json | jq -r '.problems[] | select(.severity == "error") | .object.name'

Reads only. Files are looked at by themselves: give all that belongs together, the Mesh and the Namespaces too. Other
documents are ignored, and counted. Exit code 0 when there are neither errors nor warnings, 1 when there are, 2 for
usage and for a name that is not there, 3 when the mesh could not be read. docs/problems.md describes every problem.`;

interface ProblemsOptions extends FileOptions, ClusterOptions {
  readonly output: "text" | "json";
  readonly namespace?: string;
  readonly mesh?: string;
  readonly explain?: string;
  readonly config?: string;
}

/** `outrigger problems`: what is wrong in a mesh, on a cluster or in files. */
export function problemsCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("problems");
  addInputOptions(command)
    .option("-n, --namespace <name>", "only this namespace; with -f also that of objects that name none")
    .option("--mesh <name>", "only what is in this Mesh")
    .option("--config <file>", "with -f: configuration file (YAML), which says what ARNs of certificates mean")
    .option("--explain <code>", "print what a problem means and what helps, and do nothing else")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (given: ProblemsOptions) => {
    const { output, namespace, mesh, explain } = given;
    if (explain !== undefined) return void io.stdout.write(await explained(explain));
    const { isWrong, plain, plainList, problemsReport, problemsText } = await import("../answers/answers.ts");
    const { problems, meshes, namespaces, looked } =
      given.filename === undefined ? await ofCluster(given, io) : await ofFiles(given, command, io);
    if (namespace !== undefined && namespaces?.includes(namespace) === false) {
      const found = namespaces.length === 0 ? "they have none at all" : `there is ${plainList(namespaces)}`;
      throw new CommandError("usage", `there is no namespace ${plain(namespace)} in the files: ${found}`);
    }
    if (mesh !== undefined && !meshes.includes(mesh)) {
      const found = meshes.length === 0 ? "none at all" : `there is ${plainList(meshes.toSorted())}`;
      throw new CommandError("usage", `there is no Mesh ${plain(mesh)}: ${found}`);
    }
    const report = problemsReport(problems, looked, { namespace, mesh }, release, new Date());
    const text =
      output === "json" ? `${JSON.stringify(report, null, 2)}\n` : problemsText(report, painter(io, io.stdout));
    io.stdout.write(text);
    exit(isWrong(report) ? EXIT.refused : EXIT.done);
  });
}

async function ofFiles(given: ProblemsOptions, command: Command, io: Io): Promise<FilesFindings> {
  if (given.kubeconfig !== undefined || given.context !== undefined) {
    throw new CommandError("usage", "-f looks at files alone: give it without --kubeconfig and --context");
  }
  const inputs = await parsedInputs(given, io);
  const { problemsInFiles } = await import("./problems-in-files.ts");
  return problemsInFiles(inputs, given.namespace ?? "default", await certificatesOf(given, command, io));
}

/** What ARNs mean by the configuration that is given; without one nothing is known of any. Throws ConfigurationError. */
async function certificatesOf(
  { config }: ProblemsOptions,
  command: Command,
  io: Io,
): Promise<readonly CertificateSecret[]> {
  if (config === undefined) return [];
  const { commandConfiguration } = await import("./configuration.ts");
  return (await commandConfiguration(command, io)).controlPlane.certificates.secrets;
}

async function ofCluster(
  { kubeconfig = "", context = "", namespace, config }: ProblemsOptions,
  io: Io,
): Promise<FilesFindings> {
  if (config !== undefined) {
    throw new CommandError("usage", "--config is for -f: on a cluster that of the control plane counts");
  }
  const { connect, gatherCorefile, gatherMesh } = await import("../diagnose/diagnose.ts");
  const { cloudMapDns, keptMembers, meshGraph, meshProblems, unansweredNames } = await import("../answers/answers.ts");
  const { NO_SETTINGS } = await import("../graph/graph-settings.ts");
  const waiting = progress(io, "reading");
  try {
    const { reads } = await connect({ kubeconfig, context }, io.environment);
    const facts = await gatherMesh({ reads, progress: waiting.step }, namespace);
    const graph = meshGraph(facts, NO_SETTINGS);
    const dns = cloudMapDns(facts, graph);
    const corefile = dns.zones.length === 0 ? undefined : await gatherCorefile(reads);
    const unanswered = corefile === undefined ? [] : unansweredNames(dns, facts, corefile);
    const { problems, objects } = meshProblems(facts, unanswered, graph);
    return {
      problems: problems.map((problem) => ({ ...problem, place: undefined })),
      meshes: facts.meshes,
      namespaces: undefined,
      looked: {
        objects,
        ignored: 0,
        notes: [...facts.notes, ...facts.unreported, ...keptMembers(facts, objects, namespace)],
      },
    };
  } finally {
    waiting.end();
  }
}

/** Comes with the package, and with the image. */
const PAGE = packageFile("docs/problems.md");

async function explained(code: string): Promise<string> {
  const [{ PROBLEM_CODES }, { explanationOf }] = await Promise.all([
    import("../graph/problem.ts"),
    import("../diagnose/report/explanation.ts"),
  ]);
  if (!PROBLEM_CODES.some((one) => one === code)) {
    throw new CommandError("usage", `there is no problem ${code}: expected one of ${PROBLEM_CODES.join(", ")}`);
  }
  const text = explanationOf(await readFile(PAGE, "utf8"), code);
  if (text === undefined) throw new CommandError("unreachable", `${PAGE.pathname} says nothing about ${code}`);
  return text;
}
