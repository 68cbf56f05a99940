import type { ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { refOf } from "../model/mesh-object.ts";
import type { MeshReader } from "./mesh-state.ts";
import { sayMissing } from "./missing-object.ts";
import { type Say, SILENT } from "./report.ts";
import { resolveLink } from "./resolve-reference.ts";
import type { CalledService } from "./resolve-service.ts";

/** Every service that a node calls, each once, sorted by name: its backends with their policies, then what its groups add. */
export function resolveBackends(
  { metadata, spec }: TypedObject<"VirtualNode">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): readonly CalledService[] {
  const ref = { kind: "VirtualNode", namespace: metadata.namespace, name: metadata.name } as const;
  const defaults = spec.backendDefaults?.clientPolicy;
  const called = new Map<string, CalledService>();
  /** As they are written, whether they are there or not. */
  const seen = new Set<string>();
  for (const [index, { virtualService }] of (spec.backends ?? []).entries()) {
    const path = `spec.backends[${index}].virtualService`;
    const link = { reference: virtualService.virtualServiceRef, arn: virtualService.virtualServiceARN };
    const written = link.arn ?? (link.reference && titleOf(link.reference, metadata.namespace));
    if (written !== undefined && seen.has(written)) {
      sayTwice(path, written, say);
      continue;
    }
    if (written !== undefined) seen.add(written);
    const service = resolveLink("VirtualService", link, { ref, mesh, path }, reader, say);
    if (service.kind === "missing") continue;
    if (called.has(service.awsName)) {
      sayTwice(path, service.awsName, say);
      continue;
    }
    called.set(service.awsName, { ...service, clientPolicy: virtualService.clientPolicy ?? defaults });
  }
  for (const [index, group] of (spec.backendGroups ?? []).entries()) {
    for (const service of membersOf(group, `spec.backendGroups[${index}]`, { ref, mesh }, reader, say)) {
      if (!called.has(service.awsName)) called.set(service.awsName, { ...service, clientPolicy: defaults });
    }
  }
  return [...called.values()].toSorted((a, b) => (a.awsName < b.awsName ? -1 : 1));
}

function sayTwice(path: string, what: string, say: Say): void {
  say("backend-twice", path, `${what} is listed before; the first counts`, "remove one of the two");
}

function titleOf(
  { name, namespace: own }: { name: string; namespace?: string | undefined },
  namespace: string,
): string {
  return `VirtualService/${own || namespace}/${name}`;
}

interface From {
  readonly ref: ObjectRef;
  readonly mesh: ObjectRef<"Mesh">;
}

type Found = Pick<CalledService, "ref" | "awsName">;

function membersOf(
  group: { readonly name: string; readonly namespace?: string | undefined },
  path: string,
  { ref, mesh }: From,
  reader: MeshReader,
  say: Say,
): readonly Found[] {
  const namespace = group.namespace || ref.namespace;
  if (group.name === "*") {
    return reader.list("VirtualService", namespace).flatMap((service) => {
      const placement = reader.placement(refOf(service));
      if (placement.mesh?.name !== mesh.name) return [];
      const owner = reader.named("VirtualService", mesh, placement.awsName);
      return owner === undefined ? [] : [{ ref: owner, awsName: reader.placement(owner).awsName }];
    });
  }
  const groupRef = { kind: "BackendGroup", namespace, name: group.name } as const;
  const object = reader.object(groupRef);
  if (object === undefined) {
    sayMissing(groupRef, { mesh, path }, reader, say);
    return [];
  }
  if (reader.placement(groupRef).mesh?.name !== mesh.name) {
    const help = "refer to a group of the same mesh";
    say("other-mesh", path, `BackendGroup/${namespace}/${group.name} is not of mesh ${mesh.name}`, help);
    return [];
  }
  return groupMembers(object, mesh, reader, SILENT);
}

/** The services of a group; what is wrong with its references is said of the group. */
export function groupMembers(
  { metadata, spec }: TypedObject<"BackendGroup">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): readonly Found[] {
  const ref = { kind: "BackendGroup", namespace: metadata.namespace, name: metadata.name } as const;
  return (spec.virtualservices ?? []).flatMap((reference, index) => {
    const from = { ref, mesh, path: `spec.virtualservices[${index}]` };
    const service = resolveLink("VirtualService", { reference, arn: undefined }, from, reader, say);
    return service.kind === "missing" ? [] : [service];
  });
}
