import { describe, expect, test } from "vitest";
import { allThatStay, InstallError } from "./install-error.ts";

describe("of removals side by side", () => {
  const system = new InstallError("not-ready", "Namespace appmesh-system is not gone in time");
  const injector = new InstallError("not-ready", "Namespace appmesh-inject is not gone in time");

  test("all that stays is named, each in a line", () => {
    expect(allThatStay([injector, system])).toMatchObject({
      name: "InstallError",
      code: "not-ready",
      message: `${injector.message}\n${system.message}`,
    });
  });

  test("another failure is that failure", () => {
    const refused = new InstallError("refused", "nothing was changed");
    const broken = new Error("connection refused");
    expect(allThatStay([injector, broken])).toBe(broken);
    expect(allThatStay([refused, injector])).toBe(refused);
  });
});
