import { Command, Option } from "commander";
import type { MeshContents } from "../answers/mesh-contents.ts";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext, Io } from "./io.ts";
import { addInputOptions, type FileOptions, parsedInputs } from "./manifest-options.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # Stanzas for the Corefile of CoreDNS, of the mesh of a cluster
  outrigger dns

  # Of manifests, before they are applied
  outrigger dns -f manifests/ -R

  # For a script
  outrigger dns --output json | jq -r '.zones[].services[] | .address + " " + .name'

Pods look a name up before their sidecar sees anything, and AWS Cloud Map answered the names of its namespaces. Here the
cluster's DNS has to. Each name gets an address of 240.0.0.0/4 that nobody has and that stays: the sidecar goes by the name.
Add the stanzas after the others of the Corefile, mostly with "kubectl edit configmap coredns -n kube-system"; CoreDNS with
the plugin reload takes them within two minutes. When nodes or virtual services with new names came, put what is printed
then in the place of the earlier stanzas: CoreDNS does not start where a zone stands twice.

Reads only. Exit code 0, also when no node is found by Cloud Map, 1 when some input could not be used, 2 for usage, 3 when
the mesh could not be read. docs/control-plane.md describes how nodes are found.`;

interface DnsOptions extends FileOptions, ClusterOptions {
  readonly output: "text" | "json";
}

interface Looked {
  readonly contents: MeshContents;
  readonly notes: readonly string[];
  /** What of files could not be used, and why. */
  readonly unusable: readonly string[];
}

/** `outrigger dns`: what makes the cluster's DNS answer names that Cloud Map answered. */
export function dnsCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("dns");
  addInputOptions(command).addOption(
    new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"),
  );
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (given: DnsOptions) => {
    const { cloudMapDns, corefileOf, plain } = await import("../answers/answers.ts");
    const looked = given.filename === undefined ? await inCluster(given, io) : await inFiles(given, io);
    const { zones, notes: found } = cloudMapDns(looked.contents);
    const notes = [...looked.notes, ...found];
    const corefile = corefileOf({ zones });
    if (given.output === "json") {
      const report = { format: 1, release, time: new Date().toISOString(), zones, corefile, notes };
      io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      io.stdout.write(corefile);
      for (const note of notes) io.stderr.write(`note: ${plain(note)}\n`);
      if (zones.length === 0) io.stderr.write("no node is found by Cloud Map: there is nothing to add\n");
    }
    for (const message of looked.unusable) io.stderr.write(`outrigger: ${plain(message)}\n`);
    exit(looked.unusable.length > 0 ? EXIT.refused : EXIT.done);
  });
}

async function inFiles(given: DnsOptions, io: Io): Promise<Looked> {
  if (given.kubeconfig !== undefined || given.context !== undefined) {
    throw new CommandError("usage", "-f looks at files alone: give it without --kubeconfig and --context");
  }
  const inputs = await parsedInputs(given, io);
  const [{ meshInFiles }, { afterApply, unread }] = await Promise.all([
    import("./mesh-in-files.ts"),
    import("./unusable-objects.ts"),
  ]);
  const mesh = meshInFiles(inputs, "default");
  const { contents, refused } = afterApply(mesh);
  return { contents, notes: mesh.notes, unusable: [...unread(mesh), ...refused] };
}

async function inCluster({ kubeconfig = "", context = "" }: DnsOptions, io: Io): Promise<Looked> {
  const { connect, gatherMesh } = await import("../diagnose/diagnose.ts");
  const waiting = progress(io, "reading");
  try {
    const { reads } = await connect({ kubeconfig, context }, io.environment);
    const contents = await gatherMesh({ reads, progress: waiting.step }, undefined);
    return { contents, notes: contents.notes, unusable: [] };
  } finally {
    waiting.end();
  }
}
