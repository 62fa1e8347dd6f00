//! The code that is made.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Ident, Path, Result, Token, Type, Visibility};

use crate::field::{Attributes, Reduction};

const NOT_A_STATE: &str = "a state is a struct with named fields";

/// A field of the state.
pub(crate) struct StateField<'a> {
    pub(crate) ident: &'a Ident,
    /// The name as it is told in errors.
    pub(crate) name: String,
    vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) reduction: Reduction,
    pub(crate) ephemeral: bool,
    pub(crate) untracked: bool,
    /// The name of what an update holds instead of a write where it overwrites the field.
    pub(crate) overwrite: Ident,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let StructAttributes { derives, persist } = StructAttributes::of(input)?;
    let DeriveInput { ident: state, vis, generics, .. } = input;
    let update = format_ident!("{}Update", state);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();

    let update_doc =
        format!("What a node writes to [`{state}`]: the fields that are set, and no others.");
    let declarations = fields.iter().map(StateField::declaration);
    let idents = fields.iter().flat_map(|field| {
        std::iter::once(field.ident).chain(field.can_overwrite().then_some(&field.overwrite))
    });
    let setters = fields.iter().map(StateField::setter);
    let visits = fields.iter().map(StateField::visit);
    let reduces = fields.iter().filter_map(StateField::reduce);
    let clears = fields.iter().filter_map(StateField::clear);
    let writes = fields.iter().map(StateField::write);
    let puts = fields.iter().filter_map(StateField::put);
    // Setters and the update of a private state are not all used.
    let persistence = persist.then(|| crate::persist::expand(input, &fields));
    let allow = quote!(#[allow(dead_code, clippy::all, clippy::pedantic, clippy::nursery)]);

    Ok(quote! {
        #[doc = #update_doc]
        #[derive(::core::clone::Clone, #derives)]
        #allow
        #[must_use]
        #vis struct #update #generics #where_clause {
            #(#declarations)*
        }

        #[automatically_derived]
        impl #impl_generics ::core::default::Default for #update #type_generics #where_clause {
            fn default() -> Self {
                Self { #(#idents: ::core::option::Option::None,)* }
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #update #type_generics #where_clause {
            #(#setters)*
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #state #type_generics #where_clause {
            /// An update that writes nothing yet.
            #vis fn update() -> #update #type_generics {
                ::core::default::Default::default()
            }
        }

        #[automatically_derived]
        impl #impl_generics ::moss_graph::NodeOutput<#state #type_generics>
            for #update #type_generics #where_clause
        {
            fn into_command(
                self,
            ) -> ::core::result::Result<
                ::moss_graph::Command<#state #type_generics>,
                ::moss_graph::NodeError,
            > {
                ::core::result::Result::Ok(::moss_graph::Command::update(self))
            }
        }

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#update #type_generics>
            for ::moss_graph::Command<#state #type_generics> #where_clause
        {
            fn from(update: #update #type_generics) -> Self {
                ::moss_graph::Command::update(update)
            }
        }

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, unused_variables, unused_mut)]
        impl #impl_generics ::moss_graph::State for #state #type_generics #where_clause {
            type Update = #update #type_generics;

            fn visit_last_values<'__update>(
                &self,
                update: &'__update Self::Update,
                visit: &mut dyn ::core::ops::FnMut(&'__update str),
            ) {
                #(#visits)*
            }

            fn apply(
                &mut self,
                mut updates: ::std::vec::Vec<Self::Update>,
            ) -> ::core::result::Result<(), ::moss_graph::ReduceError> {
                // Reducers may refuse, so they work on copies, which are put in place when all are through.
                #(#reduces)*
                #(#clears)*
                for update in updates {
                    #(#writes)*
                }
                #(#puts)*
                ::core::result::Result::Ok(())
            }
        }

        #persistence
    })
}

fn fields(input: &DeriveInput) -> Result<Vec<StateField<'_>>> {
    match &input.data {
        Data::Struct(data) => data.fields.iter().map(StateField::new).collect(),
        _ => Err(Error::new_spanned(&input.ident, NOT_A_STATE)),
    }
}

/// What the attributes of the struct say.
#[derive(Default)]
struct StructAttributes {
    /// What `update_derive(…)` names.
    derives: Punctuated<Path, Token![,]>,
    /// Whether the state can be stored.
    persist: bool,
}

impl StructAttributes {
    fn of(input: &DeriveInput) -> Result<Self> {
        let mut said = Self::default();
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("state")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("persist") {
                    said.persist = true;
                    return Ok(());
                }
                if !meta.path.is_ident("update_derive") {
                    return Err(meta.error("expected `update_derive(…)` or `persist`"));
                }
                let content;
                syn::parenthesized!(content in meta.input);
                said.derives.extend(content.parse_terminated(Path::parse_mod_style, Token![,])?);
                Ok(())
            })?;
        }
        Ok(said)
    }
}

impl<'a> StateField<'a> {
    fn new(field: &'a Field) -> Result<Self> {
        let Field { ident: Some(ident), vis, ty, .. } = field else {
            return Err(Error::new_spanned(field, NOT_A_STATE));
        };
        let name = ident.unraw().to_string();
        let Attributes { reduction, ephemeral, untracked } = Attributes::of(field)?;
        let overwrite = format_ident!("overwrite_{}", name);
        Ok(Self { ident, name, vis, ty, reduction, ephemeral, untracked, overwrite })
    }

    /// Whether an update may replace the field's value: a last value is replaced anyway.
    pub(crate) const fn can_overwrite(&self) -> bool {
        match self.reduction {
            Reduction::LastValue => false,
            Reduction::Append | Reduction::Custom { .. } => true,
        }
    }

