//! `#[protocol]`: requests, client, dispatch, description and fuzzer of a trait.

use crate::options::{Options, doc, refuse};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::{VisitMut, visit_lifetime_mut};
use syn::{
    FnArg, GenericArgument, Ident, ItemTrait, Lifetime, LitInt, LitStr, Pat, PathArguments, Result, ReturnType, TraitItem,
    TraitItemFn, Type,
};

/// A method, taken apart.
struct Method {
    function: TraitItemFn,
    variant: Ident,
    tag: LitInt,
    since: LitInt,
    names: Vec<Ident>,
    types: Vec<Type>,
    value: Type,
    error: Type,
    answers: Answers,
    doc: String,
}

/// When a method answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// When it returns: `-> Result<VALUE, ERROR>`.
    Now,
    /// By its first argument, a `Later<VALUE, ERROR>`.
    Later,
}

/// A whole protocol, taken apart.
struct Protocol {
    name: LitStr,
    version: LitInt,
    item: ItemTrait,
    methods: Vec<Method>,
    request: Ident,
    client: Ident,
    protocol: Ident,
    borrows: bool,
}

/// Everything that is made of the trait.
pub(crate) fn protocol(arguments: TokenStream, mut item: ItemTrait) -> Result<TokenStream> {
    let options: Options = syn::parse2(arguments)?;
    let (Some(name), Some(version)) = (options.name, options.version) else {
        return refuse(&item.ident, "a protocol has a name and a version");
    };
    let mut methods = Vec::new();
    for member in &mut item.items {
        let TraitItem::Fn(function) = member else { return refuse(member, "a protocol holds methods alone") };
        let options = Options::of(&function.attrs)?;
        function.attrs.retain(|a| !a.path().is_ident("wire"));
        methods.push(Method::of(function.clone(), options)?);
    }
    for (at, method) in methods.iter().enumerate() {
        if methods.iter().take(at).any(|m| m.tag.base10_digits() == method.tag.base10_digits()) {
            return refuse(&method.tag, "two methods have this tag");
        }
    }
    let borrows = methods.iter().flat_map(|m| &m.types).any(|ty| named(ty, "'a") != *ty);
    let ident = &item.ident;
    let (request, client, protocol) =
        (format_ident!("{ident}Request"), format_ident!("{ident}Client"), format_ident!("{ident}Protocol"));
    let whole = Protocol { name, version, item, methods, request, client, protocol, borrows };
    let (requests, form, client, service) = (whole.requests(), whole.form(), whole.client(), whole.service());
    let item = &whole.item;
    Ok(quote!(#item #requests #form #client #service))
}

impl Method {
    fn of(function: TraitItemFn, options: Options) -> Result<Self> {
        let Some(tag) = options.number else { return refuse(&function.sig.ident, "a method has a tag: #[wire(N)]") };
        if !(1..0x8000).contains(&tag.base10_parse::<u32>()?) {
            return refuse(&tag, "a tag is 1 to 32767");
        }
        let since = options.since.unwrap_or_else(|| LitInt::new("1", tag.span()));
        let mut inputs = function.sig.inputs.iter();
        match inputs.next() {
            Some(FnArg::Receiver(receiver)) if receiver.reference.is_some() && receiver.mutability.is_some() => {}
            _ => return refuse(&function.sig, "a method takes &mut self"),
        }
        let mut inputs = inputs.peekable();
        let later = inputs.next_if(|input| later_of(input).is_some()).and_then(later_of);
        let (mut names, mut types) = (Vec::new(), Vec::new());
        for input in inputs {
            let FnArg::Typed(typed) = input else { return refuse(input, "an argument has a type") };
            let Pat::Ident(pattern) = &*typed.pat else { return refuse(&typed.pat, "an argument has a name") };
            names.push(pattern.ident.clone());
            types.push((*typed.ty).clone());
        }
        let (answers, (value, error)) = match (later, &function.sig.output) {
            (Some(types), ReturnType::Default) => (Answers::Later, types),
            (Some(_), output) => return refuse(output, "a method that answers later returns nothing"),
            (None, output) => (Answers::Now, outcome(output)?),
        };
        let (variant, doc) = (camel(&function.sig.ident), doc(&function.attrs));
        Ok(Self { function, variant, tag, since, names, types, value, error, answers, doc })
    }
}

/// The two types of an argument `Later<VALUE, ERROR>`.
fn later_of(input: &FnArg) -> Option<(Type, Type)> {
    let FnArg::Typed(typed) = input else { return None };
    two_types(&typed.ty, "Later")
}

/// The two types of the `Result` that a method returns.
fn outcome(output: &ReturnType) -> Result<(Type, Type)> {
    let types = match output {
        ReturnType::Type(_, ty) => two_types(ty, "Result"),
        ReturnType::Default => None,
    };
    types
        .map_or_else(|| refuse(output, "a method returns Result<VALUE, ERROR>, or has Later<VALUE, ERROR> as first argument"), Ok)
}

/// The types in `NAME<FIRST, SECOND>`.
fn two_types(ty: &Type, name: &str) -> Option<(Type, Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|s| s.ident == name)?;
    let PathArguments::AngleBracketed(list) = &last.arguments else { return None };
    let mut types = list.args.iter();
    match (types.next(), types.next()) {
        (Some(GenericArgument::Type(value)), Some(GenericArgument::Type(error))) => Some((value.clone(), error.clone())),
        _ => None,
    }
}

/// `snake_case` as `CamelCase`.
fn camel(name: &Ident) -> Ident {
    let words = name.to_string();
    let words = words.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
    });
    Ident::new(&words.collect::<String>(), name.span())
}

