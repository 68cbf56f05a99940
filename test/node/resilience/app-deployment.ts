/** What differs between the Deployments of these tests. */
export interface AppDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** More arguments of the test application: how it stops. */
  readonly args: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly graceSeconds?: number;
}

/**
 * A Deployment of the test application and its Service, `http://NAME.NAMESPACE:8080/`. A rollout never has fewer pods that are
 * ready than before it.
 */
export function appDeployment(app: AppDeployment): readonly object[] {
  const { namespace, name, replicas, args, annotations = {}, graceSeconds = 30 } = app;
  const container = {
    name: "app",
    image: "testbed/app:1",
    args: ["serve", "--http", "8080", ...args],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 },
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels: { app: name }, annotations },
          spec: { terminationGracePeriodSeconds: graceSeconds, containers: [container] },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: { app: name }, ports: [{ port: 8080 }] },
    },
  ];
}
