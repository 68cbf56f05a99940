import { namespaceInName } from "../model/aws-names.ts";
import {
  keyOf,
  type MeshObject,
  type ObjectRef,
  refOf,
  sameObject,
  type TypedObject,
  type UnknownField,
} from "../model/mesh-object.ts";
import { cannotBeSent, unaskedHost } from "../model/never-matches.ts";
import { selectorMatches } from "../model/selector.ts";
import { usableLog } from "./access-log.ts";
import { clientAddressOf, modeOf, sharingProblems } from "./annotations.ts";
import { alikeServices, type Called, calledServices } from "./called-services.ts";
import { givenNames } from "./certificate-names.ts";
import { sayShownSecret, sayTrustedSecrets } from "./certificate-problems.ts";
import { isStrict, speaksOfAnother } from "./claims.ts";
import { gatewayOf, ownerAmong, routesNamed, takerWanted } from "./gateway-of-route.ts";
import { selectorOf } from "./label-selector.ts";
import { sayForeignFields, sayPortsTwice, usableHealthCheck } from "./listener-fields.ts";
import { gatewayMatch, matchFaults, sayFaults } from "./match-faults.ts";
import { inMesh, overlappingMeshes } from "./membership-problems.ts";
import type { MeshReader } from "./mesh-state.ts";
import { calledByService, usableListeners } from "./named-services.ts";
import type { Problem } from "./problem.ts";
import { problemsOf, type Say, SILENT } from "./report.ts";
import { groupMembers, resolveBackends } from "./resolve-backends.ts";
import { gatewayCalls, gatewayCertificateNamesOf, gatewayListeners } from "./resolve-gateway.ts";
import { gatewayTarget, resolveGatewayRoute } from "./resolve-gateway-route.ts";
import { memberPorts } from "./resolve-members.ts";
import { certificateNamesOf } from "./resolve-node.ts";
import { resolveRouter, type Used } from "./resolve-router.ts";
import { resolveService } from "./resolve-service.ts";
import { discoveryOf, resolveTargets } from "./resolve-target.ts";
import { flawedSelectors, selectedTwice } from "./selector-problems.ts";
import { shadowedRoutes, whyBefore } from "./shadowed-routes.ts";
import { sayListenerTls, sayMismatches, sayPolicyTls } from "./tls-problems.ts";
import type { GatewayRouteView, ServiceView } from "./view.ts";

/** Everything that is wrong with one object, in the order in which it is looked at. */
export function objectProblems(ref: ObjectRef, reader: MeshReader): readonly Problem[] {
  return problemsOf(ref, (say) => {
    for (const misfit of reader.refused(ref)) {
      if ("help" in misfit) unknownField(misfit, say);
      else say("not-readable", misfit.path, misfit.message, CORRECT_IT);
    }
    const object = reader.object(ref) as MeshObject | undefined;
    if (object === undefined) return;
    for (const field of object.unknownFields) unknownField(field, say);
    flawedSelectors(object, say);
    if (object.kind === "Mesh") {
      modeOf(object.metadata.annotations, `Mesh ${ref.name}`, say);
      givenNames(object.metadata.annotations, say);
      overlappingMeshes(object, reader, say);
      return;
    }
    const mesh = inMesh(object, reader, say);
    if (mesh === undefined) return;
    ownName(object, mesh, reader, say);
    if (object.kind === "VirtualNode" || object.kind === "VirtualGateway") {
      sharing(object, mesh, reader, say);
      selectedTwice(object, reader, say);
    }
    ofKind(object, mesh, reader, say);
  });
}

const CORRECT_IT = "correct the object; until then its last state that could be read counts";

function unknownField({ path, help, widens }: UnknownField, say: Say): void {
  const message = "no field of this name is known, so it";
  if (widens === undefined) say("unknown-field", path, `${message} has no effect`, help);
  else say("wider-than-written", path, `${message} is no condition: ${widens}`, help);
}

function ofKind(object: MeshObject, mesh: ObjectRef<"Mesh">, reader: MeshReader, say: Say): void {
  switch (object.kind) {
    case "VirtualNode":
      ofNode(object, mesh, reader, say);
      break;
    case "VirtualRouter":
      resolveRouter({ ref: refOf(object) as ObjectRef<"VirtualRouter">, awsName: "" }, mesh, reader, new Map(), say);
      break;
    case "VirtualService": {
      const ref = refOf(object) as ObjectRef<"VirtualService">;
      if (cannotBeSent(object.spec.awsName ?? "")) {
        say("never-matches", "spec.awsName", "no request can have this host, so the service is left out", CORRECT);
      }
      const { awsName } = reader.placement(ref);
      const unasked = cannotBeSent(awsName) ? undefined : unaskedHost(awsName);
      if (unasked !== undefined) {
        say("never-matches", "spec.awsName", `no request asks for this host: ${unasked}`, CORRECT);
      }
      calledByService(object, awsName, mesh, reader, say);
      resolveService({ ref, awsName: "", clientPolicy: undefined }, mesh, reader, new Map(), say);
      break;
    }
    case "VirtualGateway":
      ofGateway(object, mesh, reader, say);
      break;
    case "GatewayRoute":
      ofGatewayRoute(object, mesh, reader, say);
      break;
    case "BackendGroup":
      groupMembers(object, mesh, reader, say);
      break;
    case "Mesh":
      break;
  }
}

