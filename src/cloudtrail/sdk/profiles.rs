//! The machine's two files of profiles: found where AWS's tools look for them, read once, and parsed by the SDK.
//!
//! The SDK takes a file that it can't read, or that is not text, for an empty one, and does not say where a file is
//! malformed. So the files are read here, and the SDK is handed what is in them.

use super::causes;
use crate::{failure::Failure, input};
use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind as Kind, EnvConfigFiles};
use std::path::{Path, PathBuf};

/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
const FILES: [(Kind, &str, &str, &str); 2] = [
    (Kind::Config, "AWS config file", "AWS_CONFIG_FILE", "~/.aws/config"),
    (Kind::Credentials, "AWS credentials file", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];

/// What says of a profile that it has credentials, or where they come from. Source: AWS SDKs and Tools Reference Guide,
/// "Settings reference".
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
    /// What is in the files, for the SDK.
    pub(super) files: EnvConfigFiles,
    paths: Vec<PathBuf>,
    set: ProfileSet,
}

impl Profiles {
    /// Reads them from the files that `environment` names.
    ///
    /// # Errors
    ///
    /// A file that is there, but can't be read, is not text, or is malformed.
    pub(super) async fn read(environment: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let (mut files, mut paths) = (EnvConfigFiles::builder(), Vec::new());
        for (kind, what, variable, default) in FILES {
            let path = expanded(environment(variable).as_deref().unwrap_or(default), environment("HOME"));
            let text = if path.exists() { input::text(what, &path)? } else { String::new() };
            parsed(&EnvConfigFiles::builder().with_contents(kind, text.clone()).build())
                .await
                .map_err(|said| malformed(what, &path, &said))?;
            files = files.with_contents(kind, text);
            paths.push(path);
        }
        let files = files.build();
        let set = parsed(&files).await.map_err(Failure::system)?;
        Ok(Self { files, paths, set })
    }

    /// Whether the profile of this `name` has credentials, or says where they come from; none where it doesn't exist.
    pub(super) fn has_credentials(&self, name: &str) -> Option<bool> {
        let profile = self.set.get_profile(name)?;
        Some(OF_CREDENTIALS.iter().any(|setting| is_set(profile, setting)))
    }

    /// Where the files are, or would be, with this word between them.
    pub(super) fn places(&self, word: &str) -> String {
        let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        paths.join(&format!(" {word} "))
    }
}

fn is_set(profile: &Profile, setting: &str) -> bool {
    profile.get(setting).is_some_and(|value| !value.trim().is_empty())
}

/// The path with the user's home in the place of a `~`.
fn expanded(path: &str, home: Option<String>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => Path::new(&home).join(below),
        _ => PathBuf::from(path),
    }
}

async fn parsed(files: &EnvConfigFiles) -> Result<ProfileSet, String> {
    // The files' contents are given: nothing of the file system or of the environment matters.
    let (file_system, environment) = Default::default();
    profile::load(&file_system, &environment, files, None).await.map_err(|error| causes(&error))
}

/// The SDK says "error parsing PATH on line 2:\n  Expected …", which never quotes the file.
fn malformed(what: &str, path: &Path, said: &str) -> Failure {
    let place = said.rsplit_once(" on line ").map(|(_, place)| format!(" on line {}", place.replace(":\n  ", ": ")));
    Failure::config(format!(
        "The {what} {} is malformed{}. Correct the file, or enter aws_key_id and aws_secret_key.",
        path.display(),
        place.unwrap_or_default(),
    ))
    .with_internal(said)
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
    async fn a_profile_with_credentials_is_told_from_one_without_and_from_none() {
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
        assert!(profiles.places("and").contains("/.aws/config and "));
        assert_eq!(read("", "").await.unwrap().has_credentials("default"), None);
    }

    #[tokio::test]
    async fn the_place_in_a_malformed_file_is_named_and_not_quoted() {
        for (config, credentials, says) in [
            (
                "",
                "[default]\nhush\n",
                "/keys is malformed on line 2: Expected an '=' sign defining a property. Correct",
            ),
            (
                "[default]\n[hush\n",
                "",
                "/.aws/config is malformed on line 2: Profile definition must end with ']'. Correct",
            ),
            ("hush = hush", "", "is malformed on line 1: Expected a profile definition. Correct"),
        ] {
            let Err(failure) = read(config, credentials).await else { panic!("{says}: it is taken") };
            assert!(failure.message.contains(says), "{}", failure.message);
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
    }
}
