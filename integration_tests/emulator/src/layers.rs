//! A test that dependencies between the modules go one way, as lib.rs lists them.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn each_module_uses_only_modules_that_come_after_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(folder.join("lib.rs")).unwrap();
    let list = lib.split_once("in this list:").unwrap().1.split_once('.').unwrap().0;
    let layers: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let index = |name: &str| layers.iter().position(|layer| *layer == name);
    let mut files = 0;
    for path in files_in(&folder) {
        let name = path.strip_prefix(&folder).unwrap().with_extension("");
        let name = name.iter().next().unwrap().to_str().unwrap();
        if matches!(name, "arguments" | "layers" | "lib" | "main") {
            continue;
        }
        let own = index(name).unwrap_or_else(|| panic!("lib.rs does not list {name}"));
        for used in used_modules(&fs::read_to_string(&path).unwrap()) {
            assert!(used == name || index(&used) > Some(own), "{} uses {used}", path.display());
        }
        files += 1;
    }
    assert!(files > 40, "{files}");
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// The modules of this crate that the code imports.
fn used_modules(code: &str) -> Vec<String> {
    let imports = code.split("use crate::").skip(1).map(|rest| rest.split_once(';').unwrap().0);
    imports.flat_map(|import| import.strip_prefix('{').map_or_else(|| vec![first_name(import)], first_names)).collect()
}

/// The first name of each path in the braces of an import.
fn first_names(tree: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let paths = tree.split(|separator| {
        depth += i32::from(separator == '{') - i32::from(separator == '}');
        separator == ',' && depth == 0
    });
    paths.map(first_name).filter(|name| !name.is_empty()).collect()
}

fn first_name(path: &str) -> String {
    path.trim().chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}