const CORRECT = "create it again under the name that clients call";

function ofNode(object: TypedObject<"VirtualNode">, mesh: ObjectRef<"Mesh">, reader: MeshReader, say: Say): void {
  const { namespace } = object.metadata;
  modeOf(reader.namespace(namespace)?.annotations ?? {}, `namespace ${namespace}`, say);
  memberPorts(object, discoveryOf(object, mesh, reader, say), reader, say);
  usableListeners(object.spec.listeners ?? [], say);
  for (const [index, listener] of (object.spec.listeners ?? []).entries()) {
    sayForeignFields(listener, `spec.listeners[${index}]`, say);
    sayListenerTls(listener.tls, `spec.listeners[${index}]`, say);
    sayShownSecret(listener.tls, { at: `spec.listeners[${index}]`, namespace }, reader, say);
    usableHealthCheck(listener, `spec.listeners[${index}]`, say);
  }
  sayPortsTwice(object.spec.listeners ?? [], say);
  usableLog(object.spec.logging?.accessLog?.file, say);
  resolveBackends(object, mesh, reader, say);
  const called = calledServices(object, mesh, reader);
  alikeServices(called, say);
  clientTls(object, called, reader, say);
  certificateNamesOf(object, mesh, reader, say);
}

function clientTls({ spec }: TypedObject<"VirtualNode">, called: Called, reader: MeshReader, say: Say): void {
  const { backends = [], backendDefaults } = spec;
  const ofDefaults = "spec.backendDefaults.clientPolicy";
  policyTls(backendDefaults?.clientPolicy, ofDefaults, reader, say);
  const ofBackend = (index: number): string => `spec.backends[${index}].virtualService.clientPolicy`;
  for (const [index, { virtualService }] of backends.entries())
    policyTls(virtualService.clientPolicy, ofBackend(index), reader, say);
  const pathOf = ({ clientPolicy }: ServiceView): string => {
    if (clientPolicy === undefined) return "spec.backends";
    const index = backends.findIndex(({ virtualService }) => virtualService.clientPolicy === clientPolicy);
    return `${index < 0 ? ofDefaults : ofBackend(index)}.tls`;
  };
  sayMismatches({ ...called, pathOf, certificate: (arn) => reader.certificate(arn) }, say);
}

function policyTls(policy: Parameters<typeof sayPolicyTls>[0], at: string, reader: MeshReader, say: Say): void {
  sayPolicyTls(policy, at, say);
  sayTrustedSecrets(policy, at, reader, say);
}

function ofGateway(object: TypedObject<"VirtualGateway">, mesh: ObjectRef<"Mesh">, reader: MeshReader, say: Say): void {
  const { namespace, annotations } = object.metadata;
  modeOf(reader.namespace(namespace)?.annotations ?? {}, `namespace ${namespace}`, say);
  clientAddressOf(annotations, say);
  const listeners = object.spec.listeners ?? [];
  usableListeners(listeners, say);
  for (const [index, listener] of listeners.entries()) {
    sayForeignFields(listener, `spec.listeners[${index}]`, say);
    sayListenerTls(listener.tls, `spec.listeners[${index}]`, say);
    sayShownSecret(listener.tls, { at: `spec.listeners[${index}]`, namespace }, reader, say);
  }
  sayPortsTwice(listeners, say);
  usableLog(object.spec.logging?.accessLog?.file, say);
  gatewayCertificateNamesOf(object, mesh, reader, say);
  const { services, targets, routes } = gatewayCalls(object, mesh, reader);
  sayShadowed(routes, say);
  const ofDefaults = "spec.backendDefaults.clientPolicy";
  policyTls(object.spec.backendDefaults?.clientPolicy, ofDefaults, reader, say);
  const pathOf = ({ clientPolicy }: ServiceView) =>
    clientPolicy === undefined ? "spec.backendDefaults" : `${ofDefaults}.tls`;
  sayMismatches({ services, targets, pathOf, certificate: (arn) => reader.certificate(arn) }, say);
}

/** It is said of the gateway: a route by itself knows of no other. */
function sayShadowed(routes: readonly GatewayRouteView[], say: Say): void {
  const placed = routes.map((route) => ({ route, on: route.on, host: route.host }));
  for (const { shadowed, by } of shadowedRoutes(placed)) {
    const [never, first] = [shadowed, by].map(({ route }) => `${route.object.namespace}/${route.object.name}`);
    const found = `GatewayRoute ${never} never gets a request: GatewayRoute ${first}, ${whyBefore(by, shadowed)}, takes all of them`;
    const help = `give ${never} a smaller spec.priority than ${first} has, give ${first} another match, or delete one of the two`;
    say("shadowed-route", "", found, help);
  }
}

