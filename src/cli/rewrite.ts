import { type PatchOperation, pointer, pointerTokens } from "../inject/json-patch.ts";
import type { DocumentChange } from "../manifest/apply-text.ts";
import type { Workload } from "../manifest/workloads.ts";
import { EXIT } from "./exit.ts";
import { type Io, say } from "./io.ts";
import { describeWorkload, type ParsedInput } from "./parsed-input.ts";
import { printDocuments } from "./print-documents.ts";

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

export type OutputFormat = "as-input" | "yaml" | "json" | "patch";

export interface RewriteOptions {
  readonly output: OutputFormat;
  /** Pass refused documents through instead of printing nothing at all. */
  readonly keepGoing: boolean;
}

/**
 * Treats every workload of the inputs and prints the result. One that is refused stops everything: nothing is printed
 * then, so that a pipe into `kubectl apply` applies nothing. Returns the exit code.
 */
export function rewrite(
  inputs: readonly ParsedInput[],
  treat: (workload: Workload) => Treatment,
  { output, keepGoing }: RewriteOptions,
  io: Io,
): number {
  let refused = 0;
  const changes = new Map<ParsedInput, readonly DocumentChange[]>();
  for (const input of inputs) {
    if (input.kind === "unreadable") {
      say(io, `${input.label}: refused (${input.error.code}): ${input.error.message}`);
      refused++;
      continue;
    }
    const ofInput = input.parts.map((part) => {
      const operations = part.workloads.flatMap((workload) => {
        const treatment = treat(workload);
        const where = describeWorkload(input, part, workload);
        if (treatment.kind === "refuse") refused++;
        report(treatment, where, io);
        return treatment.kind === "change" ? below(workload.podPointer, treatment.operations) : [];
      });
      return { document: part.document, operations };
    });
    changes.set(input, ofInput);
  }
  if (refused > 0 && !keepGoing) {
    say(io, "nothing is printed, because some of the input was refused; --keep-going passes that through untouched");
    return EXIT.refused;
  }
  printDocuments(inputs, changes, output, io);
  return refused > 0 ? EXIT.refused : EXIT.done;
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
