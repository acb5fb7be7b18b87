//! The invariants of ARCHITECTURE.md that no compiler holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` that end in `extension`, with their texts.
fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == extension) {
                found.push((path.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} below {folder}");
    found
}

/// The code of a source file: what is before its tests, without comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// That only `allowed` say any of `words` in their code.
#[track_caller]
fn only_in(allowed: &[&str], words: &[&str]) {
    for (path, text) in files("src", "rs") {
        let found = words.iter().find(|word| code(&text).contains(**word));
        let is_allowed = allowed.iter().any(|allowed| path == Path::new(allowed));
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
    let module = [
        "src/cloudtrail/sdk.rs",
        "src/cloudtrail/sdk/masked_provider.rs",
        "src/cloudtrail/sdk/identity.rs",
        "src/cloudtrail/sdk/interceptors.rs",
        "src/cloudtrail/sdk/profiles.rs",
        "src/cloudtrail/sdk/proxies.rs",
        "src/cloudtrail/sdk/retry_after.rs",
        "src/cloudtrail/sdk/session.rs",
    ];
    only_in(&module, &["aws_sdk_", "aws_config", "aws_credential_types", "aws_runtime", "aws_smithy"]);
}

#[test]
fn no_file_is_written_anywhere() {
    only_in(&[], &["fs::write", "File::create", "OpenOptions", "create_dir"]);
    // Whether stdout is `/dev/null`, `stdout.rs` finds out.
    only_in(&["src/input.rs", "src/airbyte/stdout.rs"], &["fs::"]);
}

/// What is pure neither waits nor reads nor writes, and knows nothing of those who do.
#[test]
fn the_core_is_pure() {
    let pure = [
        "backlog",
        "budget",
        "catalog",
        "checkpoint",
        "config",
        "config/credentials",
        "config/endpoint",
        "config/regions",
        "coverage",
        "digest",
        "loose",
        "order",
        "pacer",
        "patience",
        "plan",
        "plan/chain",
        "plan/density",
        "plan/evenness",
        "plan/tiling",
        "progress",
        "record",
        "seconds",
        "silence",
        "state",
        "state/entry",
        "state/filter",
        "state/notes",
        "state/saved",
        "window",
        "cloudtrail/refusal",
        "cloudtrail/refusal/answers",
        "cloudtrail/refusal/credentials",
        "cloudtrail/refusal/unanswered",
    ];
    for name in pure {
        let path = root().join(format!("src/{name}.rs"));
        let code = code(&fs::read_to_string(&path).unwrap());
        for impure in [
            "tokio",
            "async",
            "std::io",
            "std::fs",
            "std::env",
            "crate::clock",
            "crate::output",
            "crate::delivery",
            "crate::reader",
            "fastrand",
        ] {
            assert!(!code.contains(impure), "{name} is pure, but says {impure}");
        }
    }
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
fn every_module_is_on_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (path, _) in files("src", "rs") {
        let name = path.strip_prefix("src").unwrap().display().to_string();
        assert!(name.ends_with("tests.rs") || map.contains(&format!("`{name}`")), "{name} is not in ARCHITECTURE.md");
    }
}

#[test]
fn versions_agree() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## [")?.split(']').next()).unwrap();
    assert_eq!(newest, version, "CHANGELOG.md");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("| {version} ")), "README.md's changelog has no row for {version}");
    let mut images = readme.split("source-aws-cloudtrail:").skip(1);
    assert!(images.all(|tag| tag.starts_with(version)), "README.md names another image");
    let metadata = fs::read_to_string(root().join("metadata.yaml")).unwrap();
    assert!(metadata.contains(&format!("\n  dockerImageTag: {version}\n")), "metadata.yaml");
    let labels = format!("LABEL io.airbyte.name=airbyte/source-aws-cloudtrail io.airbyte.version={version}\n");
    assert!(fs::read_to_string(root().join("Dockerfile")).unwrap().contains(&labels), "Dockerfile");
}

/// Two versions of it would be two copies in one program.
#[test]
fn there_is_one_sha_2() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert_eq!(lock.matches("name = \"sha2\"\n").count(), 1);
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
