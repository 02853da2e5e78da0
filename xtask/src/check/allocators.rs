//! Rule `allocators`: what the kernel links never grows a collection that was not reserved.
//!
//! Two halves. Types are clippy's business: `xtask/kernel-lints/clippy.toml` bans the constructors
//! and methods that abort when memory is out (`Box::new`, `Vec::with_capacity`, `to_vec` …). This
//! half is what clippy cannot say: conversions (`Vec::from`), `collect`, and that a `push` or `extend`
//! stands behind a `try_reserve` in the same function, or beside a note `// reserved: …` that says where.

use super::layers::{linked_folders, packages};
use super::tree::Source;
use super::{Finding, Tree, code};
use anyhow::Result;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Methods that grow a collection and abort when they cannot, and how many arguments they take.
const GROWTH: [(&str, usize); 9] = [
    ("push", 1),
    ("push_back", 1),
    ("push_front", 1),
    ("extend", 1),
    ("extend_from_slice", 1),
    ("append", 1),
    ("resize", 2),
    ("resize_with", 2),
    // Reallocates unless the collection is exactly full.
    ("into_boxed_slice", 0),
];

/// What counts as having made room: reserving, or asking for the room that is left.
const ROOMS: [&str; 5] = ["try_reserve", "try_reserve_exact", "reserve_room", "is_full", "capacity"];

/// Types whose `from` allocates.
const CONVERTED: [&str; 5] = ["Vec", "Box", "String", "Arc", "Rc"];

const NOTE: &str = "// reserved:";

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let linked = linked_folders(&tree.root, &packages(&tree.root)?);
    let mut findings = Vec::new();
    for source in tree.rust().filter(|s| !s.is_test()) {
        let src = linked.iter().any(|f| source.path.starts_with(&format!("{f}src/")));
        // `kernel/mem` is where the containers that can fail are made.
        if src && !source.path.starts_with("kernel/mem/") {
            findings.extend(judge(source)?);
        }
    }
    Ok(findings)
}

fn judge(source: &Source) -> Result<Vec<Finding>> {
    let file = code::parse(source)?;
    let lines: Vec<&str> = source.text.lines().collect();
    let mut findings = Vec::new();
    for function in code::functions(source, &file).iter().filter(|f| !f.test) {
        let mut growth = Growth::default();
        growth.visit_block(function.body);
        let steps = growth.steps.iter().filter(|_| !growth.reserves);
        let steps = steps.map(|(l, n)| (*l, format!("`{n}` without try_reserve in this function (or a note `{NOTE} …`)")));
        let conversions = growth.conversions.iter().cloned();
        for (line, message) in steps.chain(conversions) {
            if !has_note(&lines, line) {
                findings.push(Finding::new(&source.path, line, message));
            }
        }
    }
    Ok(findings)
}

/// Whether the note stands on the line or in the comment right above it.
fn has_note(lines: &[&str], line: usize) -> bool {
    let at = line.saturating_sub(1);
    let above = lines.iter().take(at).rev();
    let comment = above.take_while(|l| l.trim_start().starts_with("//"));
    lines.get(at).into_iter().chain(comment).any(|l| l.contains(NOTE))
}

fn grows(call: &syn::ExprMethodCall) -> bool {
    GROWTH.iter().any(|(name, arguments)| call.method == name && call.args.len() == *arguments)
}

#[derive(Default)]
struct Growth {
    reserves: bool,
    steps: Vec<(usize, String)>,
    conversions: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Growth {
    /// `x.push(y)?` can fail, so it is one of ours.
    fn visit_expr_try(&mut self, tried: &'ast syn::ExprTry) {
        match &*tried.expr {
            syn::Expr::MethodCall(call) if grows(call) => {
                self.visit_expr(&call.receiver);
                call.args.iter().for_each(|a| self.visit_expr(a));
            }
            _ => visit::visit_expr_try(self, tried),
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        let line = call.method.span().start().line;
        if ROOMS.contains(&name.as_str()) {
            self.reserves = true;
        } else if grows(call) {
            self.steps.push((line, name));
        } else if name == "collect" {
            self.conversions.push((line, "`collect` allocates and cannot fail".into()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if let [.., kind, method] = names.as_slice()
            && method == "from"
            && CONVERTED.contains(&kind.as_str())
        {
            let line = path.span().start().line;
            self.conversions.push((line, format!("`{kind}::from` allocates and cannot fail")));
        }
        visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let source = Source { path: "logic/a/src/lib.rs".into(), text: text.into() };
        let findings = judge(&source).expect("parses");
        findings.iter().map(|f| f.line).collect()
    }

    #[test]
    fn a_push_needs_room() {
        assert_eq!(found("fn f(v: &mut Vec<u8>) {\n    v.push(1);\n}\n"), [2]);
        assert!(found("fn f(v: &mut Vec<u8>) -> R {\n    v.try_reserve(1)?;\n    v.push(1);\n}\n").is_empty());
        assert!(found("fn f(v: &mut OurVec) -> R {\n    v.push(1)?;\n}\n").is_empty());
        assert!(found("fn f() {\n    // reserved: by the caller,\n    // in stage.\n    v.push(1);\n}\n").is_empty());
    }

    #[test]
    fn conversions_are_found_and_tests_are_not_looked_at() {
        assert_eq!(found("fn f() {\n    let v = Vec::from([1]);\n    i.collect::<X>();\n}\n"), [2, 3]);
        assert!(found("#[cfg(test)]\nmod t {\n    fn f() { v.push(1); }\n}\n").is_empty());
    }
}
