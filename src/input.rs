//! What the platform or a person passes in: files and environment variables.

use crate::failure::Failure;
use serde_json::Value;
use std::{env, fs, io::ErrorKind, path::Path};

/// The value of an environment variable. A value that is not UTF-8 is not taken for an absent one.
pub(crate) fn environment(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The text of the file at `path`. Messages call it `what`, such as "config".
///
/// # Errors
///
/// A config error that names the file and says why it can't be read.
pub(crate) fn text(what: &str, path: &Path) -> Result<String, Failure> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => "the file does not exist".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::IsADirectory => "it is a directory".to_owned(),
            _ => error.to_string(),
        };
        if path.to_string_lossy().trim_start().starts_with(['{', '[']) {
            return Failure::config(format!("The {what} is JSON instead of the path of a file. Pass the path."));
        }
        Failure::config(format!("The {what} can't be read from {file}: {reason}. Check the path and its permissions."))
            .with_source(error)
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        // Not the error itself, which quotes the file.
        Failure::config(format!("The {what} in {file} is not UTF-8. Save it in UTF-8.")).with_source(error.utf8_error())
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The JSON in the file at `path`. Messages call it `what`.
///
/// # Errors
///
/// A config error that names the file and the place in it. It never quotes the file, which may contain secrets.
pub(crate) fn json(what: &str, path: &Path) -> Result<Value, Failure> {
    let (text, file) = (text(what, path)?, path.display());
    if text.trim().is_empty() {
        return Err(Failure::config(format!("The {what} file {file} is empty. Write the {what} into it.")));
    }
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let failure = if error.is_eof() {
            Failure::config(format!("The {what} in {file} is not JSON: it ends too early. Complete the file."))
        } else {
            Failure::config(format!("The {what} in {file} is not JSON. Check line {line}, column {column}."))
        };
        failure.with_source(error)
    })
}
