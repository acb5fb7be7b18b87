"""Checks the policies and templates of the documentation, which are there to be copied.

    python3 check_templates.py DOCS

cfn-lint checks the CloudFormation template, and python-hcl2 parses all Terraform code. The roles of the template, of the
Terraform file and of iam.md must allow the same, and the connector's policy must name the role.
"""
import json
import re
import sys
from pathlib import Path

import hcl2
from cfnlint.api import lint_file
from cfnlint.decode import decode

# What the connector requests of AWS.
OF_ACCOUNTS = {("account:ListRegions", "*"), ("cloudtrail:LookupEvents", "*")}
OF_CONNECTOR = OF_ACCOUNTS | {
    ("organizations:ListAccounts", "*"),
    ("sts:AssumeRole", "arn:aws:iam::*:role/cloudtrail-reader"),
}
TRUST = ({"sts:AssumeRole"}, {"sts:ExternalId"})


def listed(value):
    return value if isinstance(value, list) else [value]


def permissions(policy):
    """What a policy allows: pairs of an action and a resource."""
    assert all(statement["Effect"] == "Allow" for statement in policy["Statement"])
    return {
        (action, resource)
        for statement in policy["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def blocks(path, language):
    """The code blocks of a page, each with the heading that it is under."""
    for section in re.split(r"^#+ ", path.read_text(), flags=re.MULTILINE):
        for block in re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
            yield section.splitlines()[0], block


def parsed(terraform):
    options = hcl2.SerializationOptions(strip_string_quotes=True, explicit_blocks=False)
    return hcl2.loads(terraform, serialization_options=options)


def check_page(path):
    policies = {}
    for heading, block in blocks(path, "json"):
        policies.setdefault(heading, []).append(json.loads(block))
    role, trust = policies["The role in each account"]
    assert permissions(role) == OF_ACCOUNTS, role
    [statement] = trust["Statement"]
    assert ({statement["Action"]}, set(statement["Condition"]["StringEquals"])) == TRUST, trust
    [connector] = policies["The connector"]
    assert permissions(connector) == OF_CONNECTOR, connector


def check_cloudformation(path):
    problems = lint_file(path)
    assert not problems, problems
    template, _ = decode(str(path))
    assert template["Parameters"]["RoleName"]["Default"] == "cloudtrail-reader"
    role = template["Resources"]["Role"]["Properties"]
    [policy] = role["Policies"]
    assert permissions(policy["PolicyDocument"]) == OF_ACCOUNTS, policy
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    _, condition, _ = statement["Condition"]["Fn::If"]
    assert ({statement["Action"]}, set(condition["StringEquals"])) == TRUST, statement


def check_terraform(path):
    file = parsed(path.read_text())
    [name] = [variable["role_name"] for variable in file["variable"] if "role_name" in variable]
    assert name["default"] == "cloudtrail-reader"
    documents = {name: document for data in file["data"] for name, document in data["aws_iam_policy_document"].items()}
    [statement] = documents["lookup_events"]["statement"]
    allowed = {(action, resource) for action in statement["actions"] for resource in statement["resources"]}
    assert allowed == OF_ACCOUNTS, statement
    [statement] = documents["trust"]["statement"]
    [condition] = statement["dynamic"][0]["condition"]["content"]
    assert (set(statement["actions"]), {condition["variable"]}) == TRUST, statement


def main(docs):
    check_page(docs / "iam.md")
    check_cloudformation(docs / "templates/cloudtrail-reader-role.yaml")
    check_terraform(docs / "templates/cloudtrail-reader-role.tf")
    terraform = [parsed(block) for path in sorted(docs.glob("*.md")) for _, block in blocks(path, "hcl")]
    assert len(terraform) == 2, terraform
    print("The policies and templates are valid, and allow the same")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
