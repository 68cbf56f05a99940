import { expect, test } from "vitest";
import { versionRefusal } from "./server-version.ts";

test.each([
  { major: "1", minor: "30", gitVersion: "v1.30.0" },
  { major: "1", minor: "30+", gitVersion: "v1.30.4-eks-abc" },
  { major: "1", minor: "36", gitVersion: "v1.36.3" },
  { major: "2", minor: "0", gitVersion: "v2.0.0" },
])("$gitVersion is new enough", (version) => {
  expect(versionRefusal(version)).toBeUndefined();
});

test.each([
  { major: "1", minor: "29", gitVersion: "v1.29.9" },
  { major: "1", minor: "9+", gitVersion: "v1.9.0" },
  { major: "0", minor: "99", gitVersion: "v0.99.0" },
  { major: "1", minor: "", gitVersion: "v1" },
])("$gitVersion is too old, and the refusal says what is expected", (version) => {
  expect(versionRefusal(version)?.reason).toBe(
    `the API server is Kubernetes ${version.gitVersion}: expected 1.30 or newer`,
  );
});

test("an answer without a version is refused too", () => {
  expect(versionRefusal({})?.reason).toContain("Kubernetes unknown");
});
