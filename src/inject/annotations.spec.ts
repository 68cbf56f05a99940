import { describe, expect, test } from "vitest";
import { annotated, aPod, appmesh, injected } from "../../test/pods.ts";
import { APPMESH_PREFIX } from "../model/names.ts";
import { ANNOTATIONS, type Annotation, type Leniency } from "./annotation-table.ts";
import { readAnnotations } from "./annotations.ts";

/** A text that is not of the form at all, for each key; in a list it stands at the second place. */
const MALFORMED: Readonly<Record<string, string>> = {
  sidecarInjectorWebhook: "{enabled}",
  mesh: "one/two",
  virtualNode: "one/two",
  ports: "80,x y",
  egressIgnoredPorts: "22,3306-3310",
  egressIgnoredIPs: "10.0.0.1,10.0.0.0/33",
  cpuRequest: "1.2.3",
  memoryRequest: "64 Mi",
  cpuLimit: "-1",
  memoryLimit: "{}",
  preview: "1,2",
  appmeshCNI: "[true]",
  secretMounts: "certs:/a,b",
  volumeMounts: "certs:/a,b:/c:ro",
  sidecarEnv: "A=1,B",
  sidecarEnvJson: '[{"A":"1"},{"B":2}]',
  sds: "{disabled}",
  ipv6: "{disabled}",
  virtualGatewaySkipImageOverride: "{enabled}",
  xrayAgentConfigMount: "a:/b,c:/d",
  "stop-delay": "1 hour",
  "init-containers": "{outside}",
  "app-address": "127.0.0.1",
};
/** Keys with lists: their messages say at which place. */
const LISTS = ["ports", "egressIgnoredPorts", "egressIgnoredIPs", "secretMounts", "volumeMounts", "sidecarEnv"];
/** Keys whose values may be secret: their messages name the variable and the place only. */
const SECRETS = ["sidecarEnv", "sidecarEnvJson"];

const short = (spec: Annotation<unknown>) => spec.key.slice(spec.key.indexOf("/") + 1);

/** What really happens to a pod with this value. */
function leniencyOn(spec: Annotation<unknown>, value: string): { leniency: Leniency; text: string } {
  const { result } = injected(aPod(annotated({ [spec.key]: value })));
  if (result.outcome === "deny") return { leniency: "deny", text: `${result.reason}: ${result.message}` };
  const warning = result.warnings.find((text) => text.startsWith(`${spec.key} `));
  return warning === undefined ? { leniency: "accept", text: "" } : { leniency: "warn", text: warning };
}

describe("the table of annotations holds for", () => {
  test.each(ANNOTATIONS.map((spec) => [spec.key, spec] as const))("%s", (_key, spec) => {
    const malformed = MALFORMED[short(spec)];
    if (malformed === undefined) throw new Error(`no malformed value for ${spec.key}`);
    const cases = [
      ["", spec.empty],
      ["maybe", spec.unknownWord],
      [malformed, spec.malformed],
    ] as const;
    for (const [value, expected] of cases) {
      const { leniency, text } = leniencyOn(spec, value);
      expect(leniency, `${spec.key} = ${JSON.stringify(value)}`).toBe(expected);
      if (leniency === "accept") continue;
      expect(text).toContain(spec.key);
      expect(text).toContain(spec.form);
      if (value === "") expect(text).toContain("is empty");
      else if (SECRETS.includes(short(spec))) expect(text).not.toContain(value);
      else expect(text).toContain(`"${value}"`);
      if (leniency === "warn") expect(text).toContain(spec.otherwise);
      if (leniency === "deny") expect(text).toMatch(/^bad-annotation: .*for example "/);
    }
    if (LISTS.includes(short(spec))) expect(leniencyOn(spec, malformed).text).toContain("entry 2");
  });

  test.each(ANNOTATIONS.map((spec) => [spec.key, spec] as const))("the example of %s", (_key, spec) => {
    const { values, warnings, problems } = readAnnotations(aPod(annotated({ [spec.key]: spec.example })));
    expect({ warnings, problems }).toEqual({ warnings: [], problems: [] });
    expect(values).not.toEqual(readAnnotations(aPod()).values);
  });

  test.each(ANNOTATIONS.map((spec) => [spec.key, spec] as const))("%s, which must be a string", (_key, spec) => {
    for (const [value, sort] of [
      [80, "a number"],
      [true, "a boolean"],
      [null, "null"],
      [["80"], "a list"],
      [{}, "an object"],
    ] as const) {
      const { problems } = readAnnotations(aPod(annotated({ [spec.key]: value })));
      expect(problems).toEqual([expect.stringContaining(`${spec.key} is ${sort}, but annotations are strings`)]);
    }
  });
});

test.each(ANNOTATIONS.map((spec) => [spec.key, spec] as const))(
  "blanks around the value of %s do not matter",
  (_key, spec) => {
    const read = (value: string) => readAnnotations(aPod(annotated({ [spec.key]: value })));
    expect(read(` \t${spec.example} \n`)).toEqual(read(spec.example));
    expect(read(" \n")).toEqual(read(""));
  },
);

describe("words", () => {
  test.each([
    ["preview", "true", "preview", true],
    ["preview", "Enabled", "preview", true],
    ["preview", "FALSE", "preview", false],
    ["preview", "disabled", "preview", false],
    ["preview", "yes", "preview", false],
    ["appmeshCNI", "ENABLED", "cni", true],
    ["appmeshCNI", "disabled", "cni", false],
    ["appmeshCNI", "true", "cni", false],
    ["appmeshCNI", "", "cni", false],
    ["sidecarInjectorWebhook", "Enabled", "injection", "enabled"],
    ["sidecarInjectorWebhook", "yes", "injection", undefined],
    ["sds", "disabled", "sds", false],
    ["sds", "off", "sds", undefined],
    ["ipv6", "Disabled", "ipv6", false],
    ["ipv6", "no", "ipv6", undefined],
    ["virtualGatewaySkipImageOverride", "enabled", "keepGatewayImage", true],
    ["virtualGatewaySkipImageOverride", "constructor", "keepGatewayImage", false],
  ] as const)("%s: %s", (name, text, member, value) => {
    expect(readAnnotations(aPod(appmesh({ [name]: text }))).values[member]).toBe(value);
  });

  test("a slip is told with the word that was probably meant", () => {
    const { warnings } = readAnnotations(aPod(appmesh({ ipv6: "disable" })));
    expect(warnings).toEqual([
      'appmesh.k8s.aws/ipv6 is "disable", expected enabled or disabled (disabled?): the configured mode stays',
    ]);
  });
});

test.each([
  ["sidecarEnv", "TOKEN=hunter2=hunter3", "sidecarEnv: entry 1 (TOKEN) has 2 equals signs"],
  ["sidecarEnv", "A=1,TOKEN=x,hunter2", "sidecarEnv: entry 3 has 0 equals signs"],
  ["sidecarEnvJson", '[{"TOKEN":"hunter2"},{"B":1}]', "sidecarEnvJson: element 2: the value of B is not a string"],
])("what %s holds may be secret: %s is refused without its values", (name, value, problem) => {
  const { problems } = readAnnotations(aPod(appmesh({ [name]: value })));
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems.join()).not.toContain("hunter");
});

