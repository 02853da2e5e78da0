//! What `#[wire(…)]` and documentation say about an item.

use quote::ToTokens;
use syn::parse::Parse;
use syn::{Attribute, Expr, Ident, Lit, LitInt, LitStr, Meta, Result, Token};

/// The words of `#[wire(…)]`, wherever it stands.
#[derive(Default)]
pub(crate) struct Options {
    /// A number alone: the tag.
    pub(crate) number: Option<LitInt>,
    /// `since = N`
    pub(crate) since: Option<LitInt>,
    /// `size = N`
    pub(crate) size: Option<LitInt>,
    /// `max = N`
    pub(crate) max: Option<LitInt>,
    /// `tag = TYPE`
    pub(crate) tag: Option<Ident>,
    /// `message = "NAME"` or `name = "NAME"`
    pub(crate) name: Option<LitStr>,
    /// `version = N`
    pub(crate) version: Option<LitInt>,
}

impl Options {
    /// Reads the attributes of an item.
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("wire")) {
            attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| options.read(input))?;
        }
        Ok(options)
    }

    /// Reads the words themselves.
    pub(crate) fn read(&mut self, input: syn::parse::ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            if input.peek(LitInt) {
                self.number = Some(input.parse()?);
            } else {
                self.word(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn word(&mut self, input: syn::parse::ParseStream<'_>) -> Result<()> {
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "since" => self.since = Some(input.parse()?),
            "size" => self.size = Some(input.parse()?),
            "max" => self.max = Some(input.parse()?),
            "tag" => self.tag = Some(input.parse()?),
            "message" | "name" => self.name = Some(input.parse()?),
            "version" => self.version = Some(input.parse()?),
            _ => return Err(syn::Error::new(key.span(), "known are: a tag, since, size, max, tag, message, name, version")),
        }
        Ok(())
    }
}

impl Parse for Options {
    fn parse(input: syn::parse::ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        options.read(input)?;
        Ok(options)
    }
}

/// The documentation of an item in one line.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|a| match &a.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// An error at a place in the source.
pub(crate) fn refuse<T>(at: impl ToTokens, why: &str) -> Result<T> {
    Err(syn::Error::new_spanned(at, why))
}
