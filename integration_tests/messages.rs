//! docs/errors.md, held against the sentences in the source, both ways, and the README's most frequent errors.

use crate::source::{Source, root, sources};
use std::{collections::BTreeSet, fs};

/// A sentence with its placeholders in the documentation's form: `{region}` in the source is `<region>` there. None
/// if a placeholder has no name.
fn documented(sentence: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some(start) = rest.find(['{', '}']) {
        text.push_str(&rest[..start]);
        let (brace, after) = rest[start..].split_at(1);
        if after.starts_with(brace) {
            // A literal brace is written twice.
            text.push_str(brace);
            rest = &after[1..];
            continue;
        }
        let (placeholder, after) = after.split_once('}')?;
        let name = placeholder.split(':').next().unwrap_or_default();
        name.starts_with(|first: char| first.is_ascii_lowercase()).then_some(())?;
        text.extend(["<", &name.replace('_', " "), ">"]);
        rest = after;
    }
    Some(text + rest)
}

/// The messages in a document's tables: the first cell of each row below the heading `Message`.
fn messages(document: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| Message |")).filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let messages = cells.map(str::trim).filter(|cell| *cell != "Message" && !cell.starts_with("---"));
    messages.map(|cell| cell.replace("\\|", "|").replace("\\<", "<").trim_matches('`').to_owned()).collect()
}

#[test]
fn every_failure_is_in_the_documentation() {
    let messages = messages("docs/errors.md");
    let mut failures = Vec::new();
    for source in sources() {
        // A message that is passed on has no words of its own.
        for sentence in source.failures().into_iter().filter(|sentence| sentence.contains(' ')) {
            let documented = documented(&sentence);
            let documented = documented.unwrap_or_else(|| panic!("a placeholder without a name: {sentence}"));
            failures.push((source.name.clone(), documented));
        }
    }
    assert!(failures.len() > 60, "{} failures in the source", failures.len());
    let missing: Vec<_> = failures.iter().filter(|(_, sentence)| !messages.contains(sentence)).collect();
    assert!(missing.is_empty(), "not in docs/errors.md: {missing:#?}");
}

#[test]
fn every_message_in_the_documentation_is_in_the_source() {
    let strings: BTreeSet<String> = sources().iter().flat_map(Source::strings).collect();
    let known: BTreeSet<String> = strings.iter().filter_map(|text| documented(text)).collect();
    let unknown: Vec<_> = messages("docs/errors.md").into_iter().filter(|message| !known.contains(message)).collect();
    assert!(unknown.is_empty(), "in docs/errors.md, but not in the source: {unknown:#?}");
}

/// There, a placeholder that is always the same is filled in.
#[test]
fn the_most_frequent_errors_in_the_readme_are_in_the_documentation() {
    let documented = messages("docs/errors.md");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = readme.split_once("| Message | AWS error code |").expect("a table of errors");
    let rows: Vec<&str> = table.lines().skip(2).map_while(|line| line.strip_prefix("| ")).collect();
    assert!(rows.len() >= 5, "{} rows", rows.len());
    for row in rows {
        let message = row.split(" | ").next().unwrap().replace("\\<", "<");
        let message = message.replace("CloudTrail in <region> keeps", "<endpoint> keeps");
        assert!(documented.contains(&message), "not in docs/errors.md: {message}");
    }
}
