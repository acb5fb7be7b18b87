//! This machine's profiles, in the two files where AWS's tools look for them. They are read once and parsed by the SDK.
//!
//! The SDK takes a file that it can't read, or that isn't UTF-8, for an empty one, and does not say where a file is
//! malformed. So the files are read here, and the SDK gets what is in them.

use super::errors::causes;
use crate::{failure::Failure, input};
use aws_config::profile::{self, Profile, ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind as Kind, EnvConfigFiles};
use std::path::{Path, PathBuf};

/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
const FILES: [(Kind, &str, &str, &str); 2] = [
    (Kind::Config, "AWS config file", "AWS_CONFIG_FILE", "~/.aws/config"),
    (Kind::Credentials, "AWS credentials file", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];

/// The settings of a profile that has credentials, or that says where they come from. Source: AWS SDKs and Tools Reference
/// Guide, "Settings reference".
const OF_CREDENTIALS: [&str; 13] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The profiles of this machine.
pub(super) struct Profiles {
    /// The contents of the files, for the SDK.
    pub(super) files: EnvConfigFiles,
    paths: Vec<PathBuf>,
    set: ProfileSet,
}

impl Profiles {
    /// Reads the profiles from the files that `environment` names.
    ///
    /// # Errors
    ///
    /// A file exists, but can't be read, is not UTF-8, or is malformed.
    pub(super) async fn read(environment: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let (mut files, mut paths) = (EnvConfigFiles::builder(), Vec::new());
        for (kind, what, variable, default) in FILES {
            let path = expanded(environment(variable).as_deref().unwrap_or(default), environment("HOME"));
            let text = if path.exists() { input::text(what, &path)? } else { String::new() };
            parsed(&EnvConfigFiles::builder().with_contents(kind, text.clone()).build())
                .await
                .map_err(|error| malformed(what, &path, error))?;
            files = files.with_contents(kind, text);
            paths.push(path);
        }
        let files = files.build();
        let set = parsed(&files).await.map_err(|error| {
            Failure::system("The AWS SDK can't merge the profiles of this machine. Report this error.")
                .with_source(error)
        })?;
        Ok(Self { files, paths, set })
    }

    /// Whether the profile of this `name` has credentials, or says where they come from; none if it does not exist.
    pub(super) fn has_credentials(&self, name: &str) -> Option<bool> {
        let profile = self.set.get_profile(name)?;
        Some(OF_CREDENTIALS.iter().any(|setting| is_set(profile, setting)))
    }

    /// The paths of the two files, whether they exist or not, with this word between them.
    pub(super) fn paths(&self, word: &str) -> String {
        let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        paths.join(&format!(" {word} "))
    }
}

fn is_set(profile: &Profile, setting: &str) -> bool {
    profile.get(setting).is_some_and(|value| !value.trim().is_empty())
}

/// `path` with the user's home directory in place of `~`.
fn expanded(path: &str, home: Option<String>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => Path::new(&home).join(below),
        _ => PathBuf::from(path),
    }
}

async fn parsed(files: &EnvConfigFiles) -> Result<ProfileSet, ProfileFileLoadError> {
    // The contents of the files are given, so the file system and the environment don't matter.
    let (file_system, environment) = Default::default();
    profile::load(&file_system, &environment, files, None).await
}

/// The SDK's text is "error parsing PATH on line 2:\n  Expected …", which never quotes the file.
fn malformed(what: &str, path: &Path, error: ProfileFileLoadError) -> Failure {
    let text = causes(&error);
    let reason = text.rsplit_once(" on line ").map_or(text.clone(), |(_, place)| format!("line {place}"));
    Failure::config(format!(
        "The {what} {path} is malformed ({reason}). Correct the file, or enter aws_key_id and aws_secret_key.",
        path = path.display(),
        reason = reason.replace(":\n  ", ": "),
    ))
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(config: &str, credentials: &str) -> Result<Profiles, Failure> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".aws")).unwrap();
        std::fs::write(folder.path().join(".aws/config"), config).unwrap();
        std::fs::write(folder.path().join("keys"), credentials).unwrap();
        let environment = |name: &str| match name {
            "HOME" => Some(folder.path().display().to_string()),
            "AWS_SHARED_CREDENTIALS_FILE" => Some("~/keys".to_owned()),
            _ => None,
        };
        Profiles::read(&environment).await
    }

    #[tokio::test]
    async fn a_profile_without_credentials_is_not_a_missing_profile() {
        let config = "[profile region]\nregion = us-east-1\n[profile role]\nrole_arn = arn\nsource_profile = key\n";
        let credentials = "[key]\naws_access_key_id = AKIA\n[empty]\naws_access_key_id =\n[region]\n";
        let profiles = read(config, credentials).await.unwrap();
        for (name, has) in [
            ("role", Some(true)),
            ("key", Some(true)),
            ("region", Some(false)),
            ("empty", Some(false)),
            ("keys", None),
            ("default", None),
        ] {
            assert_eq!(profiles.has_credentials(name), has, "{name}");
        }
        assert!(profiles.paths("and").contains("/.aws/config and "));
        assert_eq!(read("", "").await.unwrap().has_credentials("default"), None);
    }

    #[tokio::test]
    async fn the_line_of_a_malformed_file_is_named_but_not_quoted() {
        for (config, credentials, says) in [
            ("", "[default]\nhush\n", "/keys is malformed (line 2: Expected an '=' sign defining a property). Correct"),
            (
                "[default]\n[hush\n",
                "",
                "/.aws/config is malformed (line 2: Profile definition must end with ']'). Correct",
            ),
            ("hush = hush", "", "is malformed (line 1: Expected a profile definition). Correct"),
        ] {
            let Err(failure) = read(config, credentials).await else { panic!("{says}: it is accepted") };
            assert!(failure.message.contains(says), "{}", failure.message);
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }
}
