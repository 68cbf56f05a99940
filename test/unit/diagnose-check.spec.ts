import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { configuration } from "../../src/config/schema.ts";
import { CHECKS } from "../../src/diagnose/checks/all-checks.ts";
import { runChecks } from "../../src/diagnose/checks/check.ts";
import type { ClusterFacts } from "../../src/diagnose/facts/cluster-facts.ts";
import { ownDefinitions } from "../../src/diagnose/facts/definition-state.ts";
import type { PodCapture } from "../../src/diagnose/facts/pod-capture.ts";
import {
  isBareMember,
  namespacesWithoutLabel,
  selectingNodes,
} from "../../src/diagnose/facts/unlabelled-namespaces.ts";
import { checkReport, checkText } from "../../src/diagnose/report/check.ts";
import { appMeshWebhooks } from "../../src/install/preflight/app-mesh-webhooks.ts";
import { type JsonObject, objectOf, objectsOf } from "../../src/model/json.ts";
import { refOf } from "../../src/model/mesh-object.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { NOBODY_BEHIND, type ReplicaReport } from "../../src/model/replica-report.ts";
import { aMeshObject, aVirtualNode, backends, meshObject } from "../mesh-objects.ts";
import {
  type Certificates,
  certificates,
  component,
  enabled,
  HEALTHY_MESH,
  healthyFacts,
  NOW,
  namespace,
  podState,
  read,
  storedObjectRegistrations,
  storedRegistration,
} from "./diagnose-facts.ts";

let valid: Certificates;
let other: Certificates;
let healthy: ClusterFacts;

beforeAll(async () => {
  [valid, other] = await Promise.all([certificates(), certificates()]);
  healthy = healthyFacts(valid);
});

const plain = (_: string, text: string): string => text;

function report(facts: ClusterFacts) {
  return checkReport(runChecks(CHECKS, facts), facts.release, facts.now);
}

function result(id: string, facts: Partial<ClusterFacts>) {
  const found = report({ ...healthy, ...facts }).checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`there is no check ${id}`);
  return {
    status: found.status,
    found: found.found,
    saw: found.problems.map(({ saw }) => saw).join("\n"),
    problems: found.problems,
  };
}

const AWS = {
  metadata: { name: "appmesh-controller-mutating-webhook-configuration" },
  webhooks: [
    {
      name: "mpod.appmesh.k8s.aws",
      clientConfig: { service: { namespace: "appmesh-system", name: "appmesh-controller-webhook-service" } },
      rules: [{ apiGroups: [""], operations: ["CREATE"], resources: ["pods"] }],
      namespaceSelector: { matchLabels: { [INJECT_KEY]: "enabled" } },
      failurePolicy: "Fail",
    },
  ],
} as const satisfies JsonObject;

describe("App Mesh kinds", () => {
  const absent = { kind: "absent" } as const;

  test("that are missing beside a control plane are a warning with the way there", () => {
    const crds = read([{ name: "meshes.appmesh.k8s.aws", state: "ours" as const }]);
    const found = result("custom-resources", { crds });
    expect(found.status).toBe("warning");
    expect(found.saw).toContain("not installed: virtualnodes, ");
    expect(found.problems[0]?.hint).toContain("outrigger install --crds-only");
  });

  test("of another release, or of App Mesh's own controller, are a warning", () => {
    const crds = read(
      ownDefinitions().map((name, index) => ({
        name,
        state: index < 6 ? ("foreign" as const) : ("other-release" as const),
      })),
    );
    expect(result("custom-resources", { crds }).saw).toContain("meshes (App Mesh's own), ");
    expect(result("custom-resources", { crds }).saw).toMatch(/, backendgroups$/);
  });

  test("may be as they are before an installation", () => {
    const controlPlane = { ...healthy.controlPlane, deployment: absent };
    expect(result("custom-resources", { crds: read([]), controlPlane }).status).toBe("ok");
  });

  test("are not enough where no mesh is named: there must be a Mesh", () => {
    const unnamed = { configuration: read(configuration({})) };
    expect(result("configuration", { ...unnamed, meshes: 0 }).status).toBe("warning");
    expect(result("configuration", { ...unnamed, meshes: 1 }).status).toBe("ok");
  });
});

describe("the report as text", () => {
  test("of a cluster where all is well", async () => {
    await expect(checkText(report(healthy), plain)).toMatchFileSnapshot("golden/check-healthy.txt");
  });

  test("of a cluster where much is wrong", async () => {
    const bare = { ...podState("old-1"), sidecar: { kind: "none" } as const };
    const facts: ClusterFacts = {
      ...healthy,
      registrations: read([storedRegistration(other.pem), AWS]),
      namespaces: read([
        enabled("shop"),
        namespace("dev", { [INJECT_KEY]: "true" }),
        enabled("two", { "istio-injection": "enabled" }),
      ]),
      pods: read([{ state: bare, verdict: "slipped-through" as const }]),
      testAdmissions: [{ namespace: "shop", result: { kind: "bare" }, clockAhead: 400_000 }],
      controlPlane: { ...healthy.controlPlane, deployment: { kind: "absent" } },
      trust: { kind: "absent" },
      oldDeployments: read([
        {
          namespace: "appmesh-system",
          name: "appmesh-controller",
          image: "public.ecr.aws/appmesh/appmesh-controller:v1.13.3",
          replicas: 1,
          ready: 1,
          isTakenOver: false,
        },
      ]),
    };
    await expect(checkText(report(facts), plain)).toMatchFileSnapshot("golden/check-wrong.txt");
  });

  test("paints statuses and keeps the words", () => {
    const painted = checkText(report(healthy), (color, text) => `<${color}>${text}</>`);
    expect(painted).toContain("<green>ok     </>");
  });

  test("lets nothing from the cluster steer the terminal", () => {
    const message = "no\n\u001b[2Jmesh";
    const testAdmissions = [
      { namespace: "shop", result: { kind: "refused", by: "injector", message } as const, clockAhead: undefined },
    ];
    const text = checkText(report({ ...healthy, testAdmissions }), plain);
    expect(text).toContain("is refused: no [2Jmesh\n");
    expect(text).not.toContain("\u001b");
  });

  test("cuts a long list of problems and says where the rest is", () => {
    const many = Array.from({ length: 40 }, (_, index) => namespace(`n${index}`, { [INJECT_KEY]: "on" }));
    expect(checkText(report({ ...healthy, namespaces: read(many) }), plain)).toContain(
      "and 28 more: --output json shows all",
    );
  });
});

