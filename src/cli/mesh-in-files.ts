import { normalize } from "node:path";
import { assumedLabels } from "../answers/assumed-labels.ts";
import type { MeshContents } from "../answers/mesh-contents.ts";
import { selectorOf } from "../graph/label-selector.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import { KIND_FACTS } from "../model/kinds.ts";
import { keyOf, type MeshObject, type ObjectKey } from "../model/mesh-object.ts";
import { describeSelector, type LabelSelector } from "../model/selector.ts";
import { type FoundObject, type MeshDocuments, readMeshDocuments, referenceOf } from "./mesh-documents.ts";
import type { ParsedInput } from "./parsed-input.ts";
import { placesOf, shownPlace } from "./places.ts";
import { servicesInFiles } from "./services-in-files.ts";

/** The mesh of files. */
export interface MeshInFiles {
  readonly read: MeshDocuments;
  /** Each once, as it is given last. */
  readonly objects: readonly FoundObject[];
  readonly contents: MeshContents;
  /** Sentences for a person: what is given twice. They are among the notes. */
  readonly doubles: readonly string[];
  /** Sentences for a person: what had to be assumed, and what is given twice. */
  readonly notes: readonly string[];
}

/**
 * The App Mesh objects of files, as if just these were applied to an empty cluster. Objects without a namespace are of `standard`; a
 * namespace that is not among the files is taken to have the labels by which its mesh and gateways select.
 */
export function meshInFiles(inputs: readonly ParsedInput[], standard: string): MeshInFiles {
  const { distinct, notes: named } = eachOnce(inputs);
  const read = readMeshDocuments(distinct, standard);
  const { objects, notes: twice } = lastOfEach(read.objects);
  const doubles = [...named, ...twice];
  const parsed = objects.flatMap(({ parsed: one }) => (one.kind === "parsed" ? [one.object] : []));
  const assumed = assumedNamespaces(parsed, read.namespaces);
  return {
    read,
    objects,
    contents: {
      objects: objects.map(({ parsed: one }) => one),
      namespaces: [...read.namespaces, ...assumed.namespaces],
      services: servicesInFiles(parsed, read.services),
    },
    doubles,
    notes: [...doubles, ...assumed.notes, ...read.notes],
  };
}

/** A file that is named twice, itself and with its folder, counts where it is named last. */
function eachOnce(inputs: readonly ParsedInput[]): {
  readonly distinct: readonly ParsedInput[];
  readonly notes: readonly string[];
} {
  const last = new Map<string, ParsedInput>();
  const twice = new Set<string>();
  for (const input of inputs) {
    const path = normalize(input.label);
    if (last.delete(path)) twice.add(path);
    last.set(path, input);
  }
  const [first] = twice;
  if (first === undefined) return { distinct: inputs, notes: [] };
  const more = twice.size === 1 ? "" : `, and so are ${twice.size - 1} others`;
  return { distinct: [...last.values()], notes: [`${first} is named twice with -f${more}: it counts once`] };
}

/** As when the files are applied one after the other. */
function lastOfEach(found: readonly FoundObject[]): {
  readonly objects: readonly FoundObject[];
  readonly notes: readonly string[];
} {
  const last = new Map<ObjectKey | FoundObject, FoundObject>();
  const twice: (readonly [ObjectKey, FoundObject, FoundObject])[] = [];
  for (const one of found) {
    const ref = referenceOf(one.parsed);
    const key = ref === undefined ? one : keyOf(ref);
    const before = last.get(key);
    if (before !== undefined) twice.push([key as ObjectKey, before, one]);
    last.set(key, one);
  }
  const places = placesOf(twice.flatMap(([, ...both]) => both.map(({ origin }) => ({ origin, path: "" }))));
  const notes = twice.map(([key], index) => {
    const [first, second] = places.slice(2 * index, 2 * index + 2).map(shownPlace);
    return `${key} is given twice, at ${first} and at ${second}: the last one counts`;
  });
  return { objects: [...last.values()], notes };
}

/** Namespaces that objects name and that are not among the files, where one Mesh alone can be meant. */
function assumedNamespaces(
  objects: readonly MeshObject[],
  known: readonly NamespaceFacts[],
): { readonly namespaces: readonly NamespaceFacts[]; readonly notes: readonly string[] } {
  const names = new Set(
    objects.flatMap(({ kind, metadata }) => (KIND_FACTS[kind].scope === "Cluster" ? [] : metadata.namespace)),
  );
  for (const { name } of known) names.delete(name);
  if (names.size === 0) return { namespaces: [], notes: [] };
  const list = `Namespace${names.size === 1 ? "" : "s"} ${[...names].toSorted().join(", ")}`;
  const meshes = objects.filter((object) => object.kind === "Mesh");
  const [mesh] = meshes;
  if (mesh === undefined || meshes.length > 1) {
    const found = mesh === undefined ? "no Mesh" : `${meshes.length} Meshes`;
    const note = `there is ${found} among the files and no ${list}, so that nobody knows what selects it: give those with -f too`;
    return { namespaces: [], notes: [note] };
  }
  const gateways = objects.filter((object) => object.kind === "VirtualGateway");
  const selectors = [mesh, ...gateways].flatMap(({ spec }): readonly LabelSelector[] => {
    const selector = selectorOf(spec.namespaceSelector);
    return selector === undefined ? [] : [selector];
  });
  const labels = assumedLabels(selectors);
  const shownLabels = describeSelector({ matchLabels: labels, matchExpressions: [] });
  const note = `${list} not among the files: taken to be in Mesh ${mesh.metadata.name}${
    Object.keys(labels).length === 0 ? "" : `, with the labels ${shownLabels}`
  }`;
  return { namespaces: [...names].map((name) => ({ name, labels, annotations: {} })), notes: [note] };
}