    /// The type of what one update holds for the field.
    pub(crate) fn written(&self) -> TokenStream {
        let ty = self.ty;
        match &self.reduction {
            Reduction::LastValue | Reduction::Custom { update: None, .. } => quote!(#ty),
            Reduction::Append => {
                let item = self.item();
                quote!(::std::vec::Vec<#item>)
            }
            Reduction::Custom { update: Some(update), .. } => quote!(#update),
        }
    }

    /// The type of an append field's items. Spanned as the field's type, where the mistake is if it has none.
    pub(crate) fn item(&self) -> TokenStream {
        let ty = self.ty;
        quote_spanned!(ty.span()=> <#ty as ::moss_graph::Append>::Item)
    }

    fn declaration(&self) -> TokenStream {
        let Self { ident, name, vis, .. } = self;
        let written = self.written();
        let doc = format!("What is written to `{name}`, if it is.");
        let overwrite = self.can_overwrite().then(|| {
            let Self { overwrite, ty, .. } = self;
            let doc = format!("What takes the place of `{name}`, if something does.");
            quote! {
                #[doc = #doc]
                #vis #overwrite: ::core::option::Option<#ty>,
            }
        });
        quote! {
            #[doc = #doc]
            #vis #ident: ::core::option::Option<#written>,
            #overwrite
        }
    }

    fn setter(&self) -> TokenStream {
        let write = self.write_setter();
        let overwrite = self.can_overwrite().then(|| {
            let Self { overwrite, name, vis, ty, .. } = self;
            let doc = format!(
                "Puts a value in the place of `{name}`: what the superstep writes to it otherwise is lost. One node a \
                 superstep may do so."
            );
            quote! {
                #[doc = #doc]
                #vis fn #overwrite(mut self, value: #ty) -> Self {
                    self.#overwrite = ::core::option::Option::Some(value);
                    self
                }
            }
        });
        quote!(#write #overwrite)
    }

    fn write_setter(&self) -> TokenStream {
        let Self { ident, name, vis, .. } = self;
        if let Reduction::Append = self.reduction {
            let item = self.item();
            let doc = format!("Appends to `{name}`, behind what this update appends already.");
            return quote! {
                #[doc = #doc]
                #vis fn #ident(
                    mut self,
                    items: impl ::core::iter::IntoIterator<Item = #item>,
                ) -> Self {
                    self.#ident.get_or_insert_with(::std::vec::Vec::new).extend(items);
                    self
                }
            };
        }
        let written = self.written();
        let doc = format!("Writes `{name}`.");
        quote! {
            #[doc = #doc]
            #vis fn #ident(mut self, value: #written) -> Self {
                self.#ident = ::core::option::Option::Some(value);
                self
            }
        }
    }

    fn visit(&self) -> TokenStream {
        let Self { ident, name, overwrite, .. } = self;
        let once = if self.can_overwrite() { overwrite } else { *ident };
        quote! {
            if update.#once.is_some() {
                visit(#name);
            }
        }
    }

    /// The value that writes of a superstep begin with.
    fn base(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        if self.ephemeral {
            quote!(<#ty as ::core::default::Default>::default())
        } else {
            quote!(::core::clone::Clone::clone(&self.#ident))
        }
    }

    fn reduce(&self) -> Option<TokenStream> {
        let Self { ident, name, ty, overwrite, .. } = self;
        let Reduction::Custom { reducer, .. } = &self.reduction else {
            return None;
        };
        let reduced = self.reduced();
        let base = self.base();
        Some(quote! {
            let mut #reduced: ::core::option::Option<#ty> =
                updates.iter_mut().find_map(|update| update.#overwrite.take());
            if #reduced.is_none() {
                for (index, update) in updates.iter_mut().enumerate() {
                    if let ::core::option::Option::Some(written) = update.#ident.take() {
                        let value = #reduced.get_or_insert_with(|| #base);
                        ::moss_graph::reduce(#name, index, value, written, #reducer)?;
                    }
                }
            }
        })
    }

    /// What happens to a field before the writes of a superstep, when none of them can be refused any more.
    fn clear(&self) -> Option<TokenStream> {
        let Self { ident, ty, overwrite, .. } = self;
        let clear = self
            .ephemeral
            .then(|| quote!(self.#ident = <#ty as ::core::default::Default>::default();));
        if !matches!(self.reduction, Reduction::Append) {
            return clear;
        }
        Some(quote! {
            #clear
            if let ::core::option::Option::Some(value) =
                updates.iter_mut().find_map(|update| update.#overwrite.take())
            {
                self.#ident = value;
                for update in &mut updates {
                    update.#ident = ::core::option::Option::None;
                }
            }
        })
    }

    fn write(&self) -> TokenStream {
        let ident = self.ident;
        match self.reduction {
            Reduction::LastValue => quote! {
                if let ::core::option::Option::Some(value) = update.#ident {
                    self.#ident = value;
                }
            },
            Reduction::Append => quote! {
                if let ::core::option::Option::Some(items) = update.#ident {
                    ::moss_graph::Append::append_all(&mut self.#ident, items);
                }
            },
            Reduction::Custom { .. } => TokenStream::new(),
        }
    }

    fn put(&self) -> Option<TokenStream> {
        let ident = self.ident;
        let reduced = self.reduced();
        matches!(self.reduction, Reduction::Custom { .. }).then(|| {
            quote! {
                if let ::core::option::Option::Some(value) = #reduced {
                    self.#ident = value;
                }
            }
        })
    }

    /// The variable a reduced copy is held in.
    fn reduced(&self) -> Ident {
        format_ident!("__reduced_{}", self.name)
    }
}
