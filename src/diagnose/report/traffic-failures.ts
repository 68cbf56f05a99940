import { count, some } from "../checks/check.ts";
import { calledNode } from "../facts/called-node.ts";
import { namesHint, namesText } from "../facts/certificate-names.ts";
import { quoted } from "../facts/quoted.ts";
import type { TrafficFailure } from "../facts/traffic-failures.ts";
import type { PodStatus } from "../facts/workload-status.ts";

/** What fails, in a sentence that names where, and what helps. */
export interface FailureRemark {
  readonly text: string;
  readonly hint: string;
}

/** One sentence for what fails alike in several pods of a workload; counts are added up. */
export function failureRemarks(pods: readonly PodStatus[]): readonly FailureRemark[] {
  const all = pods.flatMap((pod) => pod.failures.map((failure) => ({ pod, failure })));
  const groups = Map.groupBy(all, ({ failure: { kind, ...more } }) => JSON.stringify({ kind, ...more, count: 0 }));
  return [...groups.values()].flatMap((group): FailureRemark[] => {
    const [first] = group;
    if (first === undefined) return [];
    const sum = group.reduce((total, { failure }) => total + ("count" in failure ? failure.count : 0), 0);
    const { text, hint } = remarkOn(first.failure, sum, nodeOf(first.pod), meshOf(first.pod));
    // a file is several secrets of one pod, where different ones are used beside it
    const names = [...new Set(group.map(({ pod }) => pod.name))];
    return [{ text: `${text}, in ${some(names, 3)}`, hint }];
  });
}

/** The object whose proxy it is, as a person refers to it. */
function nodeOf({ node, sidecar }: PodStatus): string {
  if (node.kind === "node") return `${node.object.kind} ${node.object.namespace}/${node.object.name}`;
  return sidecar.kind === "ours" ? quoted(sidecar.resource) : "its node";
}

function remarkOn(failure: TrafficFailure, sum: number, node: string, mesh: string): FailureRemark {
  switch (failure.kind) {
    case "no-route":
      return {
        text: `${count(sum, "request")} of the app found no route and got 404 (no_route): of a host that is no backend of ${node}, or that none of its router's routes takes`,
        hint: `what the app calls belongs into spec.backends of ${node}, with a VirtualService whose awsName is the host`,
      };
    case "closed":
      return {
        text: `${count(sum, "connection")} of the app ${sum === 1 ? "was" : "were"} closed (no_filter_chain_match): to a port or an address that no backend of ${node} has, and its Mesh lets nothing else out (DROP_ALL)`,
        hint: `what the app calls belongs into spec.backends of ${node}; or spec.egressFilter.type: ALLOW_ALL on the Mesh; outrigger diff --serve lists what it cannot reach`,
      };
    case "app-refuses": {
      const { port } = placeOf(failure.cluster, mesh);
      return {
        text: `the app does not listen on port ${port}, where ${node} has a listener: none of ${count(sum, "connection")} to it succeeded (upstream_cx_connect_fail)`,
        hint: `have the app listen on ${port} of 127.0.0.1 or all addresses, or name its port in spec.listeners[].portMapping.port of ${node} and in its Service`,
      };
    }
    case "unreachable": {
      const { name, port } = placeOf(failure.cluster, mesh);
      return {
        text: `no connection to virtual node ${name} on port ${port} succeeded, ${sum} failed (upstream_cx_connect_fail)`,
        hint: `that its pods run and are redirected on port ${port} say outrigger status and outrigger check; that its Service has the port, outrigger problems`,
      };
    }
    case "other-name": {
      const { name, port } = placeOf(failure.cluster, mesh);
      return {
        text: `${count(sum, "connection")} to virtual node ${name} on port ${port} failed: its certificate has none of the names that ${node} accepts (ssl.fail_verify_san${namesText(failure.names)})`,
        hint: `a certificate for the host name of that node's spec.serviceDiscovery, or its name in clientPolicy.tls.validation.subjectAlternativeNames of ${node}${namesHint(failure.names)}`,
      };
    }
    case "not-trusted": {
      const { name, port } = placeOf(failure.cluster, mesh);
      return {
        text: `${count(sum, "connection")} to virtual node ${name} on port ${port} failed: its certificate is over, or of an authority that ${node} does not trust (ssl.fail_verify_error)`,
        hint: `a new certificate, where the row of its pods says that it is over; else that authority in clientPolicy.tls.validation.trust of ${node}`,
      };
    }
    case "client-refused":
      return {
        text: `${count(sum, "connection")} to ${node} failed: the client showed no certificate, or one that spec.listeners[].tls.validation does not accept (ssl.fail_verify)`,
        hint: "clientPolicy.tls.certificate in the VirtualNode of the client, of an authority and with a name that the listener accepts",
      };
    case "expired":
      return {
        text: `the certificate ${quoted(failure.certificate)} of ${node} is over since ${failure.since}`,
        hint: "put a new one into its Secret: the sidecar takes it up within a minute or two, without a restart",
      };
  }
}

/** The mesh by whose name its clusters go; empty: not known. */
function meshOf({ stream, sidecar }: PodStatus): string {
  if (typeof stream === "object" && stream.resolved !== undefined) return stream.resolved.mesh;
  return sidecar.kind === "ours" ? (sidecar.resource.split("/")[1] ?? "") : "";
}

/** The node that a cluster calls, and its port. */
function placeOf(cluster: string, mesh: string): { readonly name: string; readonly port: string } {
  const { name, port } = calledNode(cluster, mesh);
  return { name: quoted(name), port };
}
