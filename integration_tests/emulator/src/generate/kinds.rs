//! The usual events of an account: calls of services, people and programs.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use super::Generator;
use crate::calendar::iso_8601;
use crate::uuid::uuid;

/// An event before it is put into the form of the API: what the record says, and what the API extracts from it.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) access_key: Option<String>,
    pub(super) username: Option<String>,
    pub(super) resources: Value,
    pub(super) record: Value,
}

/// A source, what is called, whether it only reads, and the type of what it is done to.
struct Kind {
    source: &'static str,
    name: &'static str,
    reads: bool,
    resource_type: Option<&'static str>,
}

const fn kind(source: &'static str, name: &'static str, reads: bool, resource_type: Option<&'static str>) -> Kind {
    Kind { source, name, reads, resource_type }
}

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

const PEOPLE: [&str; 5] = ["alice", "bob", "carol@example.com", "deploy-bot", "terraform"];
const AGENTS: [&str; 3] = [
    "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.7 cfg/retry-mode#standard",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.67.0 aws-sdk-go-v2/1.30.5 os/linux lang/go#1.22.6",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
];

/// An ordinary event, of a kind that the random numbers choose.
pub(super) fn draft(generator: &Generator, second: i64, random: &mut Xoshiro256PlusPlus) -> Draft {
    let kind = &KINDS[random.random_range(0..KINDS.len())];
    let person = PEOPLE[random.random_range(0..PEOPLE.len())];
    let account = generator.account.as_str();
    let id = uuid(random);
    let access_key = format!("ASIA{:016X}", random.random::<u64>());
    let by_service = kind.name == "AssumeRole" && random.random_bool(0.7);
    let login = kind.name == "ConsoleLogin";
    let target = format!("{}-{:08x}", kind.name.to_lowercase(), random.random::<u32>());
    let resources = match kind.resource_type {
        Some(resource_type) => json!([{"ResourceType": resource_type, "ResourceName": target}]),
        None => json!([]),
    };
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(generator, second, person, &access_key, by_service, login),
        "eventTime": iso_8601(second),
        "eventSource": kind.source,
        "eventName": kind.name,
        "awsRegion": generator.region,
        "sourceIPAddress": if by_service { "ec2.amazonaws.com".to_owned() } else { address(random) },
        "userAgent": if by_service { "ec2.amazonaws.com" } else { AGENTS[random.random_range(0..AGENTS.len())] },
        "requestParameters": {"name": target, "tagSet": {"items": [
            {"key": "aws:cloudformation:stack-name", "value": format!("{target}-stack")},
            {"key": "cost-center", "value": random.random_range(1000..9999).to_string()},
        ]}},
        "responseElements": if kind.reads { Value::Null } else { json!({"status": "Success", "requestId": uuid(random)}) },
        "requestID": uuid(random),
        "eventID": id,
        "readOnly": kind.reads,
        "eventType": if login { "AwsConsoleSignIn" } else { "AwsApiCall" },
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
        record["errorMessage"] = json!(format!("User: {person} is not authorized to perform: {}", kind.name));
    }
    Draft {
        id,
        access_key: (!by_service && !login).then_some(access_key),
        username: (!by_service).then(|| person.to_owned()),
        resources,
        record,
    }
}

fn identity(
    generator: &Generator,
    second: i64,
    person: &str,
    access_key: &str,
    by_service: bool,
    login: bool,
) -> Value {
    let account = &generator.account;
    if by_service {
        return json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});
    }
    if login {
        return json!({
            "type": "IAMUser", "principalId": "AIDAEXAMPLEPRINCIPAL", "accountId": account,
            "arn": format!("arn:aws:iam::{account}:user/{person}"), "userName": person,
        });
    }
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLEPRINCIPAL:{person}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/platform-engineer/{person}"),
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

/// An address of the ranges set aside for documentation.
fn address(random: &mut Xoshiro256PlusPlus) -> String {
    format!("203.0.113.{}", random.random_range(1..255))
}
