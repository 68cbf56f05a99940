import { lineDiff } from "../../src/cli/line-diff.ts";
import { objectYaml } from "../../src/install/objects/manifest-text.ts";
import { titleOf } from "../../src/install/objects/object-name.ts";
import type { JsonObject } from "../../src/model/json.ts";

/** The same objects under one value of the chart that is on instead of off. */
export interface Variant {
  /** Condition of the template language, such as `.Values.ha`. */
  readonly condition: string;
  readonly objects: readonly JsonObject[];
}

/**
 * The objects as one template: lines and whole objects that differ in a variant stand under its condition. Variants must not
 * touch the same line, so that any of them may be combined.
 */
export function helmTemplate(plain: readonly JsonObject[], variants: readonly Variant[]): string {
  const titles = new Set(plain.map(titleOf));
  const documents = plain.map((object) => documentTemplate(object, variants));
  for (const { condition, objects } of variants) {
    for (const [index, object] of objects.entries()) {
      if (titles.has(titleOf(object))) continue;
      // after the object that it follows there
      const before = objects.slice(0, index).findLast((one) => titles.has(titleOf(one)));
      const at = before === undefined ? 0 : plain.findIndex((one) => titleOf(one) === titleOf(before)) + 1;
      documents[at - 1] = `${documents[at - 1] ?? ""}${conditional(condition, `---\n${objectYaml(object)}`)}`;
    }
  }
  return documents.join("");
}

function documentTemplate(object: JsonObject, variants: readonly Variant[]): string {
  const text = objectYaml(object);
  const absentIn = variants.filter(({ objects }) => !objects.some((one) => titleOf(one) === titleOf(object)));
  const edits = variants.flatMap((variant) => {
    const other = variant.objects.find((one) => titleOf(one) === titleOf(object));
    return other === undefined ? [] : editsTo(text, objectYaml(other), variant.condition);
  });
  const merged = `---\n${withEdits(text, edits)}`;
  return absentIn.reduce((inner, { condition }) => conditional(`not ${condition}`, inner), merged);
}

/** Lines to put in before a line of the text, and how many lines of it they replace. */
interface Edit {
  readonly at: number;
  readonly replaces: number;
  readonly lines: readonly string[];
  readonly condition: string;
}

function editsTo(before: string, after: string, condition: string): readonly Edit[] {
  const edits: { at: number; replaces: number; lines: string[]; condition: string }[] = [];
  let line = 0;
  let open: (typeof edits)[number] | undefined;
  for (const { mark, text } of lineDiff(before, after)) {
    if (mark === " ") {
      open = undefined;
      line++;
      continue;
    }
    if (open === undefined) {
      open = { at: line, replaces: 0, lines: [], condition };
      edits.push(open);
    }
    if (mark === "+") open.lines.push(text);
    else {
      open.replaces++;
      line++;
    }
  }
  return edits;
}

function withEdits(text: string, edits: readonly Edit[]): string {
  const lines = text.trimEnd().split("\n");
  let result = "";
  for (let at = 0; at <= lines.length; ) {
    const here = edits.filter((edit) => edit.at === at);
    const replacing = here.filter(({ replaces }) => replaces > 0);
    if (replacing.length > 1) throw new Error(`two variants change the same line: ${lines[at]}`);
    for (const { condition, lines: added } of here.filter(({ replaces }) => replaces === 0)) {
      result += conditional(condition, `${added.join("\n")}\n`);
    }
    const [edit] = replacing;
    if (edit === undefined) {
      if (at < lines.length) result += `${lines[at]}\n`;
      at++;
      continue;
    }
    const replaced = `${lines.slice(at, at + edit.replaces).join("\n")}\n`;
    result +=
      edit.lines.length === 0
        ? conditional(`not ${edit.condition}`, replaced)
        : `{{- if ${edit.condition} }}\n${edit.lines.join("\n")}\n{{- else }}\n${replaced}{{- end }}\n`;
    at += edit.replaces;
  }
  return result;
}

function conditional(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}
