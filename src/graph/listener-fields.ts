import type { DeepReadonly } from "../model/deep-readonly.ts";
import { OF_THE_SIDECAR } from "../model/dialable.ts";
import type { Protocol } from "../model/field-types.ts";
import type { HealthCheck } from "../model/listener-health.ts";
import { cannotBeSent } from "../model/never-matches.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import type { Say } from "./report.ts";

/* What a listener says beside its port and protocol, and where that has no effect. */

/** A listener of a node or of a gateway. */
interface WrittenListener {
  readonly portMapping: { readonly port: number; readonly protocol: Protocol };
  readonly connectionPool?: object | undefined;
  readonly timeout?: object | undefined;
}

/** Says which listeners have a port that another one before them has. */
export function sayPortsTwice(listeners: readonly WrittenListener[], say: Say): void {
  const ports = new Set<number>();
  for (const [index, { portMapping }] of listeners.entries()) {
    const { port } = portMapping;
    if (ports.has(port)) {
      const found = `another listener has port ${port} too; the first counts`;
      say("port-mismatch", `spec.listeners[${index}]`, found, "remove one of the two, or give it another port");
    }
    ports.add(port);
  }
}

/** Says of which protocol's pools and time-outs it has some though it speaks another, so that they have no effect. */
export function sayForeignFields(
  { portMapping, connectionPool, timeout }: WrittenListener,
  at: string,
  say: Say,
): void {
  for (const [field, given] of Object.entries({ connectionPool, timeout })) {
    for (const [protocol, value] of Object.entries<unknown>({ ...given })) {
      if (value === undefined || protocol === portMapping.protocol) continue;
      const found = `the listener speaks ${portMapping.protocol}, so what is said for ${protocol} has no effect`;
      say("protocol-mismatch", `${at}.${field}.${protocol}`, found, `write it as ${field}.${portMapping.protocol}`);
    }
  }
}

/** The health check of a listener; one that could not be made, or that nobody could pass, is said and left out. */
export function usableHealthCheck(
  { portMapping, healthCheck }: VirtualNodeListener,
  at: string,
  say: Say,
): DeepReadonly<HealthCheck> | undefined {
  if (healthCheck === undefined) return undefined;
  const flaw = flawOf(healthCheck, portMapping.protocol);
  if (flaw === undefined) return healthCheck;
  say("bad-health-check", `${at}.healthCheck.${flaw.field}`, `${flaw.found}, so nothing is checked`, flaw.help);
  return undefined;
}

interface Flaw {
  readonly field: "path" | "port" | "protocol";
  readonly found: string;
  readonly help: string;
}

function flawOf({ protocol, path = "", port = 0 }: DeepReadonly<HealthCheck>, spoken: string): Flaw | undefined {
  if (OF_THE_SIDECAR.has(port)) {
    const found = `the sidecar itself listens on port ${port}`;
    return { field: "port", found, help: "check a port of the app" };
  }
  if (protocol === "grpc" && spoken !== "grpc" && spoken !== "http2") {
    // Envoy refuses the cluster
    const found = `a check by gRPC needs HTTP/2, and the listener speaks ${spoken}`;
    return { field: "protocol", found, help: "check by http or tcp, or give the listener the protocol grpc" };
  }
  if (protocol === "grpc" || protocol === "tcp" || path === "") return undefined;
  if (cannotBeSent(path)) return { field: "path", found: "no request can have this path", help: "correct the path" };
  if (path.startsWith("/")) return undefined;
  const found = `every path begins with a slash, ${JSON.stringify(path)} does not`;
  return { field: "path", found, help: `write /${path}` };
}
