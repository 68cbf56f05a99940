import type { TestNamespace } from "../sidecar/app-pod.ts";

/** Its address in the cluster, port 8080. */
export async function serviceUrl(where: TestNamespace, name: string): Promise<string> {
  return `http://${await where.kubectl("get", "service", name, "--output=jsonpath={.spec.clusterIP}")}:8080/`;
}

/** Replaces all pods of a Deployment, and waits until the old ones are gone too. */
export async function rollOver(where: TestNamespace, name: string): Promise<void> {
  const old = ["--selector", `app=${name},rollout=old`];
  await where.kubectl("label", "pod", "--selector", `app=${name}`, "rollout=old");
  await where.kubectl("rollout", "restart", `deployment/${name}`);
  await rolledOut(where, name);
  await where.kubectl("wait", "--for=delete", "pod", ...old, "--timeout=150s");
}

/** Waits until a Deployment's newest pods are ready. */
export async function rolledOut(where: TestNamespace, name: string): Promise<void> {
  await where.kubectl("rollout", "status", `deployment/${name}`, "--timeout=180s");
}
