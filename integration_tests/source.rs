//! Reads the connector's source, for the tests that hold a document against it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, ExprCall, ExprPath, File, Item, ItemUse, Lit, LitStr, Macro, UseTree,
    visit::{self, Visit},
};

/// The project's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` that end in `extension`, relative to the root, with their contents.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
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

/// One file of `src/`, without its tests.
pub(crate) struct Source {
    /// The path below `src/`, such as `sync/reader.rs`.
    pub(crate) name: String,
    file: File,
}

/// All files of `src/`, without those that only hold tests.
pub(crate) fn sources() -> Vec<Source> {
    let is_test = |path: &Path| path.components().any(|part| part.as_os_str().to_string_lossy().contains("tests"));
    let files = files("src", "rs").into_iter().filter(|(path, _)| !is_test(path));
    let sources = files.map(|(path, text)| {
        let mut file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.items.retain(|item| !is_for_tests(item));
        Source { name: path.strip_prefix("src").unwrap().display().to_string(), file }
    });
    sources.collect()
}

fn is_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|cfg| cfg.is_ident("test"))
    })
}

impl Source {
    /// The module, such as `["sync", "reader"]`.
    fn module(&self) -> Vec<String> {
        self.name.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
    }

    /// Whether the file has nothing but the declarations of its folder's files.
    pub(crate) fn is_facade(&self) -> bool {
        !self.file.items.is_empty()
            && self.file.items.iter().all(|item| matches!(item, Item::Mod(module) if module.content.is_none()))
    }

    /// What the file imports of this crate, as paths of modules and items.
    pub(crate) fn imports(&self) -> Vec<Vec<String>> {
        let mut imports = Imports { module: self.module(), found: Vec::new() };
        imports.visit_file(&self.file);
        imports.found
    }

    /// Every string literal, those in macros included.
    pub(crate) fn strings(&self) -> BTreeSet<String> {
        let mut strings = Strings::default();
        strings.visit_file(&self.file);
        strings.all
    }

    /// The sentences of failures: those of `#[error("…")]`, and those given to a constructor of `Failure`.
    pub(crate) fn failures(&self) -> BTreeSet<String> {
        let mut strings = Strings::default();
        strings.visit_file(&self.file);
        strings.failures
    }
}

struct Imports {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Imports {
    fn add(&mut self, path: &[String]) {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let rest = &path[supers.max(1).min(path.len())..];
        if path.first().is_some_and(|first| first == "crate") {
            self.found.push(rest.to_vec());
        } else if supers > 0 {
            let above = &self.module[..self.module.len() - supers];
            self.found.push([above, rest].concat());
        }
    }

    fn tree(&mut self, tree: &UseTree, path: &[String]) {
        match tree {
            UseTree::Path(next) => self.tree(&next.tree, &[path, &[next.ident.to_string()]].concat()),
            UseTree::Group(group) => group.items.iter().for_each(|next| self.tree(next, path)),
            UseTree::Name(name) => self.add(&[path, &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.add(&[path, &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.add(path),
        }
    }
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.tree(&item.tree, &[]);
    }

    /// `pub(super)` is no import.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&parts);
        visit::visit_path(self, path);
    }
}

#[derive(Default)]
struct Strings {
    all: BTreeSet<String>,
    failures: BTreeSet<String>,
}

/// The string literals among `tokens`, in their order.
fn literals(tokens: proc_macro2::TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) => found.extend(literals(group.stream())),
            proc_macro2::TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    found.push(text.value());
                }
            }
            _ => {}
        }
    }
    found
}

impl<'a> Visit<'a> for Strings {
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if attribute.path().is_ident("error")
            && let Ok(list) = attribute.meta.require_list()
            && let Some(sentence) = literals(list.tokens.clone()).into_iter().next()
        {
            self.all.insert(sentence.clone());
            self.failures.insert(sentence);
        }
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.all.insert(text.value());
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.all.extend(literals(call.tokens.clone()));
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if is_constructor_of_failure(&call.func)
            && let Some(sentence) = call.args.first().and_then(first_literal)
        {
            self.failures.insert(sentence);
        }
        visit::visit_expr_call(self, call);
    }
}

fn is_constructor_of_failure(called: &syn::Expr) -> bool {
    let syn::Expr::Path(ExprPath { path, .. }) = called else { return false };
    let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    matches!(parts.as_slice(), [failure, kind]
        if failure == "Failure" && ["config", "transient", "system"].contains(&kind.as_str()))
}

fn first_literal(argument: &syn::Expr) -> Option<String> {
    #[derive(Default)]
    struct First(Option<String>);
    impl<'a> Visit<'a> for First {
        fn visit_lit_str(&mut self, text: &'a LitStr) {
            self.0.get_or_insert(text.value());
        }
        fn visit_macro(&mut self, call: &'a Macro) {
            if let Some(text) = literals(call.tokens.clone()).into_iter().next() {
                self.0.get_or_insert(text);
            }
        }
    }
    let mut first = First::default();
    first.visit_expr(argument);
    first.0
}
