//! Ordinary management events: the API calls of services, people and programs.

use super::{draft::Draft, generator::Generator};
use crate::{
    random::{Random, uuid},
    wire::timestamp::iso_8601,
};
use rand::RngExt;
use serde_json::{Value, json};

const KINDS: [Kind; 12] = [
    kind("sts.amazonaws.com", "AssumeRole", true, Some("AWS::IAM::Role")),
    kind("ec2.amazonaws.com", "DescribeInstances", true, None),
    kind("kms.amazonaws.com", "Decrypt", true, Some("AWS::KMS::Key")),
    kind("signin.amazonaws.com", "ConsoleLogin", false, None),
    kind("s3.amazonaws.com", "GetBucketAcl", true, Some("AWS::S3::Bucket")),
    kind("iam.amazonaws.com", "CreateAccessKey", false, Some("AWS::IAM::AccessKey")),
    kind("s3.amazonaws.com", "PutBucketPolicy", false, Some("AWS::S3::Bucket")),
    kind("ec2.amazonaws.com", "RunInstances", false, Some("AWS::EC2::Instance")),
    kind("iam.amazonaws.com", "AttachRolePolicy", false, Some("AWS::IAM::Policy")),
    kind("logs.amazonaws.com", "CreateLogStream", false, None),
    kind("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", false, Some("AWS::Lambda::Function")),
    kind("cloudtrail.amazonaws.com", "LookupEvents", true, None),
];

const USERS: [&str; 5] = ["alice", "bob", "carol@example.com", "deploy-bot", "terraform"];
const USER_AGENTS: [&str; 3] = [
    "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.7 cfg/retry-mode#standard",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.67.0 aws-sdk-go-v2/1.30.5 os/linux lang/go#1.22.6",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
];

/// An ordinary event of a random kind.
pub(super) fn draft(generator: &Generator, second: i64, random: &mut Random) -> Draft {
    let kind = &KINDS[random.random_range(0..KINDS.len())];
    let user = USERS[random.random_range(0..USERS.len())];
    let account = generator.account.as_str();
    let id = uuid(random);
    let access_key = format!("ASIA{:016X}", random.random::<u64>());
    let by_service = kind.name == "AssumeRole" && random.random_bool(0.7);
    let is_login = kind.name == "ConsoleLogin";
    let target = format!("{}-{:08x}", kind.name.to_lowercase(), random.random::<u32>());
    let resources = match kind.resource_type {
        Some(resource_type) => json!([{"ResourceType": resource_type, "ResourceName": target}]),
        None => json!([]),
    };
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(generator, second, user, &access_key, by_service, is_login),
        "eventTime": iso_8601(second),
        "eventSource": kind.source,
        "eventName": kind.name,
        "awsRegion": generator.region,
        "sourceIPAddress": if by_service { "ec2.amazonaws.com".to_owned() } else { address(random) },
        "userAgent": if by_service { "ec2.amazonaws.com" } else { USER_AGENTS[random.random_range(0..USER_AGENTS.len())] },
        "requestParameters": {"name": target, "tagSet": {"items": [
            {"key": "aws:cloudformation:stack-name", "value": format!("{target}-stack")},
            {"key": "cost-center", "value": random.random_range(1000..9999).to_string()},
        ]}},
        "responseElements": if kind.read_only { Value::Null } else { json!({"status": "Success", "requestId": uuid(random)}) },
        "requestID": uuid(random),
        "eventID": id,
        "readOnly": kind.read_only,
        "eventType": if is_login { "AwsConsoleSignIn" } else { "AwsApiCall" },
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    });
    if !by_service {
        record["tlsDetails"] = json!({
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": format!("{}.{}.amazonaws.com", kind.source.split('.').next().unwrap_or_default(), generator.region),
        });
    }
    if random.random_bool(0.05) {
        record["errorCode"] = json!("AccessDenied");
        record["errorMessage"] = json!(format!("User: {user} is not authorized to perform: {}", kind.name));
    }
    Draft {
        id,
        access_key: (!by_service && !is_login).then_some(access_key),
        username: (!by_service).then(|| user.to_owned()),
        resources: Some(resources),
        record,
    }
}

/// A kind of event.
struct Kind {
    source: &'static str,
    name: &'static str,
    read_only: bool,
    /// The type of the resource that the call is about.
    resource_type: Option<&'static str>,
}

const fn kind(source: &'static str, name: &'static str, read_only: bool, resource_type: Option<&'static str>) -> Kind {
    Kind { source, name, read_only, resource_type }
}

fn identity(
    generator: &Generator,
    second: i64,
    user: &str,
    access_key: &str,
    by_service: bool,
    is_login: bool,
) -> Value {
    let account = &generator.account;
    if by_service {
        return json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    }
    if is_login {
        return json!({
            "type": "IAMUser", "principalId": "AIDAEXAMPLEPRINCIPAL", "accountId": account,
            "arn": format!("arn:aws:iam::{account}:user/{user}"), "userName": user,
        });
    }
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLEPRINCIPAL:{user}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/platform-engineer/{user}"),
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": "AROAEXAMPLEPRINCIPAL", "accountId": account,
                "arn": format!("arn:aws:iam::{account}:role/platform-engineer"), "userName": "platform-engineer",
            },
            "attributes": {"creationDate": iso_8601(second - 600), "mfaAuthenticated": "false"},
        },
    })
}

/// An IP address from a range that is reserved for documentation.
fn address(random: &mut Random) -> String {
    format!("203.0.113.{}", random.random_range(1..255))
}
