//! The files that the platform, or a person, hands in.

use crate::failure::Failure;
use serde_json::Value;
use std::{fs, io::ErrorKind, path::Path};

/// The text of the file with the `what`, such as the config.
///
/// # Errors
///
/// A config error that names the file and says why it can't be read.
pub(crate) fn text(what: &str, path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
            ErrorKind::IsADirectory => "it is a directory".to_owned(),
            _ => error.to_string(),
        };
        if path.to_string_lossy().trim_start().starts_with(['{', '[']) {
            return Failure::config(format!("The {what} is to be given as the path of a file, not as JSON itself."));
        }
        Failure::config(format!("The {what} can't be read from {}: {why}.", path.display()))
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::config(format!("The {what} in {} is not text in UTF-8.", path.display())))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The JSON in the file with the `what`.
///
/// # Errors
///
/// A config error that names the file and the place in it, and never quotes it: it may hold secrets.
pub(crate) fn json(what: &str, path: &Path) -> Result<Value, Failure> {
    let text = text(what, path)?;
    if text.trim().is_empty() {
        return Err(Failure::config(format!("The {what} file {} is empty. Write the {what} into it.", path.display())));
    }
    serde_json::from_str(&text).map_err(|error| {
        let why = if error.is_eof() {
            "it is cut off before its end".to_owned()
        } else {
            format!("look at line {}, column {}", error.line(), error.column())
        };
        Failure::config(format!("The {what} in {} is not JSON: {why}.", path.display()))
    })
}
