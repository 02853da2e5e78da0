//! `#[derive(Wire)]`: sizes, emitting, parsing, sampling and describing of structs and enums.

use crate::options::{Options, doc, refuse};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, GenericParam, Ident, Lifetime, LitInt, Result, Type, Variant};

/// One group of fields: those of a struct, or of a variant.
struct Group<'i> {
    fields: &'i Fields,
    bindings: Vec<Ident>,
    lifetime: &'i Lifetime,
}

/// The implementation for one type.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let options = Options::of(&input.attrs)?;
    let lifetime = lifetime(input)?;
    let body = match &input.data {
        Data::Struct(data) => of_struct(input, &Group::new(&data.fields, &lifetime)),
        Data::Enum(data) => of_enum(input, &options, &lifetime, data.variants.iter().collect())?,
        Data::Union(_) => return refuse(&input.ident, "a union has no form"),
    };
    let name = &input.ident;
    let (_, own, _) = input.generics.split_for_impl();
    let checks = checks(&options, name, input.generics.params.is_empty());
    let message = message(&options, input, &lifetime)?;
    Ok(quote! {
        #[automatically_derived]
        impl<#lifetime> ::wire::Wire<#lifetime> for #name #own {
            #body
        }
        #checks
        #message
    })
}

/// The lifetime of what is borrowed: the type's own, or a fresh one.
fn lifetime(input: &DeriveInput) -> Result<Lifetime> {
    let mut params = input.generics.params.iter();
    match (params.next(), params.next()) {
        (None, _) => Ok(Lifetime::new("'wire", input.ident.span())),
        (Some(GenericParam::Lifetime(only)), None) => Ok(only.lifetime.clone()),
        _ => refuse(&input.generics, "a message type has no parameters but one lifetime"),
    }
}

