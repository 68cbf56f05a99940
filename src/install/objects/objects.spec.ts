import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configuration } from "../../config/schema.ts";
import { type Json, type JsonObject, listOf, member, objectOf, objectsOf, stringOf } from "../../model/json.ts";
import { KINDS } from "../../model/kinds.ts";
import { controlPlaneClusterRules } from "./control-plane-rules.ts";
import { injectorClusterRules } from "./injector-rules.ts";
import type { InstallationOptions } from "./installation-options.ts";
import { installation } from "./objects.ts";
import { COMPONENTS } from "./ownership.ts";

const OPTIONS: InstallationOptions = {
  components: COMPONENTS,
  release: "1.2.3",
  settings: { meshName: "mynewmesh" },
  availability: "single",
  failurePolicy: "Ignore",
  certificates: "own",
};

function objects(options: Partial<InstallationOptions> = {}): readonly JsonObject[] {
  return installation({ ...OPTIONS, ...options });
}

const injector = (options: Partial<InstallationOptions> = {}) => objects({ ...options, components: ["injector"] });

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (found, key) => (typeof key === "number" ? listOf(found)[key] : member(found, key)),
    value,
  );
}

/** `Kind namespace/name`, or `Kind name` for what belongs to the cluster. */
function title(object: JsonObject): string {
  const namespace = stringOf(at(object, "metadata", "namespace"));
  const name = stringOf(at(object, "metadata", "name")) ?? "";
  return `${stringOf(object.kind)} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

function named(wanted: string, among: readonly JsonObject[] = objects()): JsonObject {
  const found = among.find((object) => title(object) === wanted);
  if (found === undefined) throw new Error(`no ${wanted} among ${among.map(title).join(", ")}`);
  return found;
}

const DEPLOYMENTS = [
  "Deployment appmesh-inject/aws-app-mesh-inject",
  "Deployment appmesh-system/outrigger-control-plane",
];

const podSpec = (object: JsonObject) => objectOf(at(object, "spec", "template", "spec"));

test("the injector is made of the objects that the clean-up of the walkthrough deletes", () => {
  expect(injector().map(title)).toEqual([
    "Namespace appmesh-inject",
    "ServiceAccount appmesh-inject/aws-app-mesh-inject",
    "ConfigMap appmesh-inject/aws-app-mesh-inject",
    "ClusterRole aws-app-mesh-inject-cr",
    "ClusterRoleBinding aws-app-mesh-inject-binding",
    "Role appmesh-inject/aws-app-mesh-inject",
    "RoleBinding appmesh-inject/aws-app-mesh-inject",
    "Service appmesh-inject/aws-app-mesh-inject",
    "NetworkPolicy appmesh-inject/aws-app-mesh-inject",
    "Deployment appmesh-inject/aws-app-mesh-inject",
    "MutatingWebhookConfiguration aws-app-mesh-inject",
  ]);
});

test("the control plane is made of these, and comes before the injector", () => {
  const titles = [
    "Namespace appmesh-system",
    "ServiceAccount appmesh-system/outrigger-control-plane",
    "ConfigMap appmesh-system/outrigger",
    "ValidatingAdmissionPolicy outrigger-app-mesh-objects",
    "ValidatingAdmissionPolicyBinding outrigger-app-mesh-objects",
    "ValidatingAdmissionPolicy outrigger-app-mesh-statuses",
    "ValidatingAdmissionPolicyBinding outrigger-app-mesh-statuses",
    "ValidatingAdmissionPolicy outrigger-pod-status",
    "ValidatingAdmissionPolicyBinding outrigger-pod-status",
    "ValidatingAdmissionPolicy outrigger-reports",
    "ValidatingAdmissionPolicyBinding outrigger-reports",
    "ClusterRole outrigger-control-plane",
    "ClusterRoleBinding outrigger-control-plane",
    "Role appmesh-system/outrigger-control-plane",
    "RoleBinding appmesh-system/outrigger-control-plane",
    "Service appmesh-system/outrigger",
    "NetworkPolicy appmesh-system/outrigger-control-plane",
    "Deployment appmesh-system/outrigger-control-plane",
    "MutatingWebhookConfiguration outrigger",
    "ValidatingWebhookConfiguration outrigger",
  ];
  expect(objects({ components: ["control-plane"] }).map(title)).toEqual(titles);
  expect(objects({ components: ["injector", "control-plane"] }).map(title)).toEqual([
    ...titles,
    ...injector().map(title),
  ]);
});

test("every object says to which component it belongs and who manages it", () => {
  for (const component of COMPONENTS) {
    for (const object of objects({ components: [component] })) {
      expect(at(object, "metadata", "labels")).toMatchObject({
        "app.kubernetes.io/managed-by": "outrigger",
        "app.kubernetes.io/part-of": "outrigger",
        "outrigger.dev/component": component,
      });
    }
  }
});

test("nothing holds key material", () => {
  const text = JSON.stringify([...objects(), ...injector({ certificates: "cert-manager" })]);
  expect(text).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE|caBundle|"kind":"Secret"/);
});

describe.each(DEPLOYMENTS)("%s", (wanted) => {
  test("meets the restricted Pod Security level and writes nowhere but to /tmp", () => {
    const spec = podSpec(named(wanted));
    expect(spec).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    });
    const writable = objectsOf(at(spec, "containers", 0, "volumeMounts")).filter((mount) => mount.readOnly !== true);
    expect(writable).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
  });

  test("selects its own pods", () => {
    const object = named(wanted);
    expect(at(object, "spec", "template", "metadata", "labels")).toMatchObject(
      objectOf(at(object, "spec", "selector", "matchLabels")),
    );
  });

  test("runs the image of this release, or the one that is given", () => {
    expect(at(podSpec(named(wanted)), "containers", 0, "image")).toBe("docker.io/outrigger/outrigger:1.2.3");
    const given = objects({ image: "registry.example/outrigger@sha256:00" });
    expect(at(podSpec(named(wanted, given)), "containers", 0, "image")).toBe("registry.example/outrigger@sha256:00");
  });

  test("is created again when its configuration changes", () => {
    const [one, other] = [objects(), objects({ settings: { meshName: "other" } })].map((all) =>
      at(named(wanted, all), "spec", "template", "metadata", "annotations", "outrigger.dev/configuration"),
    );
    expect(one).not.toEqual(other);
  });

  test("has one replica, with --ha two of them on different nodes, of which one is always kept", () => {
    expect(at(named(wanted), "spec", "replicas")).toBe(1);
    expect(podSpec(named(wanted))).not.toHaveProperty("topologySpreadConstraints");
    const ha = objects({ availability: "ha" });
    expect(at(named(wanted, ha), "spec", "replicas")).toBe(2);
    expect(at(podSpec(named(wanted, ha)), "topologySpreadConstraints", 0)).toMatchObject({
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
    });
    expect(at(named(wanted.replace("Deployment", "PodDisruptionBudget"), ha), "spec", "maxUnavailable")).toBe(1);
  });

  test("has a priority class only when one is asked for", () => {
    expect(podSpec(named(wanted))).not.toHaveProperty("priorityClassName");
    const given = objects({ priorityClass: "system-cluster-critical" });
    expect(podSpec(named(wanted, given))).toMatchObject({ priorityClassName: "system-cluster-critical" });
  });
});

test("the kubelet waits longer than the webhook takes to stop", () => {
  const seconds = (options?: Partial<InstallationOptions>) =>
    podSpec(named("Deployment appmesh-inject/aws-app-mesh-inject", objects(options))).terminationGracePeriodSeconds;
  expect(seconds()).toBe(30);
  expect(seconds({ settings: { webhook: { shutdownSeconds: 100 } } })).toBe(110);
});

describe("the configuration", () => {
  const settings = {
    meshName: "m",
    proxy: { uid: 1400 },
    webhook: { shutdownSeconds: 5 },
    controlPlane: { restartSlippedThrough: true },
  } as InstallationOptions["settings"];
  const configurationOf = (wanted: string, options: Partial<InstallationOptions>) =>
    parse(stringOf(at(named(wanted, objects(options)), "data", "config.yaml")) ?? "");

  test("reaches both parts, their own sections only them", () => {
    expect(configurationOf("ConfigMap appmesh-inject/aws-app-mesh-inject", { settings })).toEqual({
      meshName: "m",
      proxy: { uid: 1400 },
      webhook: { shutdownSeconds: 5, certificate: "cluster" },
    });
    expect(configurationOf("ConfigMap appmesh-system/outrigger", { settings })).toEqual({
      meshName: "m",
      proxy: { uid: 1400 },
      controlPlane: { restartSlippedThrough: true },
    });
  });

  test("is, but for those two sections, the same in both", () => {
    const general = {
      meshName: "m",
      flavor: "aws",
      virtualNodeNaming: "owner-namespace",
      accountId: "111122223333",
      excludedNamespaces: ["vault"],
      capture: { image: "registry.example/capture:1" },
    } as InstallationOptions["settings"];
    const { webhook: _, ...injector } = configurationOf("ConfigMap appmesh-inject/aws-app-mesh-inject", {
      settings: general,
    });
    expect(injector).toEqual(general);
    expect(configurationOf("ConfigMap appmesh-system/outrigger", { settings: general })).toEqual(general);
  });

  test("names a given image for the redirection of traffic as well, unless it names another itself", () => {
    const image = "registry.example/o:1";
    const wanted = "ConfigMap appmesh-inject/aws-app-mesh-inject";
    expect(configurationOf(wanted, { image }).capture).toEqual({ image, program: "outrigger" });
    const capture = { image: "registry.example/other:1" };
    expect(configurationOf(wanted, { image, settings: { capture } }).capture).toEqual(capture);
  });

  test("does not depend on the order of the settings", () => {
    const text = (given: InstallationOptions["settings"]) => JSON.stringify(objects({ settings: given }));
    expect(text({ region: "r", meshName: "m" })).toBe(text({ meshName: "m", region: "r" }));
  });
});

describe("permissions", () => {
  const roles = [...objects({ settings: { controlPlane: { restartSlippedThrough: true } } })].filter(
    ({ kind }) => kind === "ClusterRole" || kind === "Role",
  );
  const rules = roles.flatMap((role) => objectsOf(role.rules).map((rule) => ({ role, rule })));

  test("are without wildcards, and each says what it is for", () => {
    expect(JSON.stringify(rules.map(({ rule }) => rule))).not.toContain('"*"');
    for (const role of roles) {
      const purposes = stringOf(at(role, "metadata", "annotations", "outrigger.dev/purposes")) ?? "";
      const lines = purposes.trimEnd().split("\n");
      expect(lines).toHaveLength(objectsOf(role.rules).length);
      for (const line of lines) expect(line).toMatch(/^[a-z,]+ [a-z,/]+: \S.{10,}$/);
    }
  });

  test("never reach Secrets of other namespaces, nor any Secret but their own", () => {
    const ofSecrets = rules.filter(({ rule }) => listOf(rule.resources).includes("secrets"));
    expect(ofSecrets.map(({ role }) => role.kind)).toEqual(["Role", "Role", "Role"]);
    for (const { rule } of ofSecrets) expect(rule.resourceNames).toHaveLength(1);
  });

  test("in a namespace are for one object each, but for reports, whose names a policy knows", () => {
    const ofRoles = rules.filter(({ role }) => role.kind === "Role");
    const [named, others] = [true, false].map((isNamed) => {
      return ofRoles.filter(({ rule }) => (rule.resourceNames !== undefined) === isNamed).map(({ rule }) => rule);
    });
    expect(named).not.toEqual([]);
    for (const rule of named ?? []) expect(rule.resourceNames).toHaveLength(1);
    expect(others).toEqual([
      { apiGroups: [""], resources: ["configmaps"], verbs: ["patch", "create"] },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["list", "watch"] },
    ]);
  });

  test("let nobody create a registration, or change another one", () => {
    const ofRegistrations = rules.filter(({ rule }) => listOf(rule.apiGroups).includes("admissionregistration.k8s.io"));
    expect(ofRegistrations.map(({ rule }) => rule)).toEqual([
      expect.objectContaining({ resourceNames: ["aws-app-mesh-inject"], verbs: ["get"] }),
      expect.objectContaining({
        resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        resourceNames: ["outrigger"],
        verbs: ["get", "watch", "patch"],
      }),
      expect.objectContaining({
        resourceNames: ["aws-app-mesh-inject"],
        verbs: ["get", "watch", "patch"],
      }),
    ]);
  });

  test("to evict come only with the setting, and pods are then created only as dry runs", () => {
    const resources = (evicts: boolean) => controlPlaneClusterRules(evicts).flatMap((rule) => rule.resources);
    expect(resources(false)).not.toContain("pods/eviction");
    expect(resources(true)).toContain("pods/eviction");
    const without = objects().map(title);
    expect(without).not.toContain("ValidatingAdmissionPolicy outrigger-control-plane");
    const policy = named(
      "ValidatingAdmissionPolicy outrigger-control-plane",
      objects({ settings: { controlPlane: { restartSlippedThrough: true } } }),
    );
    expect(at(policy, "spec", "validations", 0, "expression")).toBe("request.dryRun");
  });

  test("shrink when cert-manager makes the certificate", () => {
    const titles = injector({ certificates: "cert-manager" }).map(title);
    expect(titles).not.toContain("Role appmesh-inject/aws-app-mesh-inject");
    expect(injectorClusterRules("cert-manager").flatMap((rule) => rule.resources)).not.toContain(
      "mutatingwebhookconfigurations",
    );
  });
});

describe("the webhook for App Mesh objects", () => {
  const all = objects({ components: ["control-plane"] });
  const registrations = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"].map((kind) =>
    named(`${kind} outrigger`, all),
  );

  test("is asked about each kind by an entry of its own, and never waited for", () => {
    for (const { webhooks } of registrations) {
      expect(objectsOf(webhooks).map(({ name }) => name)).toEqual(
        KINDS.map((kind) => `${kind.toLowerCase()}.mesh.outrigger.dev`),
      );
      for (const entry of objectsOf(webhooks)) {
        expect(entry).toMatchObject({ failurePolicy: "Ignore", timeoutSeconds: 2, sideEffects: "None" });
      }
    }
  });

  test("is asked about deletions only where App Mesh held them up", () => {
    const asked = registrations.flatMap(({ webhooks }) =>
      objectsOf(webhooks)
        .filter((entry) => listOf(at(entry, "rules", 0, "operations")).includes("DELETE"))
        .map((entry) => entry.name),
    );
    expect(asked).toEqual(["mesh.mesh.outrigger.dev", "virtualgateway.mesh.outrigger.dev"]);
  });

  test("is called by anybody at the Service's port, which leads to the one that the pods listen on", () => {
    const service = named("Service appmesh-system/outrigger", all);
    const [container] = objectsOf(podSpec(named("Deployment appmesh-system/outrigger-control-plane", all)).containers);
    for (const { webhooks } of registrations) {
      for (const entry of objectsOf(webhooks)) {
        expect(at(entry, "clientConfig", "service")).toMatchObject({
          namespace: "appmesh-system",
          name: "outrigger",
          port: 443,
        });
      }
    }
    expect(at(service, "spec", "ports", 1)).toMatchObject({ port: 443, targetPort: "webhook" });
    expect(container?.ports).toContainEqual({ name: "webhook", containerPort: 8443, protocol: "TCP" });
    expect(container?.args).toContain("--control-plane-webhook-listen=0.0.0.0:8443");
    const ingress = objectsOf(
      at(named("NetworkPolicy appmesh-system/outrigger-control-plane", all), "spec", "ingress"),
    );
    const open = ingress.filter((rule) => rule.from === undefined).map((rule) => at(rule, "ports", 0, "port"));
    expect(open).toEqual(["webhook"]);
  });

  test("has nothing in the injector's namespace", () => {
    expect(JSON.stringify(registrations)).not.toContain("appmesh-inject");
  });
});

describe("with cert-manager", () => {
  const all = injector({ certificates: "cert-manager" });

  test("the registration and the pods get what cert-manager makes", () => {
    const registration = named("MutatingWebhookConfiguration aws-app-mesh-inject", all);
    const secret = "aws-app-mesh-inject-certificate";
    expect(at(registration, "metadata", "annotations")).toEqual({
      "cert-manager.io/inject-ca-from": `appmesh-inject/${secret}`,
    });
    expect(at(named(`Certificate appmesh-inject/${secret}`, all), "spec", "secretName")).toBe(secret);
    const spec = podSpec(named("Deployment appmesh-inject/aws-app-mesh-inject", all));
    expect(objectsOf(spec.volumes)).toContainEqual({ name: "certificate", secret: { secretName: secret } });
    const text = stringOf(at(named("ConfigMap appmesh-inject/aws-app-mesh-inject", all), "data", "config.yaml"));
    expect(configuration(parse(text ?? "")).webhook).toMatchObject({
      tlsCert: "/etc/outrigger-certificate/tls.crt",
      tlsKey: "/etc/outrigger-certificate/tls.key",
    });
  });
});

test("the registration refuses pods without the injector only when that is asked for, and spares further namespaces", () => {
  const webhooks = (options: Partial<InstallationOptions>) =>
    objectsOf(named("MutatingWebhookConfiguration aws-app-mesh-inject", objects(options)).webhooks);
  expect(webhooks({}).map((webhook) => webhook.failurePolicy)).toEqual(["Ignore", "Ignore"]);
  const given = webhooks({ failurePolicy: "Fail", settings: { excludedNamespaces: ["vault"] } });
  expect(given.map((webhook) => webhook.failurePolicy)).toEqual(["Fail", "Fail"]);
  expect(JSON.stringify(given[0]?.namespaceSelector)).toContain('"vault"');
});

test("the API server may reach the webhook from anywhere, sidecars the control plane from any pod", () => {
  const ingress = (wanted: string) => at(named(wanted), "spec", "ingress", 0);
  expect(ingress("NetworkPolicy appmesh-inject/aws-app-mesh-inject")).toEqual({
    ports: [{ port: "webhook", protocol: "TCP" }],
  });
  expect(ingress("NetworkPolicy appmesh-system/outrigger-control-plane")).toEqual({
    ports: [{ port: "xds", protocol: "TCP" }],
    from: [{ namespaceSelector: {} }],
  });
});
