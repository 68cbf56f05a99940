import { expect, test } from "vitest";
import { COMPONENTS, componentPlans } from "./component-list.ts";
import { configurationFiles } from "./configuration-files.ts";

const plan = { directory: "/cache/clusters/dev", controlGroup: "/group", ipv6: true, tools: "/cache/tools" };

function everything(ipv6: boolean): string {
  const texts = configurationFiles({ ...plan, ipv6 }).map(([, content]) => content);
  return JSON.stringify([texts, componentPlans({ ...plan, ipv6 })]);
}

test("a machine without IPv6 gets no address of that family anywhere", () => {
  expect(everything(true)).toContain("fd00:10:245::/64");
  expect(everything(false)).not.toMatch(/fd00:|::\/0/);
});

test("every program is planned, and those in the machine read no path of the outside", () => {
  const plans = componentPlans(plan);
  expect(Object.keys(plans).sort()).toEqual([...COMPONENTS].sort());
  for (const { runsIn, args } of Object.values(plans)) {
    expect(args.join(" ").includes(plan.directory)).toBe(runsIn === "network" && args.join(" ").includes("/cache"));
  }
});

test("files lie in the cluster's folder, and its kubelet keeps to its own control group", () => {
  const files = configurationFiles(plan);
  expect(files.filter(([path]) => !path.startsWith(`${plan.directory}/conf/`))).toEqual([]);
  const kubelet = files.find(([path]) => path.endsWith("kubelet.json"))?.[1] ?? "";
  expect(JSON.parse(kubelet)).toMatchObject({ cgroupRoot: "/group", podLogsDir: "/run/testbed/pod-logs" });
});
