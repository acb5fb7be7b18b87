# The role that Airbyte's AWS CloudTrail source assumes in an account, to read its event history.

variable "trusted_principal_arn" {
  type        = string
  description = "The ARN of the IAM user or role that assumes the role. It must exist."
}

variable "external_id" {
  type        = string
  description = "The external ID that the connector sends (external_id). Null if none is required."
  default     = null
}

variable "role_name" {
  type        = string
  description = "The name of the role (role_name)."
  default     = "cloudtrail-reader"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }

    dynamic "condition" {
      for_each = var.external_id[*]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

data "aws_iam_policy_document" "lookup_events" {
  statement {
    actions   = ["account:ListRegions", "cloudtrail:LookupEvents"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "cloudtrail_reader" {
  name               = var.role_name
  description        = "Lets Airbyte read the event history of CloudTrail."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "lookup_events" {
  name   = "lookup-events"
  role   = aws_iam_role.cloudtrail_reader.name
  policy = data.aws_iam_policy_document.lookup_events.json
}

output "role_arn" {
  description = "The ARN of the role (role_arn, or an item of role_arns)."
  value       = aws_iam_role.cloudtrail_reader.arn
}
