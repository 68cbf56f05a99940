import { text } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** Where objects pretend to live in AWS: made up for the ARNs in their statuses, without effect on anything else. */
export const arn = group({
  account: setting(
    text("an account number of 12 digits", /^[0-9]{12}$/).default("000000000000"),
    "AWS account in the ARNs of statuses",
  ),
  region: setting(
    text("a region such as us-west-2", /^[a-z0-9-]+$/, 63).default("us-west-2"),
    "AWS region in the ARNs of statuses",
  ),
});