describe("keys", () => {
  test("an unknown one is told with the nearest known one", () => {
    const { warnings } = readAnnotations(aPod(appmesh({ egressIgnoredIps: "10.0.0.1", virtualnode: "x" })));
    expect(warnings).toEqual([
      "annotation appmesh.k8s.aws/egressIgnoredIps is not known and has no effect; did you mean appmesh.k8s.aws/egressIgnoredIPs?",
      "annotation appmesh.k8s.aws/virtualnode is not known and has no effect; did you mean appmesh.k8s.aws/virtualNode?",
    ]);
  });

  test("one that resembles nothing is told without advice", () => {
    const { warnings } = readAnnotations(aPod(annotated({ "outrigger.dev/colour": "blue" })));
    expect(warnings).toEqual(["annotation outrigger.dev/colour is not known and has no effect"]);
  });

  test("other prefixes are nobody's business", () => {
    const keys = { "example.com/ports": "x", ports: "x", "xappmesh.k8s.aws/ports": "x", "appmesh.k8s.awsports": "x" };
    expect(readAnnotations(aPod(annotated(keys))).warnings).toEqual([]);
  });

  test("thousands of unknown ones are counted, not listed", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`unknown${index}`, ""]));
    const { warnings } = readAnnotations(aPod(appmesh(many)));
    expect(warnings).toHaveLength(9);
    expect(warnings.at(-1)).toBe("4992 more annotations are not known and have no effect");
  });

  test("those for the CNI plugin may be there", () => {
    const written = { ignoredUID: "1337", proxyEgressPort: "15001", proxyIngressPort: "15000" };
    const { warnings, reserved } = readAnnotations(aPod(appmesh(written)));
    expect({ warnings, reserved }).toEqual({ warnings: [], reserved: [] });
  });

  test("those that only the injector writes are reserved", () => {
    const pod = aPod(annotated({ "outrigger.dev/trust": "", "outrigger.dev/token-sds": "{}", "outrigger.dev/x": "" }));
    expect(readAnnotations(pod).reserved).toEqual(["outrigger.dev/trust", "outrigger.dev/token-sds"]);
  });
});

describe("environment", () => {
  test("the JSON form wins over the plain one, and all is sorted by name", () => {
    const pod = aPod(appmesh({ sidecarEnv: "B=plain,C=3", sidecarEnvJson: '[{"B":"json"},{"A":"1"}]' }));
    expect(readAnnotations(pod).values.env).toEqual([
      { name: "A", value: "1" },
      { name: "B", value: "json" },
      { name: "C", value: "3" },
    ]);
  });

  test("a broken half does not hide behind a good one", () => {
    const pod = aPod(appmesh({ sidecarEnv: "B", sidecarEnvJson: "{" }));
    expect(readAnnotations(pod).problems).toHaveLength(2);
  });
});

test("a pod without annotations has no values, warnings or problems", () => {
  for (const pod of [aPod(), {}, { metadata: null }, { metadata: { annotations: null } }]) {
    const { values, ...rest } = readAnnotations(pod);
    expect(rest).toEqual({ warnings: [], problems: [], reserved: [] });
    expect(Object.values(values).filter((value) => value !== undefined && value !== false)).toEqual([[], [], []]);
  }
});

test("all problems of a pod are told at once", () => {
  const { result } = injected(aPod(appmesh({ ports: "x", cpuLimit: "y", secretMounts: "z" })));
  expect(result.reason).toBe("bad-annotation");
  expect(result.message.split("; the form is")).toHaveLength(4);
});

test("an inherited name is not an annotation", () => {
  const annotations = Object.create({ [`${APPMESH_PREFIX}mesh`]: "inherited" });
  expect(readAnnotations({ metadata: { annotations } }).values.mesh).toBeUndefined();
});
