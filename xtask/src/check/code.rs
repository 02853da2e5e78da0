//! What the rules ask of a Rust file: its functions, its test parts, its lines of code.
//!
//! Built on `syn`'s tree with line numbers; the rules themselves stay free of `syn` where they can.

use super::tree::Source;
use anyhow::{Result, anyhow};
use std::ops::RangeInclusive;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A function with a body.
pub(crate) struct Function<'ast> {
    /// Its name.
    pub(crate) name: String,
    /// Lines of the whole item's signature and body, 1-based.
    pub(crate) lines: RangeInclusive<usize>,
    /// Whether it is test code.
    pub(crate) test: bool,
    /// Its body.
    pub(crate) body: &'ast syn::Block,
}

/// Parses a file; the error names file and line.
pub(crate) fn parse(source: &Source) -> Result<syn::File> {
    syn::parse_file(&source.text).map_err(|e| anyhow!("{}:{}: {e}", source.path, e.span().start().line))
}

/// Every function of the file, in the order of the text.
pub(crate) fn functions<'ast>(source: &Source, file: &'ast syn::File) -> Vec<Function<'ast>> {
    let mut finder = Finder { test_depth: u32::from(source.is_test()), found: Vec::new() };
    finder.visit_file(file);
    finder.found
}

/// The line ranges of `#[cfg(test)]` and `#[test]` items.
pub(crate) fn test_lines(file: &syn::File) -> Vec<RangeInclusive<usize>> {
    let mut parts = TestParts { found: Vec::new() };
    parts.visit_file(file);
    parts.found
}

/// How many of the lines hold code: neither blank nor comment only.
pub(crate) fn code_lines<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    let mut in_comment = false;
    let mut count = 0;
    for line in lines {
        let line = line.trim();
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            count += 1;
        }
    }
    count
}

/// The lines of `text` in a 1-based range.
pub(crate) fn slice<'a>(text: &'a str, range: &RangeInclusive<usize>) -> impl Iterator<Item = &'a str> + use<'a> {
    let (start, end) = (*range.start(), *range.end());
    text.lines().skip(start.saturating_sub(1)).take(end.saturating_sub(start) + 1)
}

/// Whether the attributes make an item test code.
fn marks_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        if a.path().is_ident("test") {
            return true;
        }
        if !a.path().is_ident("cfg") {
            return false;
        }
        let syn::Meta::List(list) = &a.meta else {
            return false;
        };
        let text = list.tokens.to_string();
        !text.contains("not") && (text.contains("test") || text.contains("loom"))
    })
}

struct Finder<'ast> {
    test_depth: u32,
    found: Vec<Function<'ast>>,
}

impl<'ast> Finder<'ast> {
    fn record(&mut self, signature: &syn::Signature, whole: RangeInclusive<usize>, body: &'ast syn::Block) {
        self.found.push(Function { name: signature.ident.to_string(), lines: whole, test: self.test_depth > 0, body });
    }

    fn within(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        let depth = u32::from(marks_test(attributes));
        self.test_depth += depth;
        visit(self);
        self.test_depth -= depth;
    }
}

fn range(from: impl Spanned, to: impl Spanned) -> RangeInclusive<usize> {
    from.span().start().line..=to.span().end().line
}

impl<'ast> Visit<'ast> for Finder<'ast> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.within(&item.attrs, |s| visit::visit_item_mod(s, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.within(&item.attrs, |s| visit::visit_item_impl(s, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(&item.attrs, |s| {
            s.record(&item.sig, range(&item.sig, &item.block), &item.block);
            visit::visit_item_fn(s, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(&item.attrs, |s| {
            s.record(&item.sig, range(&item.sig, &item.block), &item.block);
            visit::visit_impl_item_fn(s, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.within(&item.attrs, |s| {
            if let Some(body) = &item.default {
                s.record(&item.sig, range(&item.sig, body), body);
            }
            visit::visit_trait_item_fn(s, item);
        });
    }
}

struct TestParts {
    found: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for TestParts {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(i) => &i.attrs,
            syn::Item::Fn(i) => &i.attrs,
            syn::Item::Impl(i) => &i.attrs,
            syn::Item::Use(i) => &i.attrs,
            _ => return visit::visit_item(self, item),
        };
        if marks_test(attributes) {
            self.found.push(range(item, item));
        } else {
            visit::visit_item(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! m\nfn a() {\n    // why\n    one();\n\n}\n#[cfg(test)]\nmod t {\n    fn b() {}\n}\n";

    fn source() -> Source {
        Source { path: "logic/x/src/lib.rs".into(), text: TEXT.into() }
    }

    #[test]
    fn finds_functions_and_tests() {
        let source = source();
        let file = parse(&source).expect("parses");
        let found = functions(&source, &file);
        let names: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.test)).collect();
        assert_eq!(names, [("a", false), ("b", true)]);
        assert_eq!(found[0].lines, 2..=6);
        assert_eq!(test_lines(&file), [7..=10]);
    }

    #[test]
    fn counts_code_only() {
        assert_eq!(code_lines(slice(TEXT, &(2..=6))), 3);
        assert_eq!(code_lines("/* a\n b */\nc\n".lines()), 1);
    }
}
