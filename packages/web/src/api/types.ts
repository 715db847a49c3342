/** What the API answers: the client's types, which are written from its OpenAPI document, by the names that pages use. */
import type { Answer, AssetReport, Member, View } from "@maquette/client";

export type {
  Asset,
  AssetOptions,
  AuditEvent,
  Delivery,
  Destination,
  Iteration,
  Member,
  Project,
  ProjectStyle,
  Quota,
  Studio,
  View,
} from "@maquette/client";

export type Me = Answer<"getAccount">;
export type AssetPage = Answer<"getRequests">;
/** A line of the library. */
export type ListedAsset = AssetPage["assets"][number];
export type Status = ListedAsset["status"];
export type Quality = ListedAsset["loq"];
export type ViewLabel = Exclude<Extract<View, string>, "auto">;
export type IterationDetail = Answer<"getRequestsRequestIDIterationsIterationID">;
/** Nothing in it is certain: records of older versions lack fields. */
export type Report = AssetReport;
export type PictureReport = NonNullable<Report["pictures"]>[number];
export type Sight = Answer<"postInspections">["images"][number];
export type Role = Member["role"];
export type Session = Answer<"getSessions">["sessions"][number];
export type Usage = Answer<"getUsage">;
export type Generators = Answer<"listGenerators">;
export type Installation = Answer<"getOperator">;
export type Process = Installation["processes"][number];
