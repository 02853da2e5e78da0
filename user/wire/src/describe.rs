//! What a protocol looks like, for people: constants that the derive makes, and a page of the book made from them.

use std::fmt::{self, Write as _};

/// The form of a value.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number or another value of fixed form.
    Plain(&'static str),
    /// A set of bits: name, the number's type, the names of the bits.
    Bits(&'static str, &'static str, fn() -> Vec<&'static str>),
    /// At most so many bytes.
    Bytes(usize),
    /// At most so many bytes of UTF-8.
    Text(usize),
    /// Exactly so many values.
    Array(&'static Shape, usize),
    /// At most so many values.
    List(&'static Shape, usize),
    /// A value or none.
    Option(&'static Shape),
    /// A descriptor of this kind.
    Descriptor(&'static str),
    /// A struct: name, documentation, fields.
    Struct(&'static str, &'static str, &'static [Field]),
    /// An enum: name, documentation, cases.
    Enum(&'static str, &'static str, &'static [Case]),
}

/// A field of a struct, or an argument.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its form.
    pub shape: Shape,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its number in messages.
    pub tag: u64,
    /// What it holds.
    pub fields: &'static [Field],
}

/// A method of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its number in messages.
    pub tag: u16,
    /// The first version that has it.
    pub since: u16,
    /// Its arguments.
    pub arguments: &'static [Field],
    /// What it returns.
    pub value: Shape,
    /// How it fails.
    pub error: Shape,
    /// The fewest and most bytes of a request, header included.
    pub sizes: (usize, usize),
}

/// A protocol.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Its name, which is also the service's below `/svc`.
    pub name: &'static str,
    /// Its version.
    pub version: u16,
    /// Its documentation.
    pub doc: &'static str,
    /// Its methods.
    pub methods: &'static [Method],
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Plain(name) | Shape::Bits(name, ..) | Shape::Struct(name, ..) | Shape::Enum(name, ..) => f.write_str(name),
            Shape::Bytes(most) => write!(f, "bytes ≤ {most}"),
            Shape::Text(most) => write!(f, "text ≤ {most}"),
            Shape::Array(of, count) => write!(f, "{count} × {of}"),
            Shape::List(of, most) => write!(f, "list of {of} ≤ {most}"),
            Shape::Option(of) => write!(f, "{of} or none"),
            Shape::Descriptor(kind) => write!(f, "descriptor ({kind})"),
        }
    }
}

impl Protocol {
    /// The protocol's page in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> fmt::Result {
        writeln!(page, "# {} (version {})\n\n{}\n", self.name, self.version, self.doc)?;
        writeln!(page, "| tag | since | request | value | error | bytes |\n|---|---|---|---|---|---|")?;
        let mut named = Vec::new();
        for method in self.methods {
            let arguments: Vec<_> = method.arguments.iter().map(|a| format!("{}: {}", a.name, a.shape)).collect();
            let (Method { tag, since, name, value, error, .. }, (least, most)) = (method, method.sizes);
            writeln!(page, "| {tag} | {since} | `{name}({})` | {value} | {error} | {least} to {most} |", arguments.join(", "))?;
            for shape in method.arguments.iter().map(|a| a.shape).chain([method.value, method.error]) {
                collect(shape, &mut named);
            }
        }
        for method in self.methods {
            writeln!(page, "\n## {}\n\n{}", method.name, method.doc)?;
        }
        for shape in named {
            write_type(shape, page)?;
        }
        Ok(())
    }
}

/// Adds the types with a name that occur in `shape`, each once.
fn collect(shape: Shape, named: &mut Vec<Shape>) {
    let fields: Vec<Field> = match shape {
        Shape::Array(of, _) | Shape::List(of, _) | Shape::Option(of) => return collect(*of, named),
        Shape::Struct(_, _, fields) => fields.to_vec(),
        Shape::Enum(_, _, cases) => cases.iter().flat_map(|case| case.fields).copied().collect(),
        Shape::Bits(..) => Vec::new(),
        _ => return,
    };
    if named.iter().all(|n| n.to_string() != shape.to_string()) {
        named.push(shape);
        fields.into_iter().for_each(|field| collect(field.shape, named));
    }
}

fn write_type(shape: Shape, page: &mut String) -> fmt::Result {
    match shape {
        Shape::Bits(name, repr, names) => {
            writeln!(page, "\n## {name}\n\nBits of a {repr}: {}.", names().join(", "))
        }
        Shape::Struct(name, doc, fields) => {
            writeln!(page, "\n## {name}\n\n{doc}\n")?;
            fields.iter().try_for_each(|f| writeln!(page, "- `{}`: {}. {}", f.name, f.shape, f.doc))
        }
        Shape::Enum(name, doc, cases) => {
            writeln!(page, "\n## {name}\n\n{doc}\n")?;
            for case in cases {
                let fields: Vec<_> = case.fields.iter().map(|f| format!("{}: {}", f.name, f.shape)).collect();
                let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
                writeln!(page, "- {} `{}`{fields}: {}", case.tag, case.name, case.doc)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
