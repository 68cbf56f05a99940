import { applyPatch, type PatchOperation } from "../inject/json-patch.ts";
import { isObject, type JsonObject } from "../model/json.ts";
import { blockEdits } from "./block-edits.ts";
import { commentsWithin, keepingComments } from "./comments.ts";
import { flowEdits } from "./flow-edits.ts";
import { layoutOf } from "./layout.ts";
import { isFlow, linesEnd } from "./node-place.ts";
import { NotEditable, overlay } from "./overlay.ts";
import type { Manifest, ManifestDocument } from "./parse.ts";
import { differing } from "./proof.ts";
import { renderBlock, renderJson } from "./render.ts";
import { applyEdits, lineBreakOf, lineStart, type TextEdit } from "./text-edit.ts";

/** What is to happen to one document of a manifest: operations with pointers from the document's root. */
export interface DocumentChange {
  readonly document: ManifestDocument;
  readonly operations: readonly PatchOperation[];
}

export interface AppliedText {
  readonly text: string;
  /** Documents that could not keep their text, with the reason; comments inside them stand above or below them now. */
  readonly notices: readonly RenderNotice[];
}

export interface RenderNotice {
  readonly document: ManifestDocument;
  readonly message: string;
}

/**
 * Applies JSON Patch operations to the text of a manifest. Block-style YAML and JSON keep every line, comment, quote
 * and number that no operation replaces or removes, and every comment of what is. A document in which that is impossible
 * is rendered again and named in the notices. Throws `PatchError` where an operation does not fit its document.
 */
export function applyToText(manifest: Manifest, changes: readonly DocumentChange[]): AppliedText {
  const wanted = changes.filter((change) => change.operations.length > 0);
  const at = new Map(wanted.map(({ document }) => [document, manifest.documents.indexOf(document)]));
  const results = new Map(wanted.map((change) => [at.get(change.document) as number, patched(change)]));
  const resultOf = (document: ManifestDocument) => results.get(at.get(document) as number);
  let plans = wanted.map((change) => plan(manifest, change, resultOf(change.document)));
  let edits = plans.flatMap((entry) => entry.edits);
  let text = applyEdits(manifest.text, edits);
  // the proof of the pudding: the text must say what the operations say, else the document loses its layout
  const wrong = differing({ before: manifest, edits, text, results });
  if (wrong.size > 0) {
    plans = plans.map((entry) =>
      wrong.has(at.get(entry.document) as number)
        ? renderedAgain(manifest, entry.document, resultOf(entry.document), "its layout")
        : entry,
    );
    edits = plans.flatMap((entry) => entry.edits);
    text = applyEdits(manifest.text, edits);
  }
  return { text, notices: plans.flatMap(({ document, notice }) => (notice ? [{ document, message: notice }] : [])) };
}

interface Plan {
  readonly document: ManifestDocument;
  readonly edits: readonly TextEdit[];
  readonly notice: string | undefined;
}

function patched({ document, operations }: DocumentChange): unknown {
  return isObject(document.exact) ? applyPatch(document.exact as JsonObject, operations) : document.exact;
}

function plan(manifest: Manifest, { document, operations }: DocumentChange, result: unknown): Plan {
  try {
    const { root } = document;
    const touched = overlay(root, operations);
    if (touched.slots.length === 0 || touched.node.items.length === 0) throw new NotEditable("an empty document");
    const edits = isFlow(root)
      ? flowEdits(touched, manifest.text)
      : blockEdits(touched, manifest.text, layoutOf(manifest.text, root));
    return { document, edits: keepingComments(edits, manifest.text), notice: undefined };
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    return renderedAgain(manifest, document, result, error.message);
  }
}

function renderedAgain(manifest: Manifest, document: ManifestDocument, result: unknown, obstacle: string): Plan {
  const { text, format } = manifest;
  const { root } = document;
  const first = lineStart(text, root.range[0]);
  const start = text.slice(first, root.range[0]).trim() === "" ? first : root.range[0];
  const end = format === "json" ? root.range[1] : linesEnd(text, root, root.range[0]);
  const body = format === "json" ? renderJson(result) : renderBlock(result, layoutOf(text, root));
  const unended = format === "json" || !text.slice(start, end).endsWith("\n");
  const lines = format === "json" ? [] : commentsWithin(text, start, end).map((comment) => `${comment.text}\n`);
  const whole = start === first ? lines.join("") + body : body + lines.join("");
  const edit = { start, end, text: (unended ? whole.replace(/\n$/, "") : whole).replaceAll("\n", lineBreakOf(text)) };
  const message = `rendered again because of ${obstacle}: values are the same, comments stand ${start === first ? "above" : "below"} them, the layout is lost`;
  return { document, edits: [edit], notice: message };
}
