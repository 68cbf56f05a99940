import { expect, test } from "vitest";
import { chosenMeshMode } from "../../src/install/run/mesh-mode.ts";
import { runFunctions } from "./install-script-functions.ts";

/* What scripts/install.sh makes of the settings of a control plane that is there: the same as the command line. */

/** Answers the two questions of `read_mesh_mode` out of `STORED` and `THERE`. */
const CLUSTER = `kubectl() { if [[ $* == *jsonpath* ]]; then printf '%s' "$STORED"; else printf '%s' "$THERE"; fi; }`;

/** The mode that the script decides on; `there`: names of what is in the cluster, `stored`: its `config.yaml`. */
function scriptMode(there: string, stored: string): string {
  const lines = `${CLUSTER}\ncomponents=all mesh_mode=''\nread_mesh_mode\nprintf '%s' "$mesh_mode"`;
  const { code, stdout, stderr } = runFunctions(lines, { THERE: there, STORED: stored });
  if (code !== 0) throw new Error(`the script ended with ${code}: ${stderr}`);
  return stdout;
}

test.each([
  ["serve", "controlPlane:\n  mesh: serve\n"],
  ["observe", "controlPlane:\n  mesh: observe\n"],
  ["serve", "controlPlane:\r\n  mesh: serve\r\nmeshName: m\r\n"],
  ["serve", 'controlPlane:\n  mesh:   "serve"\n'],
  ["serve", "controlPlane:\n  'mesh': 'serve' # at last\n"],
  ["serve", "controlPlane: {mesh: serve}"],
  ["serve", "controlPlane: {logLevel: debug, mesh: serve, replicas: 2}"],
  ["serve", '{"controlPlane":{"mesh":"serve"}}'],
  ["serve", '{"meshName":"a #1","controlPlane":{"mesh":"serve"}}'],
  ["serve", '{\n  "controlPlane": {\n    "mesh" : "serve"\n  }\n}\n'],
  ["observe", '{"controlPlane":{"mesh":"observe"}}'],
  ["observe", "controlPlane:\n  # mesh: serve\n  mesh: observe\n"],
  ["serve", "controlPlane:\n  # mesh: observe\n  mesh: serve\n"],
  ["observe", "# mesh: serve\nmeshName: m\n"],
  ["observe", "#mesh: serve\nmeshName: m\n"],
  ["observe", "controlPlane: # mesh: serve\n  logLevel: info\n"],
  ["observe", "controlPlane:\n  mesh: served\n"],
  ["observe", "controlPlane:\n  mesh: serve-all\n"],
  ["observe", "controlPlane:\n  mesh: on\n"],
  ["observe", "meshName: serve\notherMesh: serve\n"],
  ["observe", "controlPlane: []\n"],
  ["observe", "controlPlane: mesh\n"],
  ["observe", "{{"],
  ["observe", ""],
] as const)("%s comes of %j", (mode, stored) => {
  expect(chosenMeshMode(undefined, { isThere: true, configuration: stored }, false).mode).toBe(mode);
  expect(scriptMode("configmap/outrigger\n", stored)).toBe(mode);
});

test("a control plane without settings, or settings without a control plane, are a past; nothing is none", () => {
  expect(scriptMode("deployment.apps/outrigger-control-plane\n", "")).toBe("observe");
  expect(scriptMode("configmap/outrigger\n", "")).toBe("observe");
  expect(scriptMode("", "")).toBe("serve");
});
