//! The code that stores a state and reads it back.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::expand::StateField;
use crate::field::Reduction;

/// `PersistentState`, for a struct with `#[state(persist)]`.
pub(crate) fn expand(input: &DeriveInput, fields: &[StateField<'_>]) -> TokenStream {
    let state = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let kept: Vec<_> = fields.iter().filter(|field| !field.untracked).collect();
    let ephemerals = kept.iter().filter(|field| field.ephemeral).map(|field| {
        let name = &field.name;
        quote!(marks.value(#name);)
    });
    let fresh = kept.iter().filter(|field| field.is_log()).map(|field| {
        let (ident, name) = (field.ident, &field.name);
        quote! {
            if !self.#ident.is_empty() {
                marks.rewritten(#name);
            }
        }
    });
    let marks = kept.iter().map(|field| field.mark());
    let changes = kept.iter().map(|field| field.change());
    let restores = kept.iter().map(|field| field.restore());
    let to_json = kept.iter().map(|field| field.to_json());
    let from_json = kept.iter().map(|field| field.read_json());
    let encodes = kept.iter().map(|field| field.encode());
    let decodes = kept.iter().map(|field| field.decode());
    let names: Vec<_> = kept.iter().map(|field| &field.name).collect();
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, unused_variables, unused_mut, unused_imports)]
        impl #impl_generics ::moss_graph::PersistentState for #state #type_generics #where_clause {
            fn mark(
                &self,
                updates: &mut dyn ::core::iter::Iterator<Item = &Self::Update>,
                marks: &mut ::moss_graph::Marks,
            ) {
                #(#ephemerals)*
                if marks.is_fresh() {
                    #(#fresh)*
                }
                for update in updates {
                    #(#marks)*
                }
            }

            fn changes(
                &self,
                marks: &::moss_graph::Marks,
            ) -> ::core::result::Result<::moss_graph::Changes, ::moss_graph::StateError> {
                use ::moss_graph::persist::{Plain as _, Shared as _};

                let mut encoding = ::moss_graph::persist::Encoding::new();
                #(#changes)*
                ::core::result::Result::Ok(encoding.into_changes())
            }

            fn restore(
                &self,
                channels: &::moss_graph::Channels,
            ) -> ::core::result::Result<Self, ::moss_graph::StateError> {
                use ::moss_graph::persist::{Plain as _, Shared as _};

                let mut state = ::core::clone::Clone::clone(self);
                #(#restores)*
                ::core::result::Result::Ok(state)
            }

            fn to_json(&self) -> ::core::result::Result<::moss_graph::Json, ::moss_graph::StateError> {
                let mut object = ::moss_graph::persist::Object::new();
                #(#to_json)*
                ::core::result::Result::Ok(object.into_json())
            }

            fn with_json(
                &self,
                json: ::moss_graph::Json,
            ) -> ::core::result::Result<Self, ::moss_graph::StateError> {
                let mut object = ::moss_graph::persist::Object::read(json, &[#(#names),*])?;
                let mut state = ::core::clone::Clone::clone(self);
                #(#from_json)*
                ::core::result::Result::Ok(state)
            }

            fn update_to_json(
                update: &Self::Update,
            ) -> ::core::result::Result<::moss_graph::Json, ::moss_graph::StateError> {
                let mut object = ::moss_graph::persist::Object::new();
                #(#encodes)*
                ::core::result::Result::Ok(object.into_json())
            }

            fn update_from_json(
                &self,
                json: ::moss_graph::Json,
            ) -> ::core::result::Result<Self::Update, ::moss_graph::StateError> {
                const NAMES: &[&str] = &[#(#names),*];
                let mut object = ::moss_graph::persist::Object::read(json, NAMES)?;
                let mut update = <Self::Update as ::core::default::Default>::default();
                #(#decodes)*
                ::core::result::Result::Ok(update)
            }
        }
    }
}

impl StateField<'_> {
    const fn is_log(&self) -> bool {
        match self.reduction {
            // A log that begins anew in every superstep is stored like a value.
            Reduction::Append => !self.ephemeral,
            Reduction::LastValue | Reduction::Custom { .. } => false,
        }
    }

    fn mark(&self) -> TokenStream {
        let Self { ident, name, overwrite, .. } = self;
        if self.is_log() {
            return quote! {
                if update.#overwrite.is_some() {
                    marks.rewritten(#name);
                } else if update.#ident.is_some() {
                    marks.log(#name, self.#ident.len());
                }
            };
        }
        let overwritten = self.can_overwrite().then(|| quote!(|| update.#overwrite.is_some()));
        quote! {
            if update.#ident.is_some() #overwritten {
                marks.value(#name);
            }
        }
    }

    fn change(&self) -> TokenStream {
        let Self { ident, name, ty, .. } = self;
        let encode = if self.is_log() {
            let item = self.item();
            quote! {
                encoding.log(#name, mark, &self.#ident, |item| {
                    (&::moss_graph::persist::Kind::<#item>::new()).identity(item)
                })?;
            }
        } else {
            quote! {
                (&::moss_graph::persist::Kind::<#ty>::new())
                    .change(&mut encoding, #name, mark, &self.#ident)?;
            }
        };
        quote! {
            if let ::core::option::Option::Some(mark) = marks.get(#name) {
                #encode
            }
        }
    }

    fn restore(&self) -> TokenStream {
        let Self { ident, name, ty, .. } = self;
        if let Reduction::Append = self.reduction {
            let item = self.item();
            return quote! {
                if let ::core::option::Option::Some(items) =
                    ::moss_graph::persist::stored_items::<#item>(channels, #name)?
                {
                    state.#ident = <#ty as ::core::default::Default>::default();
                    ::moss_graph::Append::append_all(&mut state.#ident, items);
                }
            };
        }
        quote! {
            if let ::core::option::Option::Some(value) =
                (&::moss_graph::persist::Kind::<#ty>::new()).restore(channels, #name)?
            {
                state.#ident = value;
            }
        }
    }

    fn to_json(&self) -> TokenStream {
        let Self { ident, name, .. } = self;
        quote!(object.put(#name, &self.#ident)?;)
    }

    fn read_json(&self) -> TokenStream {
        let Self { ident, name, ty, .. } = self;
        if let Reduction::Append = self.reduction {
            let item = self.item();
            return quote! {
                if let ::core::option::Option::Some(items) =
                    object.take::<::std::vec::Vec<#item>>(#name)?
                {
                    state.#ident = <#ty as ::core::default::Default>::default();
                    ::moss_graph::Append::append_all(&mut state.#ident, items);
                }
            };
        }
        quote! {
            if let ::core::option::Option::Some(value) = object.take::<#ty>(#name)? {
                state.#ident = value;
            }
        }
    }

    fn encode(&self) -> TokenStream {
        let Self { ident, name, overwrite, .. } = self;
        let overwritten = self.can_overwrite().then(|| {
            quote! {
                if let ::core::option::Option::Some(value) = &update.#overwrite {
                    object.put_overwrite(#name, value)?;
                } else
            }
        });
        quote! {
            #overwritten
            if let ::core::option::Option::Some(value) = &update.#ident {
                object.put(#name, value)?;
            }
        }
    }

    fn decode(&self) -> TokenStream {
        let Self { ident, name, ty, overwrite, .. } = self;
        let overwritten = self.can_overwrite().then(|| {
            let value = if let Reduction::Append = self.reduction {
                let item = self.item();
                quote! {
                    let items: ::std::vec::Vec<#item> = value;
                    let mut value = <#ty as ::core::default::Default>::default();
                    ::moss_graph::Append::append_all(&mut value, items);
                }
            } else {
                TokenStream::new()
            };
            quote! {
                if let ::core::option::Option::Some(value) = object.take_overwrite(#name)? {
                    #value
                    update.#overwrite = ::core::option::Option::Some(value);
                } else
            }
        });
        let written = self.written();
        quote! {
            #overwritten
            if let ::core::option::Option::Some(value) = object.take::<#written>(#name)? {
                update.#ident = ::core::option::Option::Some(value);
            }
        }
    }
}
