import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import type { AccessLog as AccessLogView } from "../../graph/view.ts";
import { typed } from "../encode/typed.ts";
import { type AccessLog, AccessLogSchema } from "../generated/envoy/config/accesslog/v3/accesslog_pb.js";
import type { SubstitutionFormatStringSchema } from "../generated/envoy/config/core/v3/substitution_format_string_pb.js";
import { FileAccessLogSchema } from "../generated/envoy/extensions/access_loggers/file/v3/file_pb.js";

/** The access log of a listener's chains, in a list that is empty where there is none. */
export function accessLogs(view: AccessLogView | undefined): readonly AccessLog[] {
  if (view === undefined) return [];
  const format = formatOf(view);
  const value = typed(FileAccessLogSchema, {
    path: view.path,
    ...(format !== undefined && { accessLogFormat: { case: "logFormat", value: format } }),
  });
  return [create(AccessLogSchema, { name: "envoy.access_loggers.file", configType: { case: "typedConfig", value } })];
}

type Format = MessageInitShape<typeof SubstitutionFormatStringSchema>;

/** Of both at once, which the API never took, JSON counts. Undefined: Envoy's own format. */
function formatOf({ format }: AccessLogView): Format | undefined {
  if (format?.json !== undefined && format.json.length > 0) {
    const value: JsonObject = Object.fromEntries(format.json.map((entry) => [entry.key, entry.value]));
    return { format: { case: "jsonFormat", value } };
  }
  if (format?.text !== undefined && format.text !== "") {
    // the end of the line is the user's
    const value = { specifier: { case: "inlineString", value: format.text } } as const;
    return { format: { case: "textFormatSource", value } };
  }
  return undefined;
}
