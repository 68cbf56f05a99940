import { expect, test } from "vitest";
import { podSummary } from "../../cluster/pods-resource.ts";
import { evictedEvent, findingEvent } from "./events-on-owners.ts";
import type { Finding } from "./slipped-through-finding.ts";

const SUBJECT = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "d" };
const FOUND: Finding = {
  kind: "slipped-through",
  pod: podSummary({ metadata: { namespace: "shop", name: "web-1", uid: "p" } }),
  owner: SUBJECT,
  outcome: "inject",
  reason: "injected",
  message: "the pod becomes mesh/m/virtualNode/shop-web",
  found: new Date(0),
};

test("a pod that slipped through is told with the command that renews it", () => {
  expect(findingEvent(FOUND, false)).toEqual({
    subject: SUBJECT,
    type: "Warning",
    reason: "SlippedThrough",
    action: "Reported",
    message:
      'pod "web-1" was created without asking the injector; it runs without a sidecar, which it would get now: the pod becomes mesh/m/virtualNode/shop-web. To renew it: kubectl -n shop rollout restart deployment/web',
  });
});

test("the advice fits: to mend a refusal, to delete a bare pod, to wait where pods are restarted", () => {
  const denied = findingEvent({ ...FOUND, outcome: "deny", reason: "no-mesh", message: "no mesh" }, true);
  expect(denied?.message).toContain("would be refused now: no mesh. Mend that first");
  expect(findingEvent({ ...FOUND, owner: { ...SUBJECT, kind: "Pod" } }, false)?.message).toContain("Delete it");
  expect(findingEvent(FOUND, true)?.message).toContain("it is evicted as disruption budgets allow");
});

test("a skip tells its reason; a pod that was there before is no news", () => {
  const skipped = findingEvent(
    { ...FOUND, kind: "skipped", outcome: "skip", reason: "host-network", message: "why" },
    false,
  );
  expect(skipped).toMatchObject({ reason: "SidecarSkipped", message: 'pod "web-1" has no sidecar: why' });
  expect(findingEvent({ ...FOUND, kind: "created-before" }, false)).toBeUndefined();
});

test("an eviction is told on the same workload", () => {
  expect(evictedEvent(FOUND)).toMatchObject({ subject: SUBJECT, type: "Normal", reason: "SlippedThroughEvicted" });
});
