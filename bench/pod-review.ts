/**
 * A review of about 8 KB as an API server sends it: a pod of a Deployment with two containers, probes, volumes and managed fields.
 * Each `variety` (from 0) has other probes, so that its sidecar's configuration and its patch are others as well. Pods of one Deployment
 * have their own UID, their own `suffix` (five characters) in the name of the volume with the token, and the second that they were made in.
 */
export function podReview(uid: string, variety = 0, suffix = "x7k2p", second = 0): string {
  const text = JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid,
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      requestKind: { group: "", version: "v1", kind: "Pod" },
      requestResource: { group: "", version: "v1", resource: "pods" },
      namespace: "shop",
      operation: "CREATE",
      userInfo: {
        username: "system:serviceaccount:kube-system:replicaset-controller",
        uid: "0b8c9a3f-8f7e-4a58-9d5c-4c1a3f0c7a11",
        groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
      },
      object: { ...POD, spec: { ...POD.spec, containers: containers(variety) } },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  });
  return text
    .replaceAll("kube-api-access-x7k2p", `kube-api-access-${suffix}`)
    .replace("T09:00:00Z", `T09:00:${String(second % 60).padStart(2, "0")}Z`);
}

function containers(variety: number): readonly object[] {
  return [container("catalogue", 8080, variety), container("exporter", 9102, variety)];
}

function environment(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `SHOP_SETTING_${index}`,
    value: `value-${index}-of-a-setting-that-is-neither-short-nor-long`,
  }));
}

function container(name: string, port: number, variety: number): object {
  return {
    name,
    image: `registry.example.com/shop/${name}:1.27.3`,
    args: ["--listen", `0.0.0.0:${port}`, "--log-format", "json"],
    ports: [{ name: "http", containerPort: port, protocol: "TCP" }],
    env: environment(22),
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    volumeMounts: [
      { name: "configuration", mountPath: "/etc/shop", readOnly: true },
      { name: "cache", mountPath: "/var/cache/shop" },
      { name: "kube-api-access-x7k2p", readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ],
    livenessProbe: probe(`/healthz/${variety}`, port, 10),
    readinessProbe: probe(`/readyz/${variety}`, port, 5),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
  };
}

function probe(path: string, port: number, periodSeconds: number): object {
  return {
    httpGet: { path, port, scheme: "HTTP" },
    timeoutSeconds: 1,
    periodSeconds,
    successThreshold: 1,
    failureThreshold: 3,
  };
}

const POD = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    generateName: "catalogue-6d5f7c9b84-",
    namespace: "shop",
    labels: { app: "catalogue", "pod-template-hash": "6d5f7c9b84", version: "v1" },
    annotations: {
      "prometheus.io/scrape": "true",
      "checksum/config": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022",
    },
    ownerReferences: [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "catalogue-6d5f7c9b84",
        uid: "5f3c2f59-7a55-4b0c-8d2c-1f0f0f6a9c1e",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [
      {
        manager: "kube-controller-manager",
        operation: "Update",
        apiVersion: "v1",
        time: "2026-11-22T09:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:metadata": { "f:annotations": { ".": {}, "f:checksum/config": {} }, "f:labels": { ".": {}, "f:app": {} } },
          "f:spec": { "f:containers": { 'k:{"name":"catalogue"}': { ".": {}, "f:image": {}, "f:env": { ".": {} } } } },
        },
      },
    ],
  },
  spec: {
    volumes: [
      { name: "configuration", configMap: { name: "catalogue", defaultMode: 420 } },
      { name: "cache", emptyDir: {} },
      {
        name: "kube-api-access-x7k2p",
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
            { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          ],
          defaultMode: 420,
        },
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "catalogue",
    serviceAccount: "catalogue",
    securityContext: { runAsNonRoot: true, runAsUser: 1000 },
    schedulerName: "default-scheduler",
    tolerations: [
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ],
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: "PreemptLowerPriority",
  },
  status: {},
};
