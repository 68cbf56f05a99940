import { expect, test } from "vitest";
import { culpritsIn } from "./culprit.ts";

/* The texts are Envoy 1.40's own. */

const DUPLICATE =
  "error adding listener: 'in3' has duplicate address '127.0.0.1:46879' as existing listener, to check if the listener has duplicated addresses with other listeners or 'enable_reuse_port' is set to 'false' for the listener";

test("clusters are named in a list", () => {
  const reason = (name: string) =>
    `${name}: cluster manager: cluster provided LB specified but cluster '${name}' did not provide one. Check cluster documentation.`;
  const text = `Error adding/updating cluster(s) ${reason("c2")}, ${reason("c4")}`;
  expect(culpritsIn(text, ["c1", "c2", "c3", "c4", "cluster"])).toEqual(["c2", "c4"]);
});

test("listeners are named one a line, and other names in the reasons are not meant", () => {
  const text = `Error adding/updating listener(s) in2: error adding listener '127.0.0.1:46879': no filter chains specified\nin3: ${DUPLICATE}\n`;
  expect(culpritsIn(text, ["in", "in2", "in3", "listener", "error"])).toEqual(["in2", "in3"]);
});

test.each([
  [
    'goo.gle/debugstr    \ncluster_name: "c2"\nendpoints {\n  priority: 500\n}\n: Proto constraint validation failed (ClusterLoadAssignmentValidationError.Endpoints[0]: …)',
    "c2",
  ],
  [
    'goo.gle/debugstr  \nname: "all2"\nvirtual_hosts {\n  name: "c1"\n}\n: Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0]: …)',
    "all2",
  ],
  ["Only a single wildcard domain is permitted in route all", "all"],
])("a message that breaks a rule is named where it is quoted: %j", (text, name) => {
  expect(culpritsIn(text, ["c1", "c2", "all", "all2", "route"])).toEqual([name]);
});

test.each(["missing ): (", "Failed to load trusted CA certificates from <inline>", ""])(
  "nobody is named in %j",
  (text) => {
    expect(culpritsIn(text, ["missing", "inline", "CA", "certificates"])).toEqual([]);
  },
);

test("a stranger's name is no culprit", () => {
  expect(culpritsIn("Error adding/updating cluster(s) c9: no", ["c1"])).toEqual([]);
});