describe("the summary", () => {
  test("counts and decides", () => {
    expect(report(healthy).summary).toEqual({ ok: CHECKS.length, warnings: 0, failed: 0, notApplicable: 0 });
    expect(report({ ...healthy, version: read("v1.29.4") }).summary.failed).toBe(1);
  });

  test("every check has its section in the documentation", () => {
    const page = readFileSync(new URL("../../docs/diagnose.md", import.meta.url), "utf8");
    const sections = [...page.matchAll(/^### ([a-z-]+)$/gm)].map(([, id]) => id);
    expect(sections).toEqual(CHECKS.map(({ id }) => id));
  });
});

describe("api-server", () => {
  test.each(["v1.30.0", "v1.36.3", "v1.31.2-eks-1234567", "v2.0.0"])("accepts %s", (version) => {
    expect(result("api-server", { version: read(version) }).status).toBe("ok");
  });
  test.each(["v1.29.9", "v1.9.0", "unknown"])("refuses %s", (version) => {
    expect(result("api-server", { version: read(version) }).status).toBe("failed");
  });
});

describe("registration", () => {
  test("is as it should be whatever failure policy, timeout and further exclusions it chose", () => {
    const object = storedRegistration(valid.pem);
    const webhooks = objectsOf(object.webhooks).map((entry) => ({
      ...entry,
      failurePolicy: "Fail",
      timeoutSeconds: 3,
    }));
    expect(result("registration", { registrations: read([{ ...object, webhooks }]) }).saw).toBe("");
  });

  test.each([
    [{ matchConditions: [] }, "matchConditions is [], expected"],
    [{ sideEffects: "Some" }, 'sideEffects is "Some", expected "None"'],
    [{ rules: [] }, "rules is []"],
    [{ objectSelector: { matchLabels: { a: "b" } } }, "objectSelector is"],
    [{ namespaceSelector: {} }, "namespaceSelector is {}"],
    [{ timeoutSeconds: 30 }, "timeoutSeconds is 30, expected at most 10"],
    [{ clientConfig: { service: { namespace: "x", name: "y", port: 1 } } }, "clientConfig is"],
    [{ name: "somebody.else" }, "the entry pods.inject.outrigger.dev is missing"],
  ])("says that %j is not what it should be", (change, sentence) => {
    const object = storedRegistration(valid.pem);
    const [first = {}, ...rest] = objectsOf(object.webhooks);
    const { status, saw } = result("registration", {
      registrations: read([{ ...object, webhooks: [{ ...first, ...change }, ...rest] }]),
    });
    expect(status).toBe("failed");
    expect(saw).toContain(sentence);
  });

  test("is missing, or another program's", () => {
    expect(result("registration", { registrations: read([]) }).saw).toContain("nothing asks the injector");
    const foreign = {
      metadata: { name: "aws-app-mesh-inject" },
      webhooks: [{ name: "aws-app-mesh-inject.aws.amazon.com" }],
    };
    const { saw, problems } = result("registration", { registrations: read([foreign]) });
    expect(saw).toContain("belongs to another program (aws-app-mesh-inject.aws.amazon.com)");
    expect(problems[0]?.hint).toContain("--take-over");
  });

  test("may not be readable", () => {
    const refused = { kind: "refused", what: "list mutatingwebhookconfigurations" } as const;
    expect(result("registration", { registrations: refused })).toMatchObject({ status: "not-applicable" });
    expect(result("registration", { registrations: { kind: "failed", why: "timeout" } })).toMatchObject({
      status: "warning",
      saw: "timeout",
    });
  });
});

describe("certificates", () => {
  test("that do not fit the registration are found", () => {
    const { saw } = result("webhook-certificate", { registrations: read([storedRegistration(other.pem)]) });
    expect(saw).toContain("lacks 1 of the roots of the authority's Secret");
    expect(saw).toContain(
      "pod aws-app-mesh-inject-1 shows a certificate that no root of the registration's caBundle signed",
    );
  });

  test("that end soon, or have ended, are found", async () => {
    const [soon, ended] = await Promise.all([certificates(-100, 30), certificates(-100, -1)]);
    expect(result("webhook-certificate", { ...only(soon) })).toMatchObject({
      status: "warning",
      saw: "the registration's caBundle ends in 30 days",
    });
    expect(result("webhook-certificate", { ...only(ended) })).toMatchObject({
      status: "failed",
      saw: "the registration's caBundle: 1 root, ended 24 h ago",
    });
    expect(result("mesh-trust", { trust: read(ended.pem) }).saw).toContain("ended 24 h ago");
  });

  test("of two roots the younger one counts", async () => {
    const ended = await certificates(-100, -1);
    expect(
      result("webhook-certificate", { registrations: read([storedRegistration(ended.pem + valid.pem)]) }).status,
    ).toBe("ok");
  });

  test.each([
    ["", "the registration has no caBundle"],
    ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate that can be read"],
  ])("%j is no authority", (pem, sentence) => {
    expect(result("webhook-certificate", { registrations: read([storedRegistration(pem)]) }).saw).toContain(sentence);
  });

  test("of the control plane that nobody trusts are found, and a missing trust", () => {
    expect(result("mesh-trust", { trust: read(other.pem) }).saw).toContain("sidecars cannot connect");
    expect(result("mesh-trust", { trust: { kind: "absent" } }).saw).toContain("trust-missing");
  });

  function only({ pem }: Certificates): Partial<ClusterFacts> {
    return {
      registrations: read([storedRegistration(pem)]),
      injector: component("outrigger/outrigger:0.1.0", pem, "p"),
      injectorPods: [],
    };
  }
});

describe("deployments and versions", () => {
  test("that are not ready are found, with what their pods wait for", () => {
    const injector = {
      ...healthy.injector,
      deployment: read({ isOurs: true, desired: 2, ready: 0, image: "outrigger/outrigger:0.1.0", environment: {} }),
      pods: read([
        { name: "p", ready: false, leaving: false, waiting: "ImagePullBackOff" },
        { name: "former", ready: false, leaving: true, waiting: "CrashLoopBackOff" },
      ]),
    };
    expect(result("injector", { injector })).toMatchObject({
      status: "failed",
      saw: "0 of 2 replicas of Deployment aws-app-mesh-inject in namespace appmesh-inject are ready: pod p waits (ImagePullBackOff)",
    });
  });

  test.each([
    [
      { kind: "absent" } as const,
      "there is no Service outrigger in namespace appmesh-system: no new sidecar gets ready",
    ],
    [read(false), "Service outrigger in namespace appmesh-system does not select its pods: no new sidecar gets ready"],
  ])("that nobody reaches are found: %j", (service, saw) => {
    const controlPlane = { ...healthy.controlPlane, service };
    expect(result("control-plane", { controlPlane })).toMatchObject({ status: "failed", saw });
    const injector = { ...healthy.injector, service };
    expect(result("injector", { injector }).saw).toContain("the API server cannot ask it about pods");
  });

  test("of which nodes wait for certificates say how many, by the replica that says most", () => {
    const replica = (name: string, late: number) => ({
      name,
      certificate: { kind: "absent" } as const,
      metrics: read(`outrigger_xds_streams 7\noutrigger_node_certificates_late ${late}\n`),
    });
    const unread = {
      name: "c",
      certificate: { kind: "absent" },
      metrics: { kind: "failed", why: "no answer" },
    } as const;
    expect(result("control-plane", { controlPlanePods: [replica("a", 0), unread] }).status).toBe("ok");
    expect(result("control-plane", { controlPlanePods: [replica("a", 1), replica("b", 3), unread] })).toMatchObject({
      status: "warning",
      saw: "3 nodes and gateways wait for a certificate, or for roots, of the authority in Secret outrigger-workload-authority, so that TLS with them fails",
      problems: [
        { hint: expect.stringContaining("kubectl logs -n appmesh-system deployment/outrigger-control-plane") },
      ],
    });
  });

  test("whose Service may not be read are not said to be without one", () => {
    const service = { kind: "refused", what: "get services" } as const;
    expect(result("control-plane", { controlPlane: { ...healthy.controlPlane, service } }).status).toBe("ok");
  });

  test("of another program under our name are not taken for ours", () => {
    const deployment = read({
      isOurs: false,
      desired: 1,
      ready: 1,
      image: "amazon/aws-app-mesh-inject:v0.1.4",
      environment: {},
    });
    expect(result("injector", { injector: { ...healthy.injector, deployment } }).saw).toContain(
      "was not made by Outrigger",
    );
  });

  test("of different versions are a warning, those of an unknown one are not", () => {
    const versioned = (image: string) => ({ injector: component(image, valid.pem, "p") });
    expect(result("versions", versioned("outrigger/outrigger:0.2.0")).saw).toBe(
      "the injector is 0.2.0, this command line 0.1.0",
    );
    expect(result("versions", versioned(`outrigger/outrigger@sha256:${"a".repeat(64)}`)).status).toBe("ok");
  });

  test("no control plane is fine where none is wanted", async () => {
    const { configuration } = await import("../../src/config/schema.ts");
    const none = read(configuration({ meshName: "m", proxy: { controlPlane: "none" } }));
    const controlPlane = { ...healthy.controlPlane, deployment: { kind: "absent" } as const };
    expect(result("control-plane", { configuration: none, controlPlane }).status).toBe("not-applicable");
    expect(result("control-plane", { controlPlane }).status).toBe("failed");
  });
});

describe("namespaces", () => {
  test.each([
    [{ [INJECT_KEY]: "Enabled" }, `${INJECT_KEY}=enabled --overwrite`],
    [{ [INJECT_KEY]: "enable" }, `${INJECT_KEY}=enabled --overwrite`],
    [{ [INJECT_KEY]: "true" }, `${INJECT_KEY}=enabled --overwrite`],
    [{ [INJECT_KEY]: "false" }, `${INJECT_KEY}=disabled --overwrite`],
    [{ "appmesh.k8s.aws/sidecarInjectorwebhook": "enabled" }, `${INJECT_KEY}=enabled`],
    [{ "appmesh.k8s.aws/sidecar-injector-webhook": "enabled" }, `${INJECT_KEY}=enabled`],
  ])("with %j are a slip with a command that helps", (labels, command) => {
    const { status, problems } = result("namespaces", {
      namespaces: read([namespace("dev", labels as Record<string, string>)]),
    });
    expect(status).toBe("warning");
    expect(problems[0]?.hint).toContain(command);
  });

  test("of the cluster's own are never injected", () => {
    expect(result("namespaces", { namespaces: read([enabled("kube-system")]) }).saw).toContain("is never injected");
  });

  test("without any label, or with other labels, are no problem", () => {
    const labels = { "appmesh.k8s.aws/gateway": "a", team: "sidecar" };
    expect(result("namespaces", { namespaces: read([namespace("dev", labels)]) }).status).toBe("ok");
  });

  test.each(["baseline", "restricted"])("that enforce Pod Security %s refuse the redirection", (level) => {
    const strict = enabled("shop", { "pod-security.kubernetes.io/enforce": level });
    const { status, saw } = result("pod-security", { namespaces: read([strict]) });
    expect({ status, saw }).toEqual({
      status: "warning",
      saw: expect.stringContaining("refuses NET_ADMIN of proxyinit"),
    });
  });

  test("that enforce nothing, or privileged, do not", () => {
    const open = enabled("shop", { "pod-security.kubernetes.io/enforce": "privileged" });
    expect(result("pod-security", { namespaces: read([open, enabled("dev")]) }).status).toBe("ok");
  });

  test("of two meshes are named with the other mesh", () => {
    const two = namespace("two", { [INJECT_KEY]: "enabled" }, { "linkerd.io/inject": "enabled" });
    expect(result("other-meshes", { namespaces: read([two]) }).saw).toContain("(Linkerd)");
  });
});

describe("round trips", () => {
  const one = (outcome: ClusterFacts["testAdmissions"][number]["result"]) => ({
    testAdmissions: [{ namespace: "shop", result: outcome, clockAhead: undefined }],
  });
  test("without a sidecar fail, refused ones warn", () => {
    expect(result("round-trip", one({ kind: "bare" })).status).toBe("failed");
    expect(result("round-trip", one({ kind: "refused", by: "injector", message: "no mesh" }))).toMatchObject({
      status: "warning",
    });
    expect(result("round-trip", one({ kind: "unknown", why: "timeout" })).saw).toContain("could not be tried: timeout");
  });
  test("are not made where nothing is registered or labelled", () => {
    expect(result("round-trip", { testAdmissions: [], registrations: read([]) }).found).toContain(
      "no webhook is registered",
    );
    expect(result("round-trip", { testAdmissions: [] }).found).toContain("no namespace is labelled");
  });
  test("tell the clocks' difference", () => {
    const skewed = (clockAhead: number) =>
      result("clock", { testAdmissions: [{ namespace: "a", result: { kind: "bare" }, clockAhead }] });
    expect(skewed(0).status).toBe("ok");
    expect(skewed(60_000).status).toBe("ok");
    expect(skewed(-600_000).saw).toContain("10 min behind");
    expect(skewed(600_000).saw).toContain("10 min ahead");
  });
});

describe("what could not be read", () => {
  const refused = { kind: "refused", what: "list what is asked" } as const;
  const told = {
    status: "not-applicable",
    found: expect.stringContaining("you are not allowed to list what is asked"),
  };

  test("is not said to be absent", () => {
    expect(result("round-trip", { testAdmissions: [], registrations: refused })).toMatchObject(told);
    expect(result("round-trip", { testAdmissions: [], namespaces: refused })).toMatchObject(told);
    const noControlPlane = { controlPlane: { ...healthy.controlPlane, deployment: { kind: "absent" } as const } };
    expect(result("control-plane", { ...noControlPlane, configuration: refused })).toMatchObject(told);
    expect(result("control-plane", noControlPlane).status).toBe("failed");
    expect(result("mesh-trust", { trust: { kind: "absent" }, configuration: refused })).toMatchObject(told);
    expect(result("mesh-trust", { trust: { kind: "absent" } }).status).toBe("failed");
  });

  test("no Mesh is missed where Meshes could not be read", () => {
    const unnamed = { configuration: read(configuration({})), meshes: undefined };
    expect(result("configuration", unnamed)).toMatchObject({
      status: "ok",
      found: expect.stringContaining("which Meshes there are could not be read"),
    });
  });

  test("objects that could not be looked at are not out of the way", () => {
    const report = runChecks(
      CHECKS.filter(({ id }) => id === "foreign-objects"),
      { ...healthy, foreignUnread: 3 },
    );
    expect(report[0]).toMatchObject({
      status: "not-applicable",
      found: "none was seen; 3 objects of an installation could not be read",
    });
    const one = { reason: "it is somebody's", remedy: "ask", kind: "x" } as never;
    const found = runChecks(
      CHECKS.filter(({ id }) => id === "foreign-objects"),
      { ...healthy, foreign: [one], foreignUnread: 3 },
    );
    expect(found[0]).toMatchObject({
      status: "failed",
      found: "1 object; 3 objects of an installation could not be read",
    });
  });

  test("a Service whose pods could not be read does not point at nothing", () => {
    const service = "appmesh-system/appmesh-controller-webhook-service";
    const otherServices = new Map([[service, "unread"]] as const);
    const registrations = read([storedRegistration(valid.pem), AWS]);
    const { saw } = result("other-injectors", { registrations, otherServices });
    expect(saw).toContain("whether that answers could not be read");
    expect(saw).not.toContain("no pod can be created");
    const rules = [{ apiGroups: ["appmesh.k8s.aws"], resources: ["meshes"], operations: ["CREATE"] }];
    const objects = {
      metadata: { name: "aws" },
      webhooks: [{ ...AWS.webhooks[0], name: "vmesh.appmesh.k8s.aws", rules }],
    };
    const found = read(appMeshWebhooks("ValidatingWebhookConfiguration", [objects]));
    const about = result("app-mesh-webhooks", { appMeshWebhooks: found, otherServices });
    expect(about.status).toBe("warning");
    expect(about.saw).toContain("whether something answers there could not be read; if not, no such object");
  });

  test("whether two sidecars come is not guessed without the configuration", () => {
    const two = namespace("two", { [INJECT_KEY]: "enabled", "istio-injection": "enabled" });
    const { saw } = result("other-meshes", { namespaces: read([two]), configuration: refused });
    expect(saw).toContain("depends on otherMesh, which could not be read");
  });
});

describe("what others left", () => {
  test("registrations that point at nothing, or answer", () => {
    const registrations = read([storedRegistration(valid.pem), AWS]);
    const service = "appmesh-system/appmesh-controller-webhook-service";
    const dead = result("other-injectors", { registrations });
    expect(dead.status).toBe("failed");
    expect(dead.saw).toContain("there is no Service appmesh-controller-webhook-service in namespace appmesh-system");
    expect(dead.saw).toContain("so no pod can be created there");
    expect(result("other-injectors", { registrations, otherServices: new Map([[service, 0]]) }).saw).toContain(
      "has no ready pod",
    );
    expect(result("other-injectors", { registrations, otherServices: new Map([[service, 2]]) }).saw).toContain(
      "which answers",
    );
  });

  test("entries for App Mesh's own objects that point at nothing, with the command that removes them", () => {
    const service = { namespace: "appmesh-system", name: "appmesh-controller-webhook-service" };
    const entry = (failurePolicy: string) => ({
      name: "vmesh.appmesh.k8s.aws",
      rules: [{ apiGroups: ["appmesh.k8s.aws"], resources: ["meshes"], operations: ["CREATE"] }],
      clientConfig: { service },
      failurePolicy,
    });
    const found = (failurePolicy: string) =>
      read(
        appMeshWebhooks("ValidatingWebhookConfiguration", [
          { metadata: { name: "aws" }, webhooks: [entry(failurePolicy)] },
          { metadata: { name: "theirs" }, webhooks: [{ ...entry("Fail"), rules: [{ apiGroups: [""] }] }] },
        ]),
      );
    const dead = result("app-mesh-webhooks", { appMeshWebhooks: found("Fail") });
    expect(dead.status).toBe("failed");
    expect(dead.saw).toContain("ValidatingWebhookConfiguration aws asks Service appmesh-controller-webhook-service");
    expect(dead.saw).toContain("no such object can be created or changed");
    expect(result("app-mesh-webhooks", { appMeshWebhooks: found("Ignore") }).status).toBe("warning");
    const otherServices = new Map([["appmesh-system/appmesh-controller-webhook-service", 1]]);
    expect(result("app-mesh-webhooks", { appMeshWebhooks: found("Fail"), otherServices }).status).toBe("ok");
  });

  test("sidecars that know no root of the mesh, which a new authority leaves behind", () => {
    const judged = ["web-1", "web-2"].map((name) => ({
      state: podState(name, { isStranger: true }),
      verdict: "drifted" as const,
    }));
    const { status, saw, problems } = result("sidecars", { pods: read(judged) });
    expect(status).toBe("warning");
    expect(saw).toBe(
      "2 sidecars of Deployment web in namespace shop know none of the mesh's roots, and so cannot connect to the control plane",
    );
    expect(problems[0]?.hint).toMatch(
      /^kubectl rollout restart deployment\/web -n shop; or, .*outrigger trust rotate --mesh$/,
    );
  });

  test("sidecars that do not get ready, by workload and reason", () => {
    const judged = (name: string, unready: string) => ({
      state: podState(name, { unready }),
      verdict: "injected" as const,
    });
    const pods = read([judged("web-1", "a"), judged("web-2", "a"), judged("web-3", "b"), judged("web-4", "")]);
    expect(result("sidecars", { pods }).problems).toEqual([
      {
        status: "failed",
        saw: "the sidecar of 2 pods of Deployment web in namespace shop is not ready: a (web-1, web-2)",
        hint: "kubectl logs web-1 -c envoy -n shop",
      },
      {
        status: "failed",
        saw: "the sidecar of 1 pod of Deployment web in namespace shop is not ready: b (web-3)",
        hint: "kubectl logs web-3 -c envoy -n shop",
      },
    ]);
  });

  test("sidecars of AWS in running pods, by workload", () => {
    const sidecar = { kind: "aws", image: "public.ecr.aws/appmesh/aws-appmesh-envoy:v1" } as const;
    const pods = read(
      ["a", "b"].map((name) => ({ state: podState(name, { sidecar }), verdict: "aws-sidecar" as const })),
    );
    const { saw, problems } = result("aws-sidecars", { pods });
    expect(saw).toContain("2 pods of Deployment web in namespace shop with AWS's Envoy");
    expect(problems[0]?.hint).toBe("kubectl rollout restart deployment/web -n shop");
  });
});

describe("last admission", () => {
  test("is told by the metric, else by the youngest injected pod", () => {
    const told = (metrics: string) => ({
      injectorPods: [{ name: "p", certificate: { kind: "absent" } as const, metrics: read(metrics) }],
    });
    const seconds = NOW.getTime() / 1000 - 300;
    expect(result("admissions", told(`outrigger_last_admission_timestamp_seconds ${seconds}\n`)).found).toContain(
      "5 min ago",
    );
    expect(result("admissions", told("")).found).toContain("60 min ago; 0 calls");
    expect(result("admissions", { ...told(""), pods: read([]) }).found).toContain("none is known of");
    expect(result("admissions", { injectorPods: [], pods: read([]) }).status).toBe("not-applicable");
  });
});

describe("permissions", () => {
  test("that are missing are named with what they are for", () => {
    const permissions = healthy.permissions.map((permission) => ({
      ...permission,
      allowed: read(permission.resource !== "pods"),
    }));
    expect(result("permissions", { permissions }).saw).toBe(
      "you may not list, create pods (pods without their sidecar)",
    );
  });
  test("that nobody answered about are said once", () => {
    const permissions = healthy.permissions.map((permission) => ({
      ...permission,
      allowed: { kind: "failed", why: "x" } as const,
    }));
    expect(result("permissions", { permissions }).problems).toHaveLength(1);
  });
});

describe("the webhook for App Mesh objects", () => {
  const stored = () => storedObjectRegistrations(valid.pem);
  /** With something changed in every entry of the mutating one. */
  function changed(change: JsonObject): JsonObject[] {
    const [first = {}, ...rest] = stored();
    return [{ ...first, webhooks: objectsOf(first.webhooks).map((entry) => ({ ...entry, ...change })) }, ...rest];
  }
  const judged = (value: readonly JsonObject[]) => result("object-registrations", { objectRegistrations: read(value) });

  test("is as it should be", () => {
    expect(judged(stored())).toMatchObject({ status: "ok", found: "2 registrations" });
  });

  test("that is missing is a warning, since objects go through", () => {
    const { status, saw } = judged(stored().slice(0, 1));
    expect(status).toBe("warning");
    expect(saw).toContain("there is no ValidatingWebhookConfiguration outrigger");
  });

  test.each([
    [{ timeoutSeconds: 30 }, "warning", "timeoutSeconds is 30, expected 2 (mesh.mesh.outrigger.dev, "],
    [{ rules: [] }, "warning", "rules is [], expected"],
    [{ failurePolicy: "Fail" }, "failed", 'failurePolicy is "Fail", expected "Ignore"'],
    [{ namespaceSelector: { matchLabels: { a: "b" } } }, "warning", "namespaceSelector is"],
    [{ clientConfig: { url: "https://elsewhere.example/" } }, "warning", "clientConfig is"],
    [
      { clientConfig: { service: { namespace: "x", name: "outrigger", path: "/mutate-app-mesh", port: 443 } } },
      "warning",
      'clientConfig is {"service":{"port":443,"namespace":"x"',
    ],
    [{ name: "somebody.else.example" }, "warning", "entries are missing: mesh.mesh.outrigger.dev"],
  ])("says that %j is not what it should be", (change, status, sentence) => {
    const found = judged(changed(change));
    expect(found.status).toBe(status);
    expect(found.saw).toContain(sentence);
  });

  test("without a port means 443, as the API server fills it in", () => {
    const service = { namespace: "appmesh-system", name: "outrigger", path: "/mutate-app-mesh" };
    const caBundle = Buffer.from(valid.pem).toString("base64");
    expect(judged(changed({ clientConfig: { service, caBundle } })).status).toBe("ok");
  });

  test("whose authority is another's is not called", () => {
    const { status, saw } = judged(storedObjectRegistrations(other.pem));
    expect(status).toBe("warning");
    expect(saw).toContain("MutatingWebhookConfiguration outrigger's caBundle lacks 1 of the roots");
    expect(saw).toContain("the API server does not call it");
  });

  test.each([
    ["", "is not there yet"],
    ["bm90aGluZw==", "holds no certificate that can be read"],
  ])("whose authority is %j is not called", (caBundle, says) => {
    const { clientConfig } = objectsOf(stored()[0]?.webhooks)[0] ?? {};
    const { saw } = judged(changed({ clientConfig: { ...objectOf(clientConfig), caBundle } }));
    expect(saw).toContain(says);
  });

  test("that an older release left behind is named with the command that removes it", () => {
    const controlPlane = { ...healthy.controlPlane, deployment: { kind: "absent" } as const };
    const left = result("object-registrations", { controlPlane, objectRegistrations: read(stored()) });
    expect(left.status).toBe("warning");
    expect(left.saw).toContain("was left behind by an uninstallation");
    expect(left.problems[0]?.hint).toContain(
      "kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration outrigger",
    );
    expect(result("object-registrations", { controlPlane, objectRegistrations: read([]) }).status).toBe(
      "not-applicable",
    );
  });
});

describe("the mesh's problems", () => {
  const broken = (place: string) =>
    parsed(
      meshObject("VirtualNode", place, { backends: [{ virtualService: { virtualServiceRef: { name: "gone" } } }] }),
    );
  const parsed = (object: unknown) => ({ kind: "parsed", object, unknown: [] }) as never;
  const contents = (...objects: readonly never[]) => ({
    ...HEALTHY_MESH,
    objects: [...HEALTHY_MESH.objects, ...objects],
  });

  test("that are errors are a warning with the first of them, and where the rest is", () => {
    const mesh = read({
      contents: contents(...["a", "b", "c", "d"].map((name) => broken(`shop/${name}`))),
      only: undefined,
    });
    const { status, found, saw, problems } = result("mesh-problems", { mesh });
    expect(status).toBe("warning");
    expect(found).toBe("6 App Mesh objects: 4 errors");
    expect(saw).toContain("VirtualNode shop/a missing-reference, ");
    expect(saw).toContain(" and 1 more");
    expect(problems[0]?.hint).toContain("outrigger problems says");
    expect(report({ ...healthy, mesh }).summary.failed).toBe(0);
  });

  test("of another namespace than the one asked for are none of its", () => {
    const mesh = read({ contents: contents(broken("shop/a")), only: "bank" });
    expect(result("mesh-problems", { mesh })).toMatchObject({ status: "ok", found: "0 App Mesh objects: no problems" });
  });

  test("are also what proxies reject, where that may be read; where not it is said", () => {
    const [object] = contents().objects.flatMap((one) => (one.kind === "parsed" ? [refOf(one.object)] : []));
    const rejection = { object, proxies: 2, type: "listener", name: "in", problem: "no such filter" } as never;
    const reports = [{ nodes: [], rejections: [rejection], behind: NOBODY_BEHIND, isWhole: true }];
    const mesh = read({ contents: { ...contents(), reports }, only: undefined });
    expect(result("mesh-problems", { mesh })).toMatchObject({
      status: "warning",
      saw: expect.stringContaining(" rejected"),
    });
    const unread = ["what proxies reject is not known: you are not allowed to list configmaps"];
    const unknown = read({ contents: contents(), only: undefined, unread });
    expect(result("mesh-problems", { mesh: unknown })).toMatchObject({
      status: "ok",
      found: `2 App Mesh objects: no problems; ${unread[0]}`,
    });
  });

  test("are none of objects that stay in a Mesh after their namespace lost its label, which is said", () => {
    const arns = { virtualNodeARN: "arn:aws:appmesh:us-west-2:000000000000:mesh/m/virtualNode/web_shop" };
    const objects = HEALTHY_MESH.objects.map((one) =>
      one.kind === "parsed" && one.object.kind === "VirtualNode"
        ? parsed({
            ...one.object,
            spec: { ...one.object.spec, meshRef: { name: "m", uid: "uid-of-m" } },
            conditions: [{ type: "VirtualNodeActive", status: "True" }],
            arns,
          } as never)
        : one,
    );
    const namespaces = [{ name: "shop", labels: {}, annotations: {} }];
    const mesh = read({ contents: { ...HEALTHY_MESH, objects, namespaces }, only: undefined });
    expect(result("mesh-problems", { mesh })).toMatchObject({
      status: "ok",
      found:
        "2 App Mesh objects: no problems; 1 object stays in Mesh m, which wants mesh=m and does not select namespace shop: what is new there is not in it",
    });
  });

  test("that are warnings are counted, and no more", () => {
    const provider = { virtualNode: { virtualNodeRef: { name: "a" } } };
    const objects = [
      parsed(aVirtualNode("shop/a", [80], backends("own", "own"))),
      parsed(meshObject("VirtualService", "shop/own", { awsName: "own.example.com", provider })),
    ];
    const mesh = read({ contents: contents(...objects), only: undefined });
    expect(result("mesh-problems", { mesh })).toMatchObject({
      status: "ok",
      found: expect.stringContaining("1 warning"),
    });
  });

  test.each([{ kind: "absent" }, { kind: "failed", why: "you are not allowed to list meshes" }] as const)(
    "are not asked for where there is %j",
    (mesh) => {
      expect(result("mesh-problems", { mesh }).status).toBe("not-applicable");
      expect(result("mesh-pods", { mesh }).status).toBe("not-applicable");
    },
  );
});

describe("nodes and their pods", () => {
  test("are all there", () => {
    expect(result("mesh-pods", {})).toMatchObject({ status: "ok", found: "1 node with a podSelector" });
  });

  test("a node that no pod is is said, and is no problem: it may have no replicas", () => {
    const found = result("mesh-pods", { pods: read([]) });
    expect(found).toMatchObject({
      status: "ok",
      found:
        "1 node with a podSelector; no pod has the labels of VirtualNode shop/web: no replicas just now, or other labels",
    });
  });

  const listening = (...ports: readonly number[]) => ({
    kind: "read" as const,
    value: {
      contents: {
        ...HEALTHY_MESH,
        objects: [
          aMeshObject("m"),
          meshObject("VirtualNode", "shop/web", {
            listeners: ports.map((port) => ({ portMapping: { port, protocol: "http" } })),
          }),
        ].map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
      },
      only: undefined,
    },
  });
  const running = (capture: PodCapture | undefined) =>
    read(["web-1", "web-2"].map((name) => ({ state: podState(name, { capture }), verdict: "injected" as const })));
  const redirecting = (...ports: PodCapture["ports"]): PodCapture => ({ ports, ignoredPorts: [], ignoredIps: [] });

  test("a listener whose port the pods do not redirect to their sidecars is a warning, with what they redirect", () => {
    const pods = running(redirecting({ first: 9090, last: 9090 }, { first: 8000, last: 8010 }));
    const { status, saw, problems } = result("mesh-pods", { mesh: listening(8005, 8080), pods });
    expect(status).toBe("warning");
    expect(saw).toContain(
      "VirtualNode shop/web has a listener on port 8080, and 2 pods of it (web-1, web-2) redirect only 9090, 8000:8010 to the sidecar",
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]?.hint).toContain("spec.listeners[].portMapping.port of VirtualNode shop/web");
    expect(result("mesh-pods", { mesh: listening(80), pods: running(redirecting()) }).saw).toContain("no port");
  });

  test.each([
    ["redirect it", listening(80, 8005), running(redirecting({ first: 80, last: 80 }, { first: 8000, last: 8010 }))],
    ["do not say what they redirect", listening(80), running(undefined)],
    ["are of a node without listeners", listening(), running(redirecting())],
  ])("nothing is wrong with listeners whose pods %s", (_, mesh, pods) => {
    expect(result("mesh-pods", { mesh, pods }).status).toBe("ok");
  });

  test("nothing is said of nodes where it cannot be told whose a pod is", () => {
    const state = podState("web-1", { node: { kind: "unresolved", problem: "two select it" } });
    expect(result("mesh-pods", { pods: read([{ state, verdict: "refused-now" as const }]) }).found).toBe(
      "1 node with a podSelector",
    );
    expect(result("mesh-pods", { pods: { kind: "refused", what: "list pods" } }).found).toBe(
      "1 node with a podSelector",
    );
  });

  test("a namespace of the mesh without the label is a warning where pods lack their sidecar", () => {
    const { status, saw, problems } = result("mesh-pods", { unlabelled: [{ name: "bank", mesh: "m", bare: 3 }] });
    expect(status).toBe("warning");
    expect(saw).toContain("namespace bank is in Mesh m, and 3 pods that its VirtualNodes select have no sidecar");
    expect(problems[0]?.hint).toContain("kubectl label namespace bank appmesh.k8s.aws/sidecarInjectorWebhook=enabled");
    expect(result("mesh-pods", { unlabelled: [{ name: "bank", mesh: "m", bare: 0 }] }).status).toBe("ok");
  });

  const of = (labels: Record<string, string>) => ({
    ...HEALTHY_MESH,
    namespaces: [{ name: "shop", labels, annotations: {} }],
  });
  test.each([
    [of({ mesh: "m" }), ["shop"]],
    [of({ mesh: "m", [INJECT_KEY]: "enabled" }), []],
    // there each pod asks for itself
    [of({ mesh: "m", [INJECT_KEY]: "disabled" }), []],
    [of({ mesh: "m", [INJECT_KEY]: "Enabled" }), ["shop"]],
    [of({}), []],
  ])("namespaces without the label are those of a mesh with nodes: %#", (contents, names) => {
    expect(namespacesWithoutLabel(contents).map(({ name }) => name)).toEqual(names);
  });

  test("a pod lacks its sidecar where a node selects it and it has no record", () => {
    const nodes = selectingNodes(HEALTHY_MESH);
    const pod = (metadata: JsonObject) => ({ metadata: { namespace: "shop", labels: { app: "web" }, ...metadata } });
    expect(isBareMember(pod({}), nodes)).toBe(true);
    expect(isBareMember(pod({ labels: { app: "other" } }), nodes)).toBe(false);
    expect(isBareMember(pod({ namespace: "bank" }), nodes)).toBe(false);
    expect(isBareMember(pod({ annotations: { "outrigger.dev/injected": "{}" } }), nodes)).toBe(false);
    expect(isBareMember(pod({ deletionTimestamp: "2026-11-22T12:00:00Z" }), nodes)).toBe(false);
  });
});

describe("the mesh's mode", () => {
  const modes = (setting: "serve" | "observe", ...annotated: ClusterFacts["meshModes"]["annotated"]) =>
    result("mesh-mode", { meshModes: { setting: read(setting), meshes: [], annotated, unread: "" } });

  test("names the ways on wherever something is observed, and is no warning", () => {
    for (const found of [modes("observe"), modes("serve", { object: "Namespace shop", mode: "observe" })]) {
      expect(found.status).toBe("ok");
      expect(found.found).toContain("outrigger diff --serve");
    }
    expect(modes("serve").found).toBe("served");
  });

  test("is no check that passed where annotations could not be read", () => {
    const unread = "you are not allowed to list meshes";
    const meshModes = { setting: read("serve" as const), meshes: [], annotated: [], unread };
    expect(result("mesh-mode", { meshModes })).toMatchObject({
      status: "not-applicable",
      found: expect.stringContaining(unread),
    });
  });
});

describe("proxies", () => {
  const WEB = { kind: "VirtualNode", namespace: "shop", name: "web" } as const;
  const API = { ...WEB, namespace: "bank", name: "api" } as const;
  const late = (pod: string, second: string, type = "cluster") => ({ pod, type, since: `2026-11-22T11:59:${second}Z` });

  function said(reports: readonly ReplicaReport[], only?: string, unread?: readonly string[]) {
    return result("proxies", {
      mesh: read({ contents: { ...HEALTHY_MESH, reports }, only, ...(unread && { unread }) }),
    });
  }

  function replica(nodes: ReplicaReport["nodes"], ...named: ReplicaReport["behind"]["named"]): ReplicaReport {
    return { nodes, rejections: [], behind: { proxies: named.length, named }, isWhole: true };
  }

  test("that have everything are counted over all replicas, with those that reject something, which is no finding here", () => {
    const reports = [
      replica([{ node: WEB, proxies: 3, current: 1, rejecting: 1 }]),
      replica([{ node: API, proxies: 2, current: 2, rejecting: 0 }]),
    ];
    expect(said(reports)).toMatchObject({
      status: "ok",
      found: "5 of served nodes, 3 with the newest version; 1 that rejects something of it",
    });
    expect(said(reports, "bank").found).toBe("2 of served nodes, 2 with the newest version");
  });

  test("that are behind are named with what they lack and since when, over all replicas, and what helps", () => {
    const nodes = [{ node: WEB, proxies: 9, current: 4, rejecting: 0 }];
    const reports = [
      replica(nodes, late("shop/a", "10"), late("shop/b", "20")),
      replica([], late("bank/c", "00", "listener"), late("bank/d", "30")),
    ];
    expect(said(reports)).toMatchObject({
      status: "warning",
      saw: "4 proxies behind the newest version of their configuration: bank/c (listener, for 60 s), shop/a (cluster, for 50 s), shop/b (cluster, for 40 s) and 1 more",
      problems: [{ hint: expect.stringMatching(/^outrigger proxy c -n bank shows .*: kubectl delete pod c -n bank$/) }],
    });
    expect(said(reports, "shop").saw).toBe(
      "2 proxies behind the newest version of their configuration: shop/a (cluster, for 50 s), shop/b (cluster, for 40 s)",
    );
    expect(said(reports, "other")).toMatchObject({ status: "ok", saw: "" });
  });

  test("that are behind by the thousand are a number", () => {
    const [first] = [replica([], ...Array.from({ length: 20 }, (_, index) => late(`shop/web-${index}`, "10")))];
    const many = { ...first, behind: { ...first.behind, proxies: 2_000 } } as ReplicaReport;
    expect(said([many]).saw).toContain("2000 proxies behind the newest version of their configuration: shop/web-0 (");
    expect(said([many]).saw).toMatch(/ and 1997 more$/);
  });

  test("are not spoken of where nobody reports, or reports may not be read, or there is no mesh", () => {
    expect(said([])).toMatchObject({ status: "not-applicable", found: "no replica of the control plane reports" });
    const why = "what proxies reject is not known: you are not allowed to list configmaps";
    expect(said([], undefined, [why])).toMatchObject({ status: "not-applicable", found: why });
    expect(result("proxies", { mesh: { kind: "absent" } }).status).toBe("not-applicable");
    expect(result("proxies", { mesh: { kind: "failed", why: "no answer" } }).found).toBe("no answer");
  });

  test("of hostile names stay on one line", () => {
    const hostile = replica([], late("shop/a\n\u001b[31mb", "10"));
    expect(said([hostile]).saw).toContain(": shop/a [31mb (cluster, for 50 s)");
  });
});
