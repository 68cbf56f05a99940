import { describe, expect, test } from "vitest";
import { formatProblem } from "./log-format.ts";

describe("a format of an access log may have", () => {
  test.each([
    "",
    "plain text\n",
    "100%% of it",
    "%%ENVIRONMENT(HOME)%%",
    "[%START_TIME%] %PROTOCOL%:%RESPONSE_CODE%",
    "%START_TIME(%Y/%m/%dT%H:%M:%S%z %s)%",
    "%START_TIME(%3f)%%DURATION%",
    "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "%REQ(USER-AGENT):10%|%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%|%TRAILER(GRPC-MESSAGE)%",
    "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)%",
    "%DOWNSTREAM_PEER_CERT_V_START(%b %d %H:%M:%S %Y %Z)%",
    "%QUERY_PARAM(id):8%",
  ])("%j", (text) => expect(formatProblem(text)).toBeUndefined());
});

describe("it may not have", () => {
  test.each([
    ["%ENVIRONMENT(AWS_SECRET_ACCESS_KEY)%", "ENVIRONMENT is no operator that may stand in a log"],
    ["%FILE_CONTENT(/var/run/secrets/token)%", "FILE_CONTENT is no operator that may stand in a log"],
    ["%COALESCE({})%", "COALESCE is no operator"],
    ["%FILTER_STATE(a:PLAIN)%", "FILTER_STATE is no operator"],
    ["%NOPE%", "NOPE is no operator"],
    ["%protocol%", "is no operator; a percent sign alone is written %%"],
    ["90% of it", "is no operator; a percent sign alone is written %%"],
    ["ends with %", '"%" is no operator'],
    ["%%%", '"%" is no operator'],
    ["%PROTOCOL", '"%PROTOCOL" is no operator'],
    ["%PROTOCOL%%", '"%" is no operator'],
    ["%%PROTOCOL%", '"%" is no operator'],
    ["%PROTOCOL()%", "PROTOCOL has no arguments here"],
    ["%PROTOCOL:3%", "PROTOCOL has no arguments here"],
    ["%DURATION(a)%", "DURATION has no arguments here"],
    ["%REQ%", "REQ is written (HEADER)"],
    ["%REQ()%", "REQ is written (HEADER)"],
    ["%REQ(a?b?c)%", "REQ is written (HEADER)"],
    ["%REQ(a b)%", "REQ is written (HEADER)"],
    ["%REQ(a):x%", "is no operator"],
    ["%REQ(a):%", "is no operator"],
    ["%REQ(a):-1%", "is no operator"],
    ["%REQ(a%", "is no operator"],
    ["%REQ(a))%", "is no operator"],
    ["%REQ((a)%", "is no operator"],
    ["%REQ(a\r\n)%", "is no operator"],
    ["%START_TIME(%n)%", "START_TIME is written alone or (FORMAT)"],
    ["%START_TIME(%En)%", "START_TIME is written alone or (FORMAT)"],
    ["%START_TIME():3%", "START_TIME is written alone or (FORMAT)"],
    ["%START_TIME(%s):3%", "START_TIME is written alone or (FORMAT)"],
    ["%GRPC_STATUS(UPPER)%", "GRPC_STATUS is written alone"],
  ])("%j", (text, problem) => expect(formatProblem(text)).toContain(problem));

  test("and a long text without an end is looked at once", () => {
    expect(formatProblem("%A".repeat(100_000))).toContain("is no operator");
    expect(formatProblem(`%REQ(${"a?".repeat(100_000)}`)).toContain("is no operator");
  });

  test("what is shown of it is short and on one line", () => {
    expect(formatProblem(`%NOPE(\u0007${"a".repeat(400)})%`)).toMatch(/^"%NOPE\( a{50,60}…": NOPE is no operator/);
  });
});
