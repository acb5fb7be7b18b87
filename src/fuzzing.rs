//! What the fuzz targets in `fuzz/` run: a function for each input of the connector. It panics if the input breaks a law.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a panic is how a fuzz target reports what it finds"
)]

pub mod catalog;
pub mod config;
mod declared;
pub mod event;
mod laws;
pub mod page;
pub mod state;
mod syncs;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    /// Runs a target on each file of its corpus.
    fn run(name: &str, target: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            println!("{}", file.display());
            target(&fs::read(file).unwrap());
        }
    }

    #[test]
    fn the_corpus_of_catalog() {
        run("catalog", catalog::catalog);
    }

    #[test]
    fn the_corpus_of_config() {
        run("config", config::config);
    }

    #[test]
    fn the_corpus_of_event() {
        run("event", event::event);
    }

    #[test]
    fn the_corpus_of_page() {
        run("page", page::page);
    }

    #[test]
    fn the_corpus_of_state() {
        run("state", state::state);
    }
}
