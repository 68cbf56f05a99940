import type { FilePlace } from "../answers/problems-report.ts";
import { lineOfPath } from "../manifest/line-of-path.ts";
import { type ManifestDocument, parseManifest } from "../manifest/parse.ts";
import type { ObjectPlace } from "./mesh-documents.ts";

/**
 * The place of each field, in the order asked. The documents are parsed again, each one once and one after the other: places are asked for
 * problems alone, and so no parsed document need be kept.
 */
export function placesOf(
  asked: readonly { readonly origin: ObjectPlace; readonly path: string }[],
): readonly FilePlace[] {
  const places: FilePlace[] = [];
  for (const [text, some] of Map.groupBy([...asked.entries()], ([, { origin }]) => origin.text)) {
    const document = parseManifest(text).documents[0] as ManifestDocument;
    for (const [index, { origin, path }] of some) {
      const steps = [...origin.way, ...(path.match(/[^.[\]]+/g) ?? [])];
      places[index] = {
        file: origin.file,
        line: origin.line + lineOfPath(text, document, steps) - document.line,
      };
    }
  }
  return places;
}

/** `shop.yaml:12`. */
export function shownPlace({ file, line }: FilePlace): string {
  return `${file}:${line}`;
}
