import { Command, Option } from "commander";
import type { MeshContents } from "../answers/mesh-contents.ts";
import type { MeshProblem } from "../answers/mesh-problems.ts";
import type { GraphSettings } from "../graph/graph-settings.ts";
import type { Problem } from "../graph/problem.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import type { ReplicaReport } from "../model/replica-report.ts";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { meshObjectRef, unreadableObject } from "./described-object.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext, Io } from "./io.ts";
import { addInputOptions, type FileOptions, parsedInputs } from "./manifest-options.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # An object with what it uses, who uses it, its routes, pods and problems, and how many proxies have its newest version
  outrigger describe virtualnode/front -n shop
  outrigger describe virtualservice/shop/color
  outrigger describe vr color -n shop
  outrigger describe mesh/main

  # The same of files, before they are applied
  outrigger describe virtualrouter/color -n shop -f manifests/ -R

  # Who calls a service, for a script
  outrigger describe vs/color -n shop --output json | jq -r '.reaches[] | .namespace + "/" + .name'

Kinds as kubectl takes them, or vn, vr, vs, vg, gr, bg. Reads only. Exit code 0 when the object has neither errors nor
warnings, 1 when it has or something of the files cannot be read, 2 for usage and for an object that is not there, 3 when
the cluster could not be read.
docs/look-inside.md describes every section.`;

interface DescribeOptions extends FileOptions, ClusterOptions {
  readonly output: "text" | "json";
  readonly namespace?: string;
}

/** What is known of the mesh around an object. */
interface Known {
  readonly ref: ObjectRef;
  readonly contents: MeshContents;
  readonly settings: GraphSettings;
  readonly reports: readonly ReplicaReport[] | undefined;
  readonly pods: Parameters<typeof import("../answers/answers.ts").describeObject>[2]["pods"];
  readonly notes: readonly string[];
  /** What is known to be wrong before the graph says more. */
  readonly refused: readonly Problem[];
  /** Sentences: what of files cannot be read. */
  readonly unread: readonly string[];
}

/** `outrigger describe`: one App Mesh object with its neighbours, on a cluster or in files. */
export function describeCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("describe").argument("<kind/name...>", "an App Mesh object, such as virtualnode/front");
  addInputOptions(command)
    .option("-n, --namespace <name>", "namespace of the object; with -f also of objects that name none")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (words: readonly string[], given: DescribeOptions) => {
    // what cannot be meant is said before anything is read
    meshObjectRef(words, given.namespace ?? "default");
    const { describeObject, describeReport, describeText, meshGraph, meshProblems, namesOf, plainList } = await import(
      "../answers/answers.ts"
    );
    const known = given.filename === undefined ? await ofCluster(words, given, io) : await ofFiles(words, given, io);
    const { ref, contents, reports, pods, refused, unread } = known;
    const graph = meshGraph(contents, known.settings);
    const problems = meshProblems(contents, refused, graph).problems.filter(isOf(ref));
    const description = describeObject(graph, ref, { reports, pods, problems });
    if (description === undefined) {
      if (problems.length > 0) throw unreadableObject(ref, problems);
      const names = namesOf(graph, ref.kind);
      const there = names.length === 0 ? "there is none of this kind" : `there is ${plainList(names)}`;
      const missing = new CommandError("usage", `there is no ${ref.kind} ${placeOf(ref)}: ${there}`);
      throw unread.length === 0 ? missing : (await import("./unusable-objects.ts")).perhapsUnread(missing, unread);
    }
    const report = describeReport(description, [...unread, ...known.notes], release, new Date());
    const text =
      given.output === "json" ? `${JSON.stringify(report, null, 2)}\n` : describeText(report, painter(io, io.stdout));
    io.stdout.write(text);
    exit(report.problems.length > 0 || unread.length > 0 ? EXIT.refused : EXIT.done);
  });
}

function isOf(ref: ObjectRef): (problem: MeshProblem) => boolean {
  return ({ object }) => keyOf(object) === keyOf(ref);
}

function placeOf({ namespace, name }: ObjectRef): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

async function ofFiles(words: readonly string[], given: DescribeOptions, io: Io): Promise<Known> {
  if (given.kubeconfig !== undefined || given.context !== undefined) {
    throw new CommandError("usage", "-f looks at files alone: give it without --kubeconfig and --context");
  }
  const standard = given.namespace ?? "default";
  const [inputs, { meshInFiles }, { refusedProblems, unread }, { NO_SETTINGS }] = await Promise.all([
    parsedInputs(given, io),
    import("./mesh-in-files.ts"),
    import("./unusable-objects.ts"),
    import("../graph/graph-settings.ts"),
  ]);
  const mesh = meshInFiles(inputs, standard);
  return {
    ref: meshObjectRef(words, standard),
    contents: mesh.contents,
    // applied to a new installation, which serves
    settings: { ...NO_SETTINGS, mesh: "serve" },
    reports: undefined,
    pods: undefined,
    notes: mesh.notes,
    refused: refusedProblems(mesh.objects),
    unread: unread(mesh),
  };
}

async function ofCluster(words: readonly string[], given: DescribeOptions, io: Io): Promise<Known> {
  const { connect, gatherDescribed } = await import("../diagnose/diagnose.ts");
  const { kubeconfig = "", context = "" } = given;
  const waiting = progress(io, "reading");
  try {
    const { reads, namespace } = await connect({ kubeconfig, context }, io.environment);
    const ref = meshObjectRef(words, given.namespace ?? namespace);
    const { mesh, ...facts } = await gatherDescribed({ reads, progress: waiting.step }, ref);
    return { ref, contents: { ...mesh, reports: facts.reports ?? [] }, ...facts, refused: [], unread: [] };
  } finally {
    waiting.end();
  }
}
