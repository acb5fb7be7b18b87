//! The invariants of ARCHITECTURE.md that no compiler holds.

use crate::source::{files, root};
use std::{collections::BTreeSet, fs};

/// The code of a source file: what is before its tests, without comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// That only the files and folders in `allowed` say any of `words` in their code.
#[track_caller]
fn only_in(allowed: &[&str], words: &[&str]) {
    for (path, text) in files("src", "rs") {
        let found = words.iter().find(|word| code(&text).contains(**word));
        let is_allowed = allowed.iter().any(|allowed| path.starts_with(allowed));
        assert!(
            found.is_none() || is_allowed,
            "{} says {found:?}: that is the business of {allowed:?}",
            path.display()
        );
    }
}

#[test]
fn stdout_is_written_in_one_place() {
    only_in(&["src/airbyte/stdout.rs"], &["io::stdout", "print!", "println!"]);
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    only_in(&["src/clock.rs"], &["SystemTime"]);
}

#[test]
fn the_aws_crates_are_named_in_one_module() {
    only_in(
        &["src/cloudtrail/sdk.rs", "src/cloudtrail/sdk"],
        &["aws_sdk_", "aws_config", "aws_credential_types", "aws_runtime", "aws_smithy", "hyper::", "rustls::"],
    );
}

#[test]
fn no_file_is_written_anywhere() {
    only_in(&[], &["fs::write", "File::create", "OpenOptions", "create_dir"]);
    // Whether stdout is `/dev/null`, `stdout.rs` finds out.
    only_in(&["src/input.rs", "src/airbyte/stdout.rs"], &["fs::"]);
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    for folder in ["src", "integration_tests"] {
        for (path, text) in files(folder, "rs") {
            assert!(text.starts_with("//! "), "{} does not say what it is for", path.display());
        }
    }
}

#[test]
fn versions_agree() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## [")?.split(']').next()).unwrap();
    assert_eq!(newest, version, "CHANGELOG.md");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rows) = readme.split_once("\n## Changelog\n").unwrap();
    assert!(rows.contains(&format!("| {version} ")), "README.md's changelog has no row for {version}");
    let mut images = readme.split("source-aws-cloudtrail:").skip(1);
    assert!(images.all(|tag| tag.starts_with(version)), "README.md names another image");
    let metadata = fs::read_to_string(root().join("metadata.yaml")).unwrap();
    assert!(metadata.contains(&format!("\n  dockerImageTag: {version}\n")), "metadata.yaml");
    let labels = format!("LABEL io.airbyte.name=airbyte/source-aws-cloudtrail io.airbyte.version={version}\n");
    assert!(fs::read_to_string(root().join("Dockerfile")).unwrap().contains(&labels), "Dockerfile");
}

/// The comment above it says what it is for.
#[test]
fn each_dependency_is_justified() {
    let mut dependencies = 0;
    for manifest in ["Cargo.toml", "integration_tests/emulator/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let (mut section, mut above) = ("", "");
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]") && line.contains(" = ") && !line.starts_with([' ', '#']) {
                assert!(above.starts_with("# "), "{manifest} does not say what this is for: {line}");
                dependencies += 1;
            }
            above = line;
        }
    }
    assert!(dependencies >= 50, "{dependencies} dependencies");
}

/// Two versions of it would be two copies in one program.
#[test]
fn there_is_one_sha_2() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert_eq!(lock.matches("name = \"sha2\"\n").count(), 1);
}

#[test]
fn the_documentation_lists_the_columns_of_each_stream() {
    let text = fs::read_to_string(root().join("docs/records.md")).unwrap();
    let (fields, columns) = text.split_once("\n### management_events\n").unwrap();
    let (management, insights) = columns.split_once("\n### insight_events\n").unwrap();
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned)).collect()
    };
    for (schema, section) in [("management_events", management), ("insight_events", insights)] {
        let schema = fs::read_to_string(root().join(format!("schemas/{schema}.json"))).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let declared: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let listed: BTreeSet<String> = names(fields).into_iter().chain(names(section)).collect();
        assert_eq!(listed, declared);
    }
}

/// Policies, configs and states are there to be copied.
#[test]
fn the_documentations_json_is_json() {
    let readme = ("README.md".into(), fs::read_to_string(root().join("README.md")).unwrap());
    let mut blocks = 0;
    for (path, text) in files("docs", "md").into_iter().chain([readme]) {
        for block in text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(block);
            assert!(parsed.is_ok(), "{}: {parsed:?}: {block}", path.display());
            blocks += 1;
        }
    }
    assert!(blocks >= 8, "{blocks} blocks");
}
