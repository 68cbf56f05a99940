import { describe, expect, it } from "vitest";
import { loadConfiguration } from "../load.ts";

const file = (text: string) => ({ path: "values.yaml", text });

describe("images in two halves", () => {
  it("are joined wherever each half was given, and stand where the stronger one stood", () => {
    const { configuration, origins } = loadConfiguration({
      file: file("sidecar: { image: { repository: mirror/envoy, tag: v1 } }"),
      environment: {},
      flags: { "sidecar-image-tag": "v2" },
    });
    expect(configuration.proxy.image).toBe("mirror/envoy:v2");
    expect(origins.get("proxy.image")).toEqual({ source: "flag", flag: "sidecar-image-tag" });
  });

  it("may have a digest for a tag, which the controller could not", () => {
    const flags = { "sidecar-image-repository": "mirror/envoy", "sidecar-image-tag": "sha256:abc" };
    expect(loadConfiguration({ environment: {}, flags }).configuration.proxy.image).toBe("mirror/envoy@sha256:abc");
  });

  it("do not disturb one another", () => {
    const text = "sidecar: { image: { tag: a } }\ninit: { image: { tag: b } }\nxray: { image: { tag: c } }";
    const { proxy, capture, tracing } = loadConfiguration({
      file: file(text),
      environment: {},
      flags: {},
    }).configuration;
    expect([proxy.image, capture.image, tracing.xrayImage].map((image) => image.split(":")[1])).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  it("lose against a whole image from a stronger source, and contradict one from the same", () => {
    const flags = { "sidecar-image-tag": "v2" };
    const environment = { OUTRIGGER_PROXY_IMAGE: "mirror/envoy:v1" };
    const halves = file("sidecar: { image: { tag: v2 } }");
    expect(loadConfiguration({ file: halves, environment, flags: {} }).configuration.proxy.image).toBe(
      "mirror/envoy:v1",
    );
    expect(() => loadConfiguration({ environment: {}, flags: { ...flags, "proxy-image": "x" } })).toThrow(
      /--sidecar-image-tag: proxy\.image: found another value than at flag --proxy-image|--proxy-image: proxy\.image: found another value/,
    );
  });

  it("that make no image reference are refused", () => {
    expect(() => loadConfiguration({ environment: {}, flags: { "sidecar-image-tag": "v 2" } })).toThrow(
      /image reference/,
    );
  });
});