/// The type with this lifetime in place of `'_`.
fn named(ty: &Type, lifetime: &str) -> Type {
    struct Namer(Lifetime);
    impl VisitMut for Namer {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident == "_" {
                *lifetime = self.0.clone();
            }
            visit_lifetime_mut(self, lifetime);
        }
    }
    let mut ty = ty.clone();
    Namer(Lifetime::new(lifetime, proc_macro2::Span::call_site())).visit_type_mut(&mut ty);
    ty
}

impl Protocol {
    /// The generics of the enum of requests: empty, or one lifetime.
    fn own(&self) -> TokenStream {
        if self.borrows { quote!(<'a>) } else { quote!() }
    }

    /// The enum of all requests.
    fn requests(&self) -> TokenStream {
        let (vis, request, own) = (&self.item.vis, &self.request, self.own());
        let about = format!("The requests of [`{}`].", self.item.ident);
        let variants = self.methods.iter().map(|m| {
            let (variant, names, doc) = (&m.variant, &m.names, &m.doc);
            let docs = names.iter().map(|n| format!("The argument `{n}`."));
            let types = m.types.iter().map(|ty| named(ty, "'a"));
            quote!(#[doc = #doc] #variant { #(#[doc = #docs] #names: #types),* })
        });
        quote! {
            #[doc = #about]
            #[derive(Debug)]
            #vis enum #request #own { #(#variants),* }
        }
    }

    /// How requests look in messages.
    fn form(&self) -> TokenStream {
        let (request, own, name, version) = (&self.request, self.own(), &self.name, &self.version);
        let variants: Vec<_> = self.methods.iter().map(|m| &m.variant).collect();
        let tags: Vec<_> = self.methods.iter().map(|m| &m.tag).collect();
        let since = self.methods.iter().map(|m| &m.since);
        let names: Vec<_> = self.methods.iter().map(|m| &m.names).collect();
        let each = |body: &dyn Fn(&Ident, Type) -> TokenStream| -> Vec<TokenStream> {
            let of = |m: &Method| m.names.iter().zip(&m.types).map(|(n, ty)| body(n, named(ty, "'a"))).collect();
            self.methods.iter().map(of).collect()
        };
        let emits = each(&|n, ty| quote!(<#ty as ::wire::Wire<'a>>::emit(#n, to);));
        let parses = each(&|n, ty| quote!(let #n = <#ty as ::wire::Wire<'a>>::parse(from)?;));
        let samples = each(&|n, ty| quote!(let #n = <#ty as ::wire::Wire<'a>>::sample(source);));
        quote! {
            #[automatically_derived]
            impl<'a> ::wire::Requests<'a> for #request #own {
                const ID: u32 = ::wire::id(#name);
                const VERSION: u16 = #version;
                const TAGS: &'static [(u16, u16)] = &[#((#tags, #since)),*];

                fn tag(&self) -> u16 {
                    match self { #(Self::#variants { .. } => #tags),* }
                }

                fn emit_body(self, to: &mut ::wire::Packet) {
                    let _ = &to;
                    match self { #(Self::#variants { #(#names),* } => { #emits })* }
                }

                fn parse_body(tag: u16, from: &mut ::wire::Reader<'a>) -> ::core::result::Result<Self, ::wire::Error> {
                    let _ = &from;
                    match tag {
                        #(#tags => { #parses Ok(Self::#variants { #(#names),* }) })*
                        _ => Err(::wire::Error::Tag),
                    }
                }

                fn sample(tag: u16, source: &mut ::wire::fuzz::Source<'a>) -> ::core::option::Option<Self> {
                    let _ = &source;
                    match tag {
                        #(#tags => { #samples Some(Self::#variants { #(#names),* }) })*
                        _ => None,
                    }
                }
            }
        }
    }

    /// The client.
    fn client(&self) -> TokenStream {
        let (vis, client, request) = (&self.item.vis, &self.client, &self.request);
        let about = format!("A client of [`{}`].", self.item.ident);
        let methods = self.methods.iter().map(|m| {
            let (types, variant, names) = (&m.types, &m.variant, &m.names);
            let (name, doc, value, error) = (&m.function.sig.ident, &m.doc, &m.value, &m.error);
            quote! {
                #[doc = #doc]
                ///
                /// # Errors
                /// The service's own, or why there is no reply.
                #vis fn #name(&mut self, #(#names: #types),*) -> ::core::result::Result<#value, ::wire::CallError<#error>> {
                    ::wire::ask(&mut self.transport, #request::#variant { #(#names),* }, &mut self.desk)
                }
            }
        });
        quote! {
            #[doc = #about]
            #[derive(Debug)]
            #vis struct #client<T> {
                transport: T,
                desk: ::wire::Desk,
            }

            impl<T: ::wire::Transport> #client<T> {
                /// A client that talks through this transport.
                #vis fn new(transport: T) -> Self {
                    Self { transport, desk: ::wire::Desk::default() }
                }

                /// What it talks through.
                #vis fn transport(&mut self) -> &mut T {
                    &mut self.transport
                }

                #(#methods)*
            }
        }
    }

    /// Description, dispatch and fuzzer.
    fn service(&self) -> TokenStream {
        let Self { name, version, request, protocol, .. } = self;
        let (vis, ident, doc) = (&self.item.vis, &self.item.ident, doc(&self.item.attrs));
        let about = format!("The protocol of [`{ident}`]: its description, and what a server does with a message.");
        let descriptions = self.methods.iter().map(Method::describe);
        let arms = self.methods.iter().map(|m| {
            let (variant, names, tag, method) = (&m.variant, &m.names, &m.tag, &m.function.sig.ident);
            let body = match m.answers {
                Answers::Now => quote! {
                    ::wire::answer(::wire::id(#name), #version, #tag, session.#method(#(#names),*), reply);
                    ::wire::Served::Now
                },
                Answers::Later => quote! {
                    session.#method(::wire::Later::new(::wire::id(#name), #version, #tag, outlet()), #(#names),*);
                    ::wire::Served::Later
                },
            };
            quote!(Ok(#request::#variant { #(#names),* }) => { #body })
        });
        let elided = if self.borrows { quote!(<'_>) } else { quote!() };
        let replies = self.methods.iter().map(|m| {
            let (tag, value, error) = (&m.tag, named(&m.value, "'_"), named(&m.error, "'_"));
            quote!(::wire::fuzz::reply::<#value, #error>(id, #tag, &mut ::wire::fuzz::reply_packet(id, #version, #tag, data));)
        });
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug)]
            #vis struct #protocol;

            impl #protocol {
                /// What it looks like, for people.
                #vis const DESCRIPTION: ::wire::Protocol =
                    ::wire::Protocol { name: #name, version: #version, doc: #doc, methods: &[#(#descriptions),*] };

                /// Tries arbitrary bytes as requests and replies.
                ///
                /// # Panics
                /// When parsing and emitting are not each other's inverse.
                #vis fn fuzz(data: &[u8]) {
                    let id = const { ::wire::id(#name) };
                    ::wire::fuzz::requests::<#request #elided>(data, |packet| ::wire::fuzz::request_again::<#request #elided>(packet));
                    #(#replies)*
                }
            }

            impl<S: #ident + ?Sized> ::wire::Service<S> for #protocol {
                const NAME: &'static str = #name;

                fn serve(
                    session: &mut S,
                    request: &mut ::wire::Packet,
                    reply: &mut ::wire::Packet,
                    outlet: &mut dyn FnMut() -> ::wire::Outlet,
                ) -> ::wire::Served {
                    let _ = &outlet;
                    match ::wire::parse_request::<#request #elided>(request) {
                        #(#arms)*
                        Err((header, fault)) => {
                            ::wire::answer_fault(header, fault, reply);
                            ::wire::Served::Now
                        }
                    }
                }
            }
        }
    }
}

impl Method {
    /// The method's line in the description; that a request fits a message is checked here too.
    fn describe(&self) -> TokenStream {
        let (name, doc, tag, since) = (self.function.sig.ident.to_string(), &self.doc, &self.tag, &self.since);
        let types: Vec<_> = self.types.iter().map(|ty| named(ty, "'static")).collect();
        let names = self.names.iter().map(ToString::to_string);
        let (value, error) = (named(&self.value, "'static"), named(&self.error, "'static"));
        quote!(::wire::Method {
            name: #name, doc: #doc, tag: #tag, since: #since,
            arguments: &[#(::wire::Field { name: #names, doc: "", shape: <#types as ::wire::Wire<'static>>::SHAPE }),*],
            value: <#value as ::wire::Wire<'static>>::SHAPE,
            error: <#error as ::wire::Wire<'static>>::SHAPE,
            sizes: {
                let sizes = (8 #(+ <#types as ::wire::Wire<'static>>::MIN)*, 8 #(+ <#types as ::wire::Wire<'static>>::MAX)*);
                assert!(sizes.1 <= ::wire::MAX_BYTES, "a request larger than a message can be");
                assert!(0 #(+ <#types as ::wire::Wire<'static>>::DESCRIPTORS)* <= ::wire::MAX_DESCRIPTORS, "too many descriptors");
                sizes
            },
        })
    }
}
