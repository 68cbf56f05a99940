import { hash } from "node:crypto";
import { tlsOf } from "../../graph/connections.ts";
import type { TlsStep } from "../../graph/tls-steps.ts";
import type { ClientTlsView } from "../../graph/tls-view.ts";
import type { ServiceView } from "../../graph/view.ts";
import { type Called, servicesOf } from "./calling-views.ts";
import type { TlsChange } from "./tls-change.ts";

/** Who calls, and as what. */
interface Caller {
  readonly key: string;
  readonly called: Called;
}

/**
 * A name that a change has in every replica that makes the same of it: the same steps, with the same callers, who call in the same ways before and
 * after. One that has not seen an object yet, or whose change began from something else, has another name for it.
 */
export function changeName(
  { node, port, calledAt }: Pick<TlsChange, "node" | "port" | "calledAt">,
  steps: readonly TlsStep[],
  callers: readonly Caller[],
  wayOf: (key: string, service: ServiceView, called: Called) => ClientTlsView | undefined,
): string {
  const calling = callers.map(({ key, called }) => {
    const ways = servicesOf(called).map((service) => [
      service.name,
      wayOf(key, service, called),
      tlsOf(service, called.target, called.listener),
    ]);
    return [key, ways.toSorted(byFirst)] as const;
  });
  return hash("sha256", JSON.stringify([node, port, calledAt, steps, calling.toSorted(byFirst)])).slice(0, 16);
}

function byFirst([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
