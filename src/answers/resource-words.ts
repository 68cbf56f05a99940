import type { TlsSource } from "../graph/tls-view.ts";
import type { MeshView, TargetView } from "../graph/view.ts";
import { PORTS } from "../model/names.ts";
import { httpPorts, servicesOn } from "../xds/translate/egress-routes.ts";
import { endpointsNamed, endpointsOf } from "../xds/translate/endpoints.ts";
import {
  allowAllCluster,
  amazonCluster,
  EGRESS_LISTENER,
  egressCluster,
  gatewayListenerName,
  INGRESS_LISTENER,
  ingressCluster,
  routesOf,
  selfRedirectCluster,
} from "../xds/translate/names.ts";
import { secretName, sourcesIn } from "../xds/translate/secrets.ts";
import type { ResourceType } from "../xds/types.ts";
import { plainList } from "./plain-text.ts";

/** What a resource of Envoy is in App Mesh's words; of one that no view knows its own name. */
export type ResourceWords = (type: ResourceType, name: string) => string;

/** Words for everything that the proxies of these views may have: of the first view that knows it. Undefined: a pod without a node. */
export function resourceWords(...views: readonly (MeshView | undefined)[]): ResourceWords {
  const words = new Map<string, string>();
  const say = (type: ResourceType, name: string, text: string): void => {
    const key = `${type} ${name}`;
    if (!words.has(key)) words.set(key, text);
  };
  for (const view of views) if (view !== undefined) sayOfView(view, say);
  say("listener", INGRESS_LISTENER, "what reaches the app");
  say("listener", EGRESS_LISTENER, "what the app calls");
  say("listener", "outrigger_stats", "statistics at the pod's address");
  say("cluster", "outrigger_nowhere", "nobody: answered with 503");
  for (const name of ["outrigger_pass_through", "outrigger_pass_through_inbound", "outrigger_pass_through_outbound"])
    say("cluster", name, "wherever a connection was going");
  return (type, name) => words.get(`${type} ${name}`) ?? (type === "endpoints" ? endpointsText(name) : name);
}

type SayWords = (type: ResourceType, name: string, text: string) => void;

function sayOfView(view: MeshView, say: SayWords): void {
  const own = { mesh: view.mesh.name, node: view.name };
  if (view.kind === "virtualNode") {
    for (const { port, protocol } of view.listeners) {
      say("cluster", ingressCluster({ ...own, protocol, port }), `its app, port ${port} ${protocol}`);
      say("route", routesOf("ingress", port), `requests to its app, port ${port}`);
    }
    for (const port of httpPorts(view)) {
      const names = servicesOn(view, port).map(({ name }) => name);
      say("route", routesOf("egress", port), `requests to port ${port} of ${plainList(names)}`);
    }
  } else {
    for (const { port, protocol } of view.listeners) {
      say("listener", gatewayListenerName(port), `the gateway's listener, port ${port} ${protocol}`);
      say("route", routesOf("ingress", port), `the gateway's routes, port ${port}`);
      say("cluster", selfRedirectCluster({ ...own, protocol, port }), `its own second pass, from port ${port}`);
    }
    say("listener", EGRESS_LISTENER, "the gateway's second pass");
    const names = view.services.map(({ name }) => name);
    say("route", routesOf("egress", PORTS.outbound), `requests to ${plainList(names)}`);
  }
  for (const target of view.targets) sayOfTarget(target, view.mesh.name, say);
  say("cluster", allowAllCluster(view.mesh.name), "everything outside of the mesh");
  say("cluster", amazonCluster(view.mesh.name), "endpoints of AWS");
  for (const source of sourcesIn(view)) say("secret", secretName(source), sourceText(source));
}

function sayOfTarget({ object, name: node, listeners, discovery }: TargetView, mesh: string, say: SayWords): void {
  for (const listener of listeners) {
    const { port, protocol, connections } = listener;
    for (const { suffix, tls } of connections) {
      const how = tls === undefined ? "" : " over TLS";
      const what = `VirtualNode ${object.namespace}/${object.name}, port ${port} ${protocol}${how}`;
      say("cluster", egressCluster({ mesh, node, protocol, port }, suffix), what);
    }
    const endpoints = endpointsOf(discovery, listener);
    if (endpoints !== undefined) say("endpoints", endpoints, endpointsText(endpoints));
  }
}

/** Whose members they are. */
function endpointsText(name: string): string {
  const { of } = endpointsNamed(name);
  if (of.kind === "service") return `members of Service ${of.port.namespace}/${of.port.service}, port ${of.port.port}`;
  const { namespaceName, serviceName } = of.instances;
  return `instances of ${serviceName}.${namespaceName} of Cloud Map, port ${of.port}`;
}

function sourceText(source: TlsSource): string {
  const what = "arn" in source || "privateKey" in source ? "certificate" : "trusted certificates";
  switch (source.kind) {
    case "file":
      return `${what} of the file ${source.certificateChain}`;
    case "sds":
      return `${source.secretName} of the pod's SDS server`;
    case "acm":
      return `${what} of the control plane, for ${"arn" in source ? source.arn : plainList(source.arns)}`;
    case "unusable":
      return "none that can be used: no handshake succeeds";
  }
}
