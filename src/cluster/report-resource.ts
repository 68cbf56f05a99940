import type { Resource } from "../kube/informer.ts";
import { REPORTS, type StoredReport, storedReport } from "../model/replica-report.ts";

/** What replicas of the control plane say of their proxies; undefined: a ConfigMap that is no such report. */
export const REPORT_RESOURCE: Resource<StoredReport | undefined> = {
  name: "reports",
  ...REPORTS,
  content: "whole",
  presence: "always",
  project: storedReport,
};
