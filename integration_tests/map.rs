//! ARCHITECTURE.md's map, held against the imports: every file is on it, dependencies go down, and what is marked as
//! pure is pure.

use crate::source::{Source, root, sources};
use std::{collections::BTreeMap, fs};

/// What a pure file has no business with: waiting, I/O, clocks, randomness, the environment.
const IMPURE: [&str; 12] = [
    "tokio",
    "async ",
    ".await",
    "io::{",
    "io::Read",
    "io::Write",
    "stderr",
    "stdout()",
    "fs::",
    "env::",
    "SystemTime",
    "fastrand",
];

/// A file's place on the map.
struct Row {
    /// How far down it stands.
    depth: usize,
    is_pure: bool,
}

/// The map's rows, by the file that each is about.
fn map() -> BTreeMap<String, Row> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("The map\n")).expect("a section on the map");
    let mut rows = BTreeMap::new();
    for (depth, line) in section.lines().filter(|line| line.starts_with("| `")).enumerate() {
        let name = line.split('`').nth(1).unwrap().to_owned();
        let is_pure = line.contains("*pure*");
        assert!(rows.insert(name, Row { depth, is_pure }).is_none(), "twice on the map: {line}");
    }
    assert!(rows.len() > 20, "the map has {} rows", rows.len());
    rows
}

/// The file that has the item of this `path`, among `files`.
fn file_of<'a>(path: &[String], files: &'a [Source]) -> Option<&'a Source> {
    (1..=path.len()).rev().find_map(|length| {
        let name = format!("{}.rs", path[..length].join("/"));
        files.iter().find(|file| file.name == name)
    })
}

#[test]
fn every_file_is_on_the_map_and_the_map_has_no_other() {
    let map = map();
    let sources = sources();
    for source in &sources {
        assert!(map.contains_key(&source.name) || source.is_facade(), "{} is not on the map", source.name);
    }
    for name in map.keys() {
        assert!(sources.iter().any(|source| source.name == *name), "the map has {name}, which does not exist");
    }
}

#[test]
fn dependencies_go_down() {
    let (map, sources) = (map(), sources());
    for source in sources.iter().filter(|source| !source.is_facade()) {
        for import in source.imports() {
            let Some(target) = file_of(&import, &sources).filter(|target| target.name != source.name) else { continue };
            let path = import.join("::");
            assert!(!target.is_facade(), "{} imports {path} by way of its folder", source.name);
            let (from, to) = (map[&source.name].depth, map[&target.name].depth);
            assert!(from < to, "{} imports {path}, which stands higher on the map", source.name);
        }
    }
}

#[test]
fn what_is_marked_as_pure_is_pure() {
    let (map, sources) = (map(), sources());
    let pure: Vec<&Source> =
        sources.iter().filter(|source| map.get(&source.name).is_some_and(|row| row.is_pure)).collect();
    assert!(pure.len() > 15, "{} files are pure", pure.len());
    for source in pure {
        let code = code(&source.name);
        for impure in IMPURE {
            assert!(!code.contains(impure), "{} is pure, but says {impure}", source.name);
        }
        for import in source.imports() {
            let Some(target) = file_of(&import, &sources) else { continue };
            assert!(map[&target.name].is_pure, "{} is pure, but imports {}", source.name, target.name);
        }
    }
}

/// The code of a source file, without its tests and comments.
fn code(name: &str) -> String {
    let text = fs::read_to_string(root().join("src").join(name)).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}
