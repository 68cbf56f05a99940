import { type Json, type JsonObject, member, objectOf, stringMapOf, stringOf } from "./json.ts";
import { isKind, KIND_FACTS } from "./kinds.ts";
import { isLabelKey, isLabelValue, isSubdomain } from "./label-syntax.ts";
import { type FieldProblem, parseObject } from "./parse-object.ts";
import { brokenRules } from "./rules.ts";
import { SPEC_SCHEMAS } from "./spec-schemas.ts";

/** A name of a namespace is a DNS label (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names). */
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Of all keys and values together (https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/). */
const ANNOTATION_BYTES = 256 * 1024;
/** More are not listed of one object. */
const MOST = 16;

/**
 * Why the API server refuses an App Mesh object beyond its types: metadata that Kubernetes does not take, and, where the spec fits its schema,
 * rules that it breaks. Empty also for what is no App Mesh object. What is about a change of an object is left out.
 */
export function apiRefusals(raw: JsonObject): readonly FieldProblem[] {
  const kind = stringOf(member(raw, "kind")) ?? "";
  if (!isKind(kind)) return [];
  const parsed = parseObject(raw);
  // the API server asks no rule about a spec that is not there
  const hasSpec = (member(raw, "spec") ?? null) !== null;
  const broken =
    parsed.kind === "parsed" && hasSpec ? brokenRules(SPEC_SCHEMAS[kind], parsed.object.spec as Json, "spec") : [];
  const isNamespaced = KIND_FACTS[kind].scope === "Namespaced";
  return [...metadataFlaws(member(raw, "metadata"), isNamespaced), ...broken].slice(0, MOST);
}

function metadataFlaws(metadata: Json | undefined, isNamespaced: boolean): readonly FieldProblem[] {
  const name = stringOf(member(metadata, "name")) ?? "";
  const namespace = isNamespaced ? (stringOf(member(metadata, "namespace")) ?? "") : "";
  const labels = Object.entries(stringMapOf(member(metadata, "labels")));
  const annotations = Object.keys(objectOf(member(metadata, "annotations")));
  return [
    ...(name === "" || isSubdomain(name)
      ? []
      : [flaw("name", `expected ${WORDS} with - and . between them, at most 253, found ${found(name)}`)]),
    ...(namespace === "" || NAMESPACE.test(namespace)
      ? []
      : [flaw("namespace", `expected ${WORDS} with - between them, at most 63, found ${found(namespace)}`)]),
    ...labels
      .filter(([key]) => !isLabelKey(key))
      .map(([key]) => flaw("labels", `no label can have the key ${found(key)}`)),
    ...labels
      .filter(([, value]) => !isLabelValue(value))
      .map(([key, value]) => flaw("labels", `the label ${found(key)} cannot have the value ${found(value)}`)),
    ...annotations
      .filter((key) => !isLabelKey(key.toLowerCase()))
      .map((key) => flaw("annotations", `no annotation can have the key ${found(key)}`)),
    ...(annotationBytes(member(metadata, "annotations")) > ANNOTATION_BYTES
      ? [flaw("annotations", `expected at most ${ANNOTATION_BYTES} bytes in all, found more`)]
      : []),
  ];
}

const WORDS = "small letters and digits";

function flaw(field: string, message: string): FieldProblem {
  return { path: `metadata.${field}`, message };
}

function found(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text).replace(/\p{Cc}+/gu, " ");
}

function annotationBytes(annotations: Json | undefined): number {
  return Object.entries(stringMapOf(annotations))
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
