import type { AppliedFiles } from "../answers/after-apply.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { meshObjectRef } from "./described-object.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { type FileOptions, parsedInputs } from "./manifest-options.ts";
import { progress } from "./progress.ts";

export interface FileDiffOptions extends FileOptions, ClusterOptions {
  readonly delete?: readonly string[];
  readonly namespace?: string;
  readonly output: "text" | "json";
}

/** `outrigger diff -f FILE…`: what an apply, and deletions, would do to the proxies of a cluster. */
export async function diffFiles(given: FileDiffOptions, { io, release, exit }: CommandContext): Promise<void> {
  // what cannot be meant is said before anything is read
  for (const text of given.delete ?? []) meshObjectRef([text], "default");
  const [{ meshDiff }, { diffReport, isDifferent }, { diffText }, { connect, gatherDiff }] = await Promise.all([
    import("../answers/mesh-diff.ts"),
    import("../answers/diff-report.ts"),
    import("../answers/diff-text.ts"),
    import("../diagnose/diagnose.ts"),
  ]);
  const waiting = progress(io, "reading");
  try {
    const { kubeconfig = "", context = "" } = given;
    const inputs = given.filename === undefined ? undefined : await parsedInputs(given, io);
    const { reads, namespace } = await connect({ kubeconfig, context }, io.environment);
    const standard = given.namespace ?? namespace;
    const { notes, ...files } = await filesOf(inputs, standard);
    const deleted = (given.delete ?? []).map((text) => meshObjectRef([text], standard));
    const facts = await gatherDiff({ reads, progress: waiting.step, now: Date.now }, { ...files, deleted });
    waiting.end();
    const changed = facts.after.objects.filter(({ outcome }) => outcome !== "unchanged" && outcome !== "refused");
    const keys = new Set(changed.map(({ object }) => keyOf(object as ObjectRef)));
    const diff = meshDiff(facts.before, facts.after.contents, keys, facts.around);
    const report = diffReport(facts.after.objects, diff, [...notes, ...facts.notes], release, new Date());
    const text =
      given.output === "json" ? `${JSON.stringify(report, null, 2)}\n` : diffText(report, painter(io, io.stdout));
    io.stdout.write(text);
    if (report.summary.refused > 0) exit(EXIT.usage);
    else exit(isDifferent(report) ? EXIT.refused : EXIT.done);
  } finally {
    waiting.end();
  }
}

/** What the documents have. Throws CommandError where one cannot be read: an apply would end there, and nobody knows what it would have done. */
async function filesOf(
  inputs: Awaited<ReturnType<typeof parsedInputs>> | undefined,
  standard: string,
): Promise<Omit<AppliedFiles, "deleted"> & { readonly notes: readonly string[] }> {
  if (inputs === undefined) return { objects: [], namespaces: [], services: [], notes: [] };
  const [{ meshInFiles }, { referenceOf }] = await Promise.all([
    import("./mesh-in-files.ts"),
    import("./mesh-documents.ts"),
  ]);
  const { read, objects, contents, doubles } = meshInFiles(inputs, standard);
  const [unreadable] = read.unreadable;
  if (unreadable !== undefined) {
    const { place, message } = unreadable;
    throw new CommandError("usage", `${place.file}:${place.line}: ${message}`);
  }
  const given = new Set(read.services.map(({ namespace, name }) => `${namespace}/${name}`));
  return {
    objects: objects.map(({ parsed, raw, refusals, origin }) => {
      const ref = referenceOf(parsed);
      if (ref === undefined) {
        const [problem] = parsed.kind === "refused" ? parsed.problems : [];
        const why = problem === undefined ? "it cannot be read" : `${problem.path} ${problem.message}`.trim();
        throw new CommandError("usage", `${origin.file}:${origin.line}: ${why}`);
      }
      const own = parsed.kind === "refused" ? parsed.problems : [];
      return { ref, raw, refusals: [...own, ...refusals] };
    }),
    namespaces: [...read.rawNamespaces].map(([name, raw]) => ({ name, raw })),
    services: contents.services.filter(({ namespace, name }) => given.has(`${namespace}/${name}`)),
    notes: [...doubles, ...read.notes],
  };
}
