import { type PatchOperation, pointer, pointerTokens } from "../inject/json-patch.ts";
import { StreamJoiner } from "../manifest/join-streams.ts";
import type { Workload } from "../manifest/workloads.ts";
import { EXIT } from "./exit.ts";
import { type Io, say } from "./io.ts";
import { OutputStore } from "./output-store.ts";
import { type DocumentPart, describeWorkload, type ParsedInput, partsOf, repeatedKeys } from "./parsed-input.ts";
import { formatOf, type OutputFormat, PrintedInput } from "./print-documents.ts";

/** What is to become of one workload. Operations have pointers from the pod or its template. */
export type Treatment =
  | { readonly kind: "change"; readonly operations: readonly PatchOperation[]; readonly warnings: readonly string[] }
  | { readonly kind: "keep"; readonly note: string | undefined; readonly warnings: readonly string[] }
  | {
      readonly kind: "refuse";
      readonly reason: string;
      readonly message: string;
      readonly warnings: readonly string[];
    };

export interface RewriteOptions {
  readonly output: OutputFormat;
  /** Pass refused documents through instead of printing nothing at all. */
  readonly keepGoing: boolean;
  /** What there is to say about a document besides its workloads. */
  readonly notesOn?: (input: ParsedInput, part: DocumentPart) => readonly string[];
}

/**
 * Treats every workload of the inputs, one document after the other, and prints the result. One that is refused stops
 * everything: nothing is printed then, so that a pipe into `kubectl apply` applies nothing. Returns the exit code.
 */
export function rewrite(
  inputs: readonly ParsedInput[],
  treat: (workload: Workload) => Treatment,
  { output, keepGoing, notesOn }: RewriteOptions,
  io: Io,
): number {
  let refused = 0;
  // kept back until nothing can be refused any more
  const store = new OutputStore();
  const filled = inputs.filter(({ text }) => text.trim() !== "");
  const joiner = new StreamJoiner(
    filled.map((input) => formatOf(input, output)),
    (text) => store.add(text),
  );
  for (const input of filled) {
    const printed = new PrintedInput(input, output, io);
    joiner.next(formatOf(input, output));
    for (const part of partsOf(input)) {
      if (refused > 0 && !keepGoing && part.kind === "text") continue;
      if (part.kind === "unreadable") {
        say(io, `${input.label}: refused (${part.error.code}): ${part.error.message}`);
        refused++;
      }
      const operations = part.kind === "document" ? treated(input, part) : [];
      if (refused === 0 || keepGoing) joiner.write(printed.textOf(part, operations));
    }
  }
  if (refused > 0 && !keepGoing) {
    say(io, "nothing is printed, because some of the input was refused; --keep-going passes that through untouched");
    return EXIT.refused;
  }
  joiner.end();
  for (const text of store.texts()) io.stdout.write(text);
  return refused > 0 ? EXIT.refused : EXIT.done;

  function treated(input: ParsedInput, part: DocumentPart): readonly PatchOperation[] {
    const { document, workloads } = part;
    for (const note of notesOn?.(input, part) ?? []) say(io, note);
    for (const warning of repeatedKeys(input, document)) say(io, warning);
    return workloads.flatMap((workload) => {
      const treatment = treat(workload);
      if (treatment.kind === "refuse") refused++;
      report(treatment, describeWorkload(input, document, workload), io);
      return treatment.kind === "change" ? below(workload.podPointer, treatment.operations) : [];
    });
  }
}

function report(treatment: Treatment, where: string, io: Io): void {
  for (const warning of treatment.warnings) say(io, `${where}: warning: ${warning}`);
  if (treatment.kind === "refuse") say(io, `${where}: refused (${treatment.reason}): ${treatment.message}`);
  if (treatment.kind === "keep" && treatment.note !== undefined) say(io, `${where}: ${treatment.note}`);
}

function below(base: string, operations: readonly PatchOperation[]): readonly PatchOperation[] {
  const tokens = pointerTokens(base);
  return operations.map((operation) => ({ ...operation, path: pointer(...tokens) + operation.path }));
}
