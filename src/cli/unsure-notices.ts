import { podTemplates } from "../manifest/pod-templates.ts";
import type { DocumentPart, ParsedInput } from "./parsed-input.ts";

/** Of which objects pods may be made although nothing of them is injected here: whoever looks for a sidecar there is told. */
export function unsureNotices(input: ParsedInput, { document, objects }: DocumentPart): readonly string[] {
  return objects.flatMap((object) => {
    const [first, ...more] = podTemplates(object).unsure;
    if (first === undefined) return [];
    const place = `${first.join(".")}${more.length > 0 ? ` and ${more.length} more places` : ""}`;
    const where = `${input.label}:${document.line}: ${object.kind} ${object.name || "without a name"}`;
    return [
      `${where}: not injected here: pods may be made from ${place}, which is no pod template that can be changed beforehand; the webhook injects them when they are created`,
    ];
  });
}
