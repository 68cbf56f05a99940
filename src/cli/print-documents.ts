import { applyPatch, type PatchOperation } from "../inject/json-patch.ts";
import { applyToText } from "../manifest/apply-text.ts";
import type { ManifestDocument } from "../manifest/parse.ts";
import { renderBlock, renderJson, renderJsonLine } from "../manifest/render.ts";
import { isObject, type JsonObject } from "../model/json.ts";
import { type Io, say } from "./io.ts";
import type { ParsedInput, Part } from "./parsed-input.ts";

export type OutputFormat = "as-input" | "yaml" | "json" | "patch";

/** What the output of an input is: JSON values one behind the other, or YAML documents. */
export function formatOf(input: ParsedInput, output: OutputFormat): "yaml" | "json" {
  if (output === "as-input") return input.format;
  return output === "yaml" ? "yaml" : "json";
}

const LAYOUT = { step: 2, lists: "flush", blocks: true } as const;

/** Prints the documents of one input with their changes in the format that is asked for, one after the other. */
export class PrintedInput {
  readonly #input: ParsedInput;
  readonly #output: OutputFormat;
  readonly #io: Io;
  #isFirst = true;

  constructor(input: ParsedInput, output: OutputFormat, io: Io) {
    this.#input = input;
    this.#output = output;
    this.#io = io;
  }

  /** The text of one document with these operations; of what cannot be read or holds no document, that text itself. */
  textOf(part: Part, operations: readonly PatchOperation[]): string {
    const { label, format } = this.#input;
    const asInput = this.#output === "as-input" || this.#output === format;
    if (part.kind !== "document") {
      return asInput || (part.kind === "unreadable" && this.#output === "yaml") ? part.text : "";
    }
    const { manifest, document } = part;
    if (this.#output === "patch") return `${renderJsonLine(operations)}\n`;
    if (asInput) {
      const { text, notices } = applyToText(manifest, [{ document, operations }]);
      for (const { message } of notices) say(this.#io, `${label}:${document.line}: notice: ${message}`);
      return text;
    }
    const changed = changedValue(document, operations);
    if (this.#output === "json") return `${renderJson(changed)}\n`;
    const marker = this.#isFirst ? "" : "---\n";
    this.#isFirst = false;
    return marker + renderBlock(changed, LAYOUT);
  }
}

function changedValue({ exact }: ManifestDocument, operations: readonly PatchOperation[]): unknown {
  return isObject(exact) ? applyPatch(exact as JsonObject, operations) : exact;
}
