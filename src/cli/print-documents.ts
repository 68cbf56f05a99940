import { applyPatch } from "../inject/json-patch.ts";
import { applyToText, type DocumentChange } from "../manifest/apply-text.ts";
import { joinStreams, type Stream } from "../manifest/join-streams.ts";
import { renderBlock, renderJson, renderJsonLine } from "../manifest/render.ts";
import { isObject, type JsonObject } from "../model/json.ts";
import { type Io, say } from "./io.ts";
import type { ParsedInput } from "./parsed-input.ts";
import type { OutputFormat } from "./rewrite.ts";

/** The changes of each document of an input, in their order. */
export type Changes = ReadonlyMap<ParsedInput, readonly DocumentChange[]>;

/** Prints the inputs with their changes in the format that is asked for. */
export function printDocuments(inputs: readonly ParsedInput[], changes: Changes, output: OutputFormat, io: Io): void {
  const streams = inputs.map((input) => streamOf(input, changes.get(input) ?? [], output, io));
  // one write, so that a reader never sees a part of it
  io.stdout.write(joinStreams(streams));
}

function streamOf(input: ParsedInput, changes: readonly DocumentChange[], output: OutputFormat, io: Io): Stream {
  if (input.kind === "unreadable") return { format: "yaml", text: output === "patch" ? "" : input.text };
  const { manifest } = input;
  if (output === "patch") return { format: "json", text: changes.map(patchLine).join("") };
  if (output === "as-input" || output === manifest.format) {
    const { text, notices } = applyToText(manifest, changes);
    for (const { document, message } of notices) say(io, `${input.label}:${document.line}: notice: ${message}`);
    return { format: manifest.format, text };
  }
  if (output === "json") {
    return { format: "json", text: changes.map((change) => `${renderJson(changed(change))}\n`).join("") };
  }
  const layout = { step: 2, lists: "flush", blocks: true } as const;
  return { format: "yaml", text: changes.map((change) => renderBlock(changed(change), layout)).join("---\n") };
}

function changed({ document, operations }: DocumentChange): unknown {
  return isObject(document.exact) ? applyPatch(document.exact as JsonObject, operations) : document.exact;
}

/** One document, one line: an empty patch for those that stay as they are. */
function patchLine({ operations }: DocumentChange): string {
  return `${renderJsonLine(operations)}\n`;
}
