//! What a field's attributes say.

use syn::meta::ParseNestedMeta;
use syn::{Error, Expr, Field, Result, Type};

/// How the writes of a field are put together.
pub(crate) enum Reduction {
    LastValue,
    Append,
    Custom { reducer: Box<Expr>, update: Option<Box<Type>> },
}

/// What a field's attributes say.
pub(crate) struct Attributes {
    pub(crate) reduction: Reduction,
    /// Whether the field is its default again in every superstep that does not write it.
    pub(crate) ephemeral: bool,
    /// Whether the field is left out of what is stored.
    pub(crate) untracked: bool,
}

impl Attributes {
    pub(crate) fn of(field: &Field) -> Result<Self> {
        let mut said = Said::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("state")) {
            attribute.parse_nested_meta(|meta| said.hear(&meta))?;
        }
        let Said { append, ephemeral, untracked, reducer, update } = said;
        let reduction = match (append, reducer, update) {
            (true, None, None) => Reduction::Append,
            (false, Some(reducer), update) => Reduction::Custom { reducer, update },
            (false, None, None) => Reduction::LastValue,
            (true, ..) => {
                return Err(Error::new_spanned(
                    field,
                    "`append` is a reduction of its own: leave out `reducer` and `update`",
                ));
            }
            (false, None, Some(update)) => {
                return Err(Error::new_spanned(
                    update,
                    "`update = Type` needs `reducer = path` beside it",
                ));
            }
        };
        Ok(Self { reduction, ephemeral, untracked })
    }
}

#[derive(Default)]
struct Said {
    append: bool,
    ephemeral: bool,
    untracked: bool,
    reducer: Option<Box<Expr>>,
    update: Option<Box<Type>>,
}

impl Said {
    fn hear(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let flags = [
            ("append", &mut self.append),
            ("ephemeral", &mut self.ephemeral),
            ("untracked", &mut self.untracked),
        ];
        for (name, flag) in flags {
            if meta.path.is_ident(name) {
                if std::mem::replace(flag, true) {
                    return Err(meta.error(format!("`{name}` is said twice")));
                }
                return Ok(());
            }
        }
        if meta.path.is_ident("reducer") {
            if self.reducer.replace(meta.value()?.parse()?).is_some() {
                return Err(meta.error("`reducer` is said twice"));
            }
        } else if meta.path.is_ident("update") {
            if self.update.replace(meta.value()?.parse()?).is_some() {
                return Err(meta.error("`update` is said twice"));
            }
        } else {
            return Err(meta.error(
                "expected `append`, `reducer = path`, `reducer = path, update = Type`, `ephemeral` or `untracked`",
            ));
        }
        Ok(())
    }
}