fn checks(options: &Options, name: &Ident, plain: bool) -> TokenStream {
    let ty = if plain { quote!(#name) } else { quote!(#name<'static>) };
    let size = options.size.as_ref().map(|size| {
        quote! {
            const _: () = assert!(
                <#ty as ::wire::Wire<'static>>::MIN == #size && <#ty as ::wire::Wire<'static>>::MAX == #size,
                concat!(stringify!(#name), " is not of the size that its attribute says"),
            );
        }
    });
    let max = options.max.as_ref().map(|max| {
        quote! {
            const _: () = assert!(
                <#ty as ::wire::Wire<'static>>::MAX <= #max,
                concat!(stringify!(#name), " can be larger than its attribute says"),
            );
        }
    });
    quote!(#size #max)
}

fn message(options: &Options, input: &DeriveInput, lifetime: &Lifetime) -> Result<Option<TokenStream>> {
    let (Some(message), name) = (&options.name, &input.ident) else { return Ok(None) };
    let Some(version) = &options.version else { return refuse(message, "a message has a version") };
    let (_, own, _) = input.generics.split_for_impl();
    let plain = input.generics.params.is_empty();
    let (kind, value) = if plain { (quote!(#name), quote!(#name)) } else { (quote!(#name<'_>), quote!(#name<'wire>)) };
    Ok(Some(quote! {
        #[automatically_derived]
        impl<#lifetime> ::wire::Message<#lifetime> for #name #own {
            const NAME: &'static str = #message;
            const VERSION: u16 = #version;
        }

        #[automatically_derived]
        impl ::wire::Kind for #kind {
            type Value<'wire> = #value;
        }
    }))
}

impl<'i> Group<'i> {
    fn new(fields: &'i Fields, lifetime: &'i Lifetime) -> Self {
        Self { fields, bindings: (0..fields.len()).map(|i| format_ident!("field_{i}")).collect(), lifetime }
    }

    fn types(&self) -> impl Iterator<Item = &Type> {
        self.fields.iter().map(|f| &f.ty)
    }

    /// The sum of one constant over all fields.
    fn sum(&self, what: &str) -> TokenStream {
        let (what, lifetime) = (format_ident!("{what}"), self.lifetime);
        let types = self.types();
        quote!(0 #(+ <#types as ::wire::Wire<#lifetime>>::#what)*)
    }

    /// The pattern that takes a value apart, or the expression that makes one, after the name of the type or variant.
    fn pattern(&self) -> TokenStream {
        let bindings = &self.bindings;
        match self.fields {
            Fields::Named(named) => {
                let names = named.named.iter().map(|f| &f.ident);
                quote!({ #(#names: #bindings),* })
            }
            Fields::Unnamed(_) => quote!((#(#bindings),*)),
            Fields::Unit => quote!(),
        }
    }

    fn emit(&self) -> TokenStream {
        let (bindings, lifetime, types) = (&self.bindings, self.lifetime, self.types());
        quote!(#(<#types as ::wire::Wire<#lifetime>>::emit(#bindings, to);)*)
    }

    fn parse(&self) -> TokenStream {
        let (bindings, lifetime, types) = (&self.bindings, self.lifetime, self.types());
        quote!(#(let #bindings = <#types as ::wire::Wire<#lifetime>>::parse(from)?;)*)
    }

    fn sample(&self) -> TokenStream {
        let (bindings, lifetime, types) = (&self.bindings, self.lifetime, self.types());
        quote!(#(let #bindings = <#types as ::wire::Wire<#lifetime>>::sample(source);)*)
    }

    fn describe(&self) -> TokenStream {
        let lifetime = self.lifetime;
        let fields = self.fields.iter().enumerate().map(|(index, field)| {
            let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            let (ty, doc) = (&field.ty, doc(&field.attrs));
            quote!(::wire::Field { name: #name, doc: #doc, shape: <#ty as ::wire::Wire<#lifetime>>::SHAPE })
        });
        quote!(&[#(#fields),*])
    }
}

fn of_struct(input: &DeriveInput, group: &Group<'_>) -> TokenStream {
    let (name, doc) = (input.ident.to_string(), doc(&input.attrs));
    let (min, max, count) = (group.sum("MIN"), group.sum("MAX"), group.sum("DESCRIPTORS"));
    let (pattern, emit, parse) = (group.pattern(), group.emit(), group.parse());
    let (sample, describe, lifetime) = (group.sample(), group.describe(), group.lifetime);
    quote! {
        const MIN: usize = #min;
        const MAX: usize = #max;
        const DESCRIPTORS: usize = #count;
        const SHAPE: ::wire::Shape = ::wire::Shape::Struct(#name, #doc, #describe);

        fn emit(self, to: &mut ::wire::Packet) {
            let Self #pattern = self;
            let _ = &to;
            #emit
        }

        fn parse(from: &mut ::wire::Reader<#lifetime>) -> ::core::result::Result<Self, ::wire::Error> {
            let _ = &from;
            #parse
            Ok(Self #pattern)
        }

        fn sample(source: &mut ::wire::fuzz::Source<#lifetime>) -> Self {
            let _ = &source;
            #sample
            Self #pattern
        }
    }
}

/// The tag of a variant: its attribute or its discriminant.
fn tag_of(variant: &Variant) -> Result<LitInt> {
    if let Some(number) = Options::of(&variant.attrs)?.number {
        return Ok(number);
    }
    match &variant.discriminant {
        Some((_, syn::Expr::Lit(literal))) => match &literal.lit {
            syn::Lit::Int(number) => Ok(number.clone()),
            _ => refuse(literal, "a tag is a number"),
        },
        _ => refuse(&variant.ident, "a variant has a tag: #[wire(N)]"),
    }
}

fn of_enum(input: &DeriveInput, options: &Options, lifetime: &Lifetime, variants: Vec<&Variant>) -> Result<TokenStream> {
    if variants.is_empty() {
        return refuse(&input.ident, "an enum without variants has no form");
    }
    let tag = options.tag.clone().unwrap_or_else(|| format_ident!("u8"));
    let tags = variants.iter().map(|v| tag_of(v)).collect::<Result<Vec<_>>>()?;
    for (at, tag) in tags.iter().enumerate() {
        if tags.iter().take(at).any(|t| t.base10_digits() == tag.base10_digits()) {
            return refuse(tag, "two variants have this tag");
        }
    }
    let groups: Vec<_> = variants.iter().map(|v| Group::new(&v.fields, lifetime)).collect();
    let (name, about) = (input.ident.to_string(), doc(&input.attrs));
    let sums = |what: &str| groups.iter().map(|g| g.sum(what)).collect::<Vec<_>>();
    let (mins, maxs, counts) = (sums("MIN"), sums("MAX"), sums("DESCRIPTORS"));
    let names: Vec<_> = variants.iter().map(|v| &v.ident).collect();
    let patterns: Vec<_> = groups.iter().map(Group::pattern).collect();
    let emits = groups.iter().map(Group::emit);
    let parses = groups.iter().map(Group::parse);
    let samples = groups.iter().map(Group::sample);
    let cases = variants.iter().zip(&groups).zip(&tags).map(|((variant, group), tag)| {
        let (name, doc, fields) = (variant.ident.to_string(), doc(&variant.attrs), group.describe());
        quote!(::wire::Case { name: #name, doc: #doc, tag: #tag, fields: #fields })
    });
    let (indices, count) = ((0..variants.len()).collect::<Vec<_>>(), variants.len());
    Ok(quote! {
        const MIN: usize = size_of::<#tag>() + {
            let (sizes, mut least, mut at) = ([#(#mins),*], usize::MAX, 0);
            while at < sizes.len() { if sizes[at] < least { least = sizes[at]; } at += 1; }
            least
        };
        const MAX: usize = size_of::<#tag>() + {
            let (sizes, mut most, mut at) = ([#(#maxs),*], 0, 0);
            while at < sizes.len() { if sizes[at] > most { most = sizes[at]; } at += 1; }
            most
        };
        const DESCRIPTORS: usize = {
            let (sizes, mut most, mut at) = ([#(#counts),*], 0, 0);
            while at < sizes.len() { if sizes[at] > most { most = sizes[at]; } at += 1; }
            most
        };
        const SHAPE: ::wire::Shape = ::wire::Shape::Enum(#name, #about, &[#(#cases),*]);

        fn emit(self, to: &mut ::wire::Packet) {
            match self {
                #(Self::#names #patterns => {
                    <#tag as ::wire::Wire<#lifetime>>::emit(#tags, to);
                    #emits
                })*
            }
        }

        fn parse(from: &mut ::wire::Reader<#lifetime>) -> ::core::result::Result<Self, ::wire::Error> {
            match <#tag as ::wire::Wire<#lifetime>>::parse(from)? {
                #(#tags => {
                    #parses
                    Ok(Self::#names #patterns)
                })*
                _ => Err(::wire::Error::Tag),
            }
        }

        fn sample(source: &mut ::wire::fuzz::Source<#lifetime>) -> Self {
            match usize::from(source.byte()).checked_rem(#count).unwrap_or_default() {
                #(#indices => {
                    #samples
                    Self::#names #patterns
                })*
                _ => unreachable!("the remainder of a division by the number of variants"),
            }
        }
    })
}