/** Whom a node or gateway lets name it; of a namespace that is not there yet nothing can be said. */
function sharing({ metadata }: MeshObject, mesh: ObjectRef<"Mesh">, reader: MeshReader, say: Say): void {
  const selects = selectionOf(mesh, reader);
  sharingProblems(metadata.annotations, (name) => selects(name) ?? true, mesh.name, say);
}

/** Whether a mesh selects a namespace; undefined of one that is not there. */
function selectionOf(mesh: ObjectRef<"Mesh">, reader: MeshReader): (namespace: string) => boolean | undefined {
  const selector = selectorOf(reader.object(mesh)?.spec.namespaceSelector);
  return (name) => {
    const namespace = reader.namespace(name);
    return namespace && selector !== undefined && selectorMatches(selector, namespace.labels);
  };
}

function ofGatewayRoute(
  route: TypedObject<"GatewayRoute">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): void {
  const gateway = gatewayOf(route, mesh, reader);
  const names = "candidates" in gateway ? gateway.candidates.map(({ namespace, name }) => `${namespace}/${name}`) : [];
  switch (gateway.kind) {
    case "none":
      say("no-gateway", "", "no VirtualGateway of the mesh takes this route", takerWanted(mesh, reader));
      break;
    case "ambiguous":
      say(
        "ambiguous-gateway",
        "",
        `${names.length} gateways would take it: ${names.join(", ")}`,
        "change their namespaceSelector or gatewayRouteSelector so that only one of them takes it",
      );
      break;
    case "mismatch":
      say(
        "gateway-not-selected",
        "spec.virtualGatewayRef",
        "it names a gateway that does not take it",
        "leave the field out",
      );
      break;
    case "found":
      break;
  }
  const given = gatewayMatch(route.spec);
  if (given !== undefined) sayFaults(matchFaults(given.match, given.path), say);
  const taker =
    gateway.kind === "found" ? reader.object({ kind: "VirtualGateway", ...placeOf(gateway.object) }) : undefined;
  const written = resolveGatewayRoute(route, taker && gatewayListeners(taker.spec), mesh, reader, say);
  if (written?.service.kind !== "found") return;
  const used: Used = new Map();
  const service = resolveService({ ...written.service, clientPolicy: undefined }, mesh, reader, used, SILENT);
  gatewayTarget(written, service, resolveTargets(used, [service], mesh, reader), say);
}

function placeOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name };
}

/** Whether the name in App Mesh is the object's alone, and not somebody else's. */
function ownName(object: MeshObject, mesh: ObjectRef<"Mesh">, reader: MeshReader, say: Say): void {
  const { kind } = object;
  if (kind === "Mesh" || kind === "BackendGroup") return;
  const ref = refOf(object);
  const { awsName } = reader.placement(ref);
  const { claimants, owner } = claimsOf(object, awsName, mesh, reader);
  const others = claimants.filter((one) => keyOf(one) !== keyOf(ref));
  if (others.length > 0) {
    const isOwn = sameObject(ref, owner);
    const has = owner === undefined ? "nobody" : keyOf(owner);
    const names = others.map(keyOf).join(", ");
    say(
      "name-claimed-twice",
      "spec.awsName",
      isOwn
        ? `${awsName} is claimed by ${names} too, and stays this one's`
        : `${awsName} is claimed by ${names} too; ${has} has it`,
      isOwn
        ? `nothing is to be done here: delete ${others.length === 1 ? "the other" : "the others"}, or create it again under another awsName`
        : "create it again under another awsName, which cannot be changed",
    );
  }
  // a name that speaks of no namespace asks for none
  const spoken = namespaceInName(kind, awsName);
  if (spoken === undefined || spoken === ref.namespace) return;
  const selects = selectionOf(mesh, reader);
  const isStrictMesh = isStrict(reader.object(mesh));
  // where the mesh does not select that namespace, nobody there can want the name: it is a way out of the mesh
  const mayWant = (name: string): boolean => selects(name) === true || (isStrictMesh && selects(name) === false);
  if (speaksOfAnother(kind, awsName, ref.namespace, mayWant)) {
    say(
      "name-of-another-namespace",
      "spec.awsName",
      `${awsName} speaks of namespace ${spoken}`,
      selects(spoken) === true
        ? "have its owner define it there"
        : `take outrigger.dev/names: strict off Mesh ${mesh.name}, which refuses it`,
    );
  }
}

/** Who claims the name of an object, and who has it: a gateway route's is one of its gateway. */
function claimsOf(
  object: Exclude<MeshObject, TypedObject<"Mesh"> | TypedObject<"BackendGroup">>,
  awsName: string,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): { readonly claimants: readonly ObjectRef[]; readonly owner: ObjectRef | undefined } {
  if (object.kind !== "GatewayRoute") {
    const { kind } = object;
    return { claimants: reader.claimants(kind, mesh, awsName), owner: reader.named(kind, mesh, awsName) };
  }
  const gateway = gatewayOf(object, mesh, reader);
  if (gateway.kind !== "found") return { claimants: [], owner: undefined };
  const routes = routesNamed(awsName, gateway.object, mesh, reader);
  return {
    claimants: routes.map((route) => refOf(route) as ObjectRef),
    owner: ownerAmong(routes, awsName, mesh, reader),
  };
}
