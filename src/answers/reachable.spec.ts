import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  httpRoute,
  listenerView,
  nodeView,
  routedService,
  serviceView,
  targetView,
  to,
} from "../../test/mesh-views.ts";
import type { NodeView } from "../graph/view.ts";
import { PLAIN_TRAITS } from "../model/proxy-traits.ts";
import { egressListener } from "../xds/translate/egress.ts";
import { reachedServices } from "./reachable.ts";

/* What is said to stay is what the proxy lets through: held against the listener that it gets. */

/** What the proxy takes of its own accord, whatever is called: what came to its own port, and TLS to AWS. */
const ALWAYS = ["443", "15001"];

/** The ports of which a listener takes anything. */
function takenPorts(view: NodeView): readonly string[] {
  const { filterChainMatcher } = egressListener({ ...view, egress: "DROP_ALL" }, PLAIN_TRAITS);
  const tree = filterChainMatcher?.matcherType;
  if (tree?.case !== "matcherTree" || tree.value.treeType.case !== "exactMatchMap") throw new Error("a tree of ports");
  expect(filterChainMatcher?.onNoMatch).toBeUndefined();
  return Object.keys(tree.value.treeType.value.map);
}

const said = (view: NodeView): readonly string[] => [
  ...new Set([...ALWAYS, ...reachedServices(view).flatMap(({ ports }) => ports.map(String))]),
];

function expectEqual(view: NodeView): void {
  expect(takenPorts(view).toSorted()).toEqual(said(view).toSorted());
}

describe("the ports that are said to stay are those that the proxy takes, where everything else is dropped:", () => {
  const target = targetView("colour", { listeners: [{ port: 80 }, { port: 9090, protocol: "tcp" }] });

  test("none but its own without a backend", () => expectEqual(nodeView({ services: [], targets: [] })));

  test("of a node that is called", () => {
    const services = [serviceView("colour", { kind: "node", target: target.name, ports: [80, 9090] })];
    expectEqual(nodeView({ services, targets: [target] }));
  });

  test("of routers, over HTTP and TCP", () => {
    const port = fc.integer({ min: 1, max: 60_000 });
    const listeners = fc.uniqueArray(fc.record({ port, protocol: fc.constantFrom("http" as const, "tcp" as const) }), {
      selector: ({ port: number }) => number,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(listeners, { maxLength: 4 }), (routers) => {
        const services = routers.map((all, index) =>
          routedService(
            `s${index}`,
            ...all.map((one) => ({ ...one, routes: one.protocol === "http" ? [httpRoute("r", [to("colour")])] : [] })),
          ),
        );
        expectEqual(nodeView({ services, targets: [target], listeners: [listenerView({ port: 80 })] }));
      }),
      { numRuns: 100 },
    );
  });

  test("none of a service without a provider, which nobody answers", () => {
    const services = [serviceView("nobody", { kind: "none" })];
    expect(reachedServices(nodeView({ services, targets: [] }))).toEqual([
      { name: "nobody.shop.svc.cluster.local", ports: [] },
    ]);
    expectEqual(nodeView({ services, targets: [] }));
  });
});
