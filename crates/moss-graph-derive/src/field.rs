//! What a field's attributes say.

use syn::meta::ParseNestedMeta;
use syn::{Error, Expr, Field, Result, Type};

/// How the writes of a field are put together.
pub(crate) enum Reduction {
    LastValue,
    Append,
    Custom { reducer: Box<Expr>, update: Option<Box<Type>> },
}

impl Reduction {
    pub(crate) fn of(field: &Field) -> Result<Self> {
        let mut said = Said::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("state")) {
            attribute.parse_nested_meta(|meta| said.hear(&meta))?;
        }
        match said {
            Said { append: true, reducer: None, update: None } => Ok(Self::Append),
            Said { append: false, reducer: Some(reducer), update } => {
                Ok(Self::Custom { reducer, update })
            }
            Said { append: false, reducer: None, update: None } => Ok(Self::LastValue),
            Said { append: true, .. } => Err(Error::new_spanned(
                field,
                "`append` is a reduction of its own: leave out `reducer` and `update`",
            )),
            Said { update: Some(update), .. } => {
                Err(Error::new_spanned(update, "`update = Type` needs `reducer = path` beside it"))
            }
        }
    }
}

#[derive(Default)]
struct Said {
    append: bool,
    reducer: Option<Box<Expr>>,
    update: Option<Box<Type>>,
}

impl Said {
    fn hear(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("append") {
            if std::mem::replace(&mut self.append, true) {
                return Err(meta.error("`append` is said twice"));
            }
        } else if meta.path.is_ident("reducer") {
            if self.reducer.replace(meta.value()?.parse()?).is_some() {
                return Err(meta.error("`reducer` is said twice"));
            }
        } else if meta.path.is_ident("update") {
            if self.update.replace(meta.value()?.parse()?).is_some() {
                return Err(meta.error("`update` is said twice"));
            }
        } else {
            return Err(meta
                .error("expected `append`, `reducer = path`, or `reducer = path, update = Type`"));
        }
        Ok(())
    }
}
